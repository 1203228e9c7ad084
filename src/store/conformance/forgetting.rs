//! What is forgotten, and what never is.

use super::make::{
    become_, begin, begin_as, bytes, case, cases, claim, end, entry, event, happen, id, instance, record,
    subscription, text,
};
use super::{Check, Subject, get};
use crate::store::{
    Case, CaseFilter, CaseState, ClaimKind, Definition, ERASED, Event, EventFilter, GENERATIONS, Instance,
    Status, Transition,
};

pub(super) const CHECKS: &[Check] = &[
    ("what ended goes at its time, with all that is its own", ended),
    ("what is not over is never forgotten", open),
    ("an open case keeps its instance, a closed one goes with it", case_keeps),
    ("closed cases of no instance go at their time, the earliest first", cases_alone),
    ("the earliest go first, at most so many", bounded),
    ("claims go when they have expired", claims),
    ("events go when they are old and nobody is still to be told", events),
    ("numbers of events and cases are not given twice", numbers),
    ("blobs go with the last that brought them", blobs),
    ("definitions go when nothing needs them, the newest of a flow stays", definitions),
    ("of whole projects the newest stay, to go back to", generations),
    ("what is over is erased, and what is not is left alone", erased),
];

fn ended(subject: &mut Subject) {
    subject.done(Transition {
        entries: vec![entry("accepted")],
        references: vec![(text("order"), text("SO"))],
        claims: vec![claim("k", Some(5000))],
        ..begin(1)
    });
    subject.done(Transition { entries: vec![entry("accepted")], ..begin(2) });
    subject.done(end(1, 1));
    assert_eq!(get(subject.store.forget(999, 9)), 0);
    assert!(get(subject.store.instance(id(1))).is_some());
    assert_eq!(get(subject.store.forget(1000, 9)), 1);
    subject.reopen();
    assert_eq!(get(subject.store.instance(id(1))), None);
    assert!(get(subject.store.journal(id(1), 0, 9)).is_empty());
    assert!(get(subject.store.find("SO", None, 9)).is_empty());
    assert_eq!(get(subject.store.journal(id(2), 0, 9)).len(), 1);
    // The key of its request is still its own.
    assert!(get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", 1000)).is_some());
    assert_eq!(get(subject.store.forget(1000, 9)), 0);
}

fn open(subject: &mut Subject) {
    for (number, (status, _)) in (1..).zip(Status::ALL) {
        subject.done(begin_as(Instance { status, keep_until: Some(10), ..instance(number) }));
    }
    subject.done(begin_as(Instance { status: Status::Failed, keep_until: None, ..instance(99) }));
    assert_eq!(get(subject.store.forget(i64::MAX, 99)), 4);
    let left = get(subject.store.instances(&Default::default(), None, 99));
    let left: Vec<Status> = left.iter().map(|instance| instance.status).collect();
    assert_eq!(left, [Status::Running, Status::Paused, Status::Compensating, Status::Failed]);
}

fn case_keeps(subject: &mut Subject) {
    subject.done(begin(1));
    subject.done(cases(vec![case(1, Some(1)), case(2, None)]));
    subject.done(end(1, 1));
    assert_eq!(get(subject.store.forget(2000, 9)), 0);
    subject.done(cases(vec![Case { state: CaseState::Resolved, ..case(1, Some(1)) }]));
    assert_eq!(get(subject.store.forget(2000, 9)), 1);
    let left = get(subject.store.cases(&Default::default(), 9));
    assert_eq!(left.iter().map(|case| case.number).collect::<Vec<_>>(), [2]);
}

fn bounded(subject: &mut Subject) {
    for (number, keep_until) in [(1, 30), (2, 10), (3, 20)] {
        let keep_until = Some(keep_until);
        subject.done(begin_as(Instance { status: Status::Completed, keep_until, ..instance(number) }));
    }
    assert_eq!(get(subject.store.forget(100, 2)), 2);
    assert!(get(subject.store.instance(id(1))).is_some());
    assert_eq!(get(subject.store.forget(100, 2)), 1);
}

fn claims(subject: &mut Subject) {
    subject.done(Transition { claims: vec![claim("k", Some(50)), claim("PO", None)], ..begin(1) });
    get(subject.store.forget(50, 9));
    let held = |subject: &Subject| get(subject.store.claim("ACME", ClaimKind::Request, "booking", "k", 0));
    assert!(held(subject).is_some());
    get(subject.store.forget(51, 9));
    assert!(held(subject).is_none());
    assert!(get(subject.store.claim("ACME", ClaimKind::Business, "booking", "PO", 0)).is_some());
}

fn events(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[("job", "J")])]));
    subject.done(Transition { opens: vec![subscription(1, &[("job", "J")])], ..begin(1) });
    let mut long = event("b", &[]);
    long.buffered_until = 3000;
    subject.done(happen(vec![long]));
    let left = |now| {
        get(subject.store.forget(now, 9));
        get(subject.store.events(&EventFilter::default(), 9)).len()
    };
    assert_eq!((left(999), left(1000), left(2000)), (2, 2, 2));
    subject.done(Transition { takes: vec![(1, 1)], ..become_(1, 1, 30, Status::Running) });
    assert_eq!((left(1000), left(3000), left(3001)), (1, 1, 0));
    // Forgotten, it is new again.
    assert_eq!(subject.done(happen(vec![event("a", &[("job", "J")])])).1.len(), 1);
}

fn numbers(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[])]));
    let closed = Case { state: CaseState::Resolved, ..case(1, Some(1)) };
    subject.done(Transition {
        cases: vec![closed],
        ..begin_as(Instance { status: Status::Completed, keep_until: Some(1), ..instance(1) })
    });
    get(subject.store.forget(5000, 9));
    assert_eq!(get(subject.store.case(1)), None);
    subject.reopen();
    subject.done(happen(vec![event("b", &[])]));
    assert_eq!(get(subject.store.events(&EventFilter::default(), 9))[0].number, 2);
    assert_eq!(get(subject.store.next_case()), 2);
}

fn blob(digest: &str) -> (std::sync::Arc<str>, std::sync::Arc<[u8]>) {
    (text(digest), bytes(digest))
}

fn blobs(subject: &mut Subject) {
    subject.done(Transition { blobs: vec![blob("shared"), blob("own")], ..begin(1) });
    subject.done(Transition { blobs: vec![blob("shared")], ..begin(2) });
    subject.done(Transition { blobs: vec![blob("nobody"), blob("own")], ..Transition::default() });
    let files = vec![(text("a.yaml"), text("source"))];
    let definition = Definition { digest: text("d1"), flow: text("booking"), files };
    let blobs = vec![blob("source")];
    subject.done(Transition { blobs, definitions: vec![definition], ..Transition::default() });
    let left = |subject: &Subject, now| {
        get(subject.store.forget(now, 9));
        let there = |name: &&str| get(subject.store.blob(name)).is_some();
        ["shared", "own", "nobody", "source"].into_iter().filter(there).collect::<Vec<_>>()
    };
    assert_eq!(left(subject, 1), ["shared", "own", "source"]);
    subject.done(end(1, 1));
    assert_eq!(left(subject, 1000), ["shared", "source"]);
    subject.done(end(2, 1));
    assert_eq!(left(subject, 1000), ["source"]);
}

fn definitions(subject: &mut Subject) {
    let define = |digest: &str, flow: &str| {
        let files = vec![(text("a.yaml"), text(digest))];
        let definition = Definition { digest: text(digest), flow: text(flow), files };
        let blobs = vec![(text(digest), bytes(digest))];
        Transition { definitions: vec![definition], blobs, ..Transition::default() }
    };
    for (digest, flow) in [("d1", "booking"), ("d2", "booking"), ("d3", "booking"), ("other", "status")] {
        subject.done(define(digest, flow));
    }
    subject.done(begin(1));
    let left = |subject: &Subject, now| {
        get(subject.store.forget(now, 9));
        let there = |name: &&str| get(subject.store.definition(name)).is_some();
        let left: Vec<_> = ["d1", "d2", "d3", "other"].into_iter().filter(there).collect();
        assert!(left.iter().all(|digest| get(subject.store.blob(digest)).is_some()));
        left
    };
    assert_eq!(left(subject, 1), ["d1", "d3", "other"]);
    assert_eq!(get(subject.store.blob("d2")), None);
    // Said again, it is the newest.
    subject.done(define("d1", "booking"));
    subject.done(end(1, 1));
    subject.reopen();
    assert_eq!(left(subject, 1000), ["d1", "other"]);
}

fn generations(subject: &mut Subject) {
    for number in 0..GENERATIONS + 2 {
        let definition =
            Definition { digest: text(&format!("g{number}")), flow: text(""), files: Vec::new() };
        subject.done(Transition { definitions: vec![definition], ..Transition::default() });
    }
    get(subject.store.forget(1, 9));
    let there = |number: usize| get(subject.store.definition(&format!("g{number}"))).is_some();
    assert_eq!([0, 1, 2, GENERATIONS + 1].map(there), [false, false, true, true]);
}

fn erased(subject: &mut Subject) {
    let payload = |word: &str| bytes(&format!("{{\"said\":\"{word}\"}}"));
    for number in [1, 2] {
        let mut said = entry("accepted");
        said.body = payload("secret");
        subject.done(Transition {
            entries: vec![said, entry("ended")],
            references: vec![(text("order"), text("SO"))],
            blobs: vec![
                (text("both"), payload("both")),
                (text(if number == 1 { "one" } else { "two" }), payload("own")),
            ],
            ..begin(number)
        });
    }
    let emitted = |name: &str, number| Event { instance: Some(id(number)), ..event(name, &[]) };
    subject.done(happen(vec![
        emitted("e1", 1),
        emitted("e2", 2),
        Event { account: text("OTHER"), ..event("e3", &[]) },
    ]));
    subject.done(cases(vec![Case { state: CaseState::Resolved, ..case(1, Some(1)) }, case(2, Some(2))]));
    assert!(!get(subject.store.erase(id(1), &[])), "it is not over");
    subject.done(Transition { audit: vec![record("ended")], ..end(1, 1) });
    let left = [(2, payload("left"))];
    assert!(get(subject.store.erase(id(1), &left)));
    assert!(!get(subject.store.erase(id(9), &left)), "it is not there");
    subject.reopen();
    let store = &subject.store;
    let said = |number| get(store.journal(id(number), 0, 9)).remove(0).body;
    assert_eq!((&*said(1), said(2)), (ERASED, payload("secret")));
    assert_eq!(get(store.journal(id(1), 1, 9))[0].body, payload("left"));
    assert_eq!(get(store.instance(id(1))).and_then(|instance| instance.answer), None);
    assert_eq!(get(store.find("SO", None, 9)).len(), 2, "it is still found");
    let of_cases: Vec<bool> =
        get(store.cases(&Default::default(), 9)).iter().map(|case| *case.body == *ERASED).collect();
    assert_eq!(of_cases, [false, true]);
    let says = || {
        get(store.events(&EventFilter::default(), 9)).iter().map(|event| event.body.len()).collect::<Vec<_>>()
    };
    assert_eq!(says(), [0, 2, 2]);
    assert_eq!((get(store.erase_events("ACME")), says()), (1, vec![0, 0, 2]));
    get(store.forget(0, 9));
    let there = |digest| get(store.blob(digest)).is_some();
    assert_eq!((there("one"), there("two"), there("both")), (false, true, true));
    assert_eq!(store.verify_audit(), Ok(1));
}

fn cases_alone(subject: &mut Subject) {
    subject.done(begin(9));
    let closed = |number, of, closed_at| Case {
        state: CaseState::AutoResolved,
        closed_at: Some(closed_at),
        ..case(number, of)
    };
    let all = vec![closed(1, None, 30), closed(2, None, 20), closed(3, Some(9), 10), case(4, None)];
    subject.done(cases(all));
    assert_eq!(get(subject.store.forget_cases(20, 9)), 0);
    assert_eq!(get(subject.store.forget_cases(99, 1)), 1);
    subject.reopen();
    let left = |subject: &Subject| -> Vec<u64> {
        get(subject.store.cases(&CaseFilter::default(), 9)).iter().map(|case| case.number).collect()
    };
    assert_eq!(left(subject), [4, 3, 1]);
    assert_eq!(get(subject.store.forget_cases(99, 9)), 1);
    assert_eq!(left(subject), [4, 3], "what is open stays, and what belongs to an instance goes with it");
    let queue = CaseFilter { queue: Some(text("first")), ..CaseFilter::default() };
    assert_eq!(get(subject.store.cases(&queue, 9)).len(), 2);
}
