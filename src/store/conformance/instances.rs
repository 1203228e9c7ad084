//! Instances: they begin once, go on in turn, are woken and leave a journal.

use super::make::{become_, begin, begin_as, bytes, end, entry, event, go_on, id, instance, text};
use super::{Check, Subject, get};
use crate::store::{Change, Committed, Instance, InstanceFilter, Status, Transition};

pub(super) const CHECKS: &[Check] = &[
    ("an instance is kept whole", whole),
    ("what is done is there after a restart", durable),
    ("an instance that goes on has what the transition says", goes_on),
    ("an answer stays until there is another", answers),
    ("an instance begins once", begins_once),
    ("nobody goes on from where the instance is not", stale),
    ("nobody goes on with what is over or not there", over),
    ("what is stale is not done in any part", nothing_of_stale),
    ("transitions of one commit are done in order, each by itself", in_order),
    ("instances are listed by what is asked for, oldest first, in pages", listed),
    ("open instances are due in order, until a time", due),
    ("the next due one comes after a time", next_due),
    ("a journal is counted from 1 without gaps", journal),
    ("without an instance, what belongs to one is not looked at", nobody),
    ("needed definitions are those of open instances", needed),
];

fn full(number: u128) -> Instance {
    Instance {
        business_key: Some(text("PO-1")),
        stage: text("order"),
        wake_at: Some(-5),
        answer: Some(bytes("a")),
        keep_until: Some(i64::MAX),
        state: (0..=255).collect(),
        ..instance(number)
    }
}

fn whole(subject: &mut Subject) {
    subject.done(begin_as(full(1)));
    assert_eq!(get(subject.store.instance(id(1))), Some(full(1)));
    assert_eq!(get(subject.store.instance(id(2))), None);
}

fn durable(subject: &mut Subject) {
    subject.done(Transition { entries: vec![entry("accepted")], ..begin_as(full(1)) });
    subject.reopen();
    assert_eq!(get(subject.store.instance(id(1))), Some(full(1)));
    assert_eq!(get(subject.store.journal(id(1), 0, 9)).len(), 1);
    subject.done(go_on(1, 1));
    subject.reopen();
    assert_eq!(get(subject.store.instance(id(1))).map(|instance| instance.seq), Some(2));
}

fn goes_on(subject: &mut Subject) {
    subject.done(begin_as(full(1)));
    let change = Change::Continue {
        id: id(1),
        seq: 1,
        status: Status::Paused,
        stage: text("dispatch"),
        wake_at: Some(77),
        state: bytes("s"),
        answer: None,
        keep_until: None,
    };
    subject.done(Transition { at: 50, change: Some(change), ..Transition::default() });
    let expected = Instance {
        seq: 2,
        updated_at: 50,
        status: Status::Paused,
        stage: text("dispatch"),
        wake_at: Some(77),
        state: bytes("s"),
        keep_until: None,
        ..full(1)
    };
    assert_eq!(get(subject.store.instance(id(1))), Some(expected));
}

fn answers(subject: &mut Subject) {
    subject.done(begin(1));
    let say = |seq, said: Option<&str>| {
        let mut transition = go_on(1, seq);
        if let Some(Change::Continue { answer, .. }) = &mut transition.change {
            *answer = said.map(bytes);
        }
        subject.done(transition);
        get(subject.store.instance(id(1))).and_then(|instance| instance.answer)
    };
    assert_eq!(say(1, None), None);
    assert_eq!(say(2, Some("202")), Some(bytes("202")));
    assert_eq!(say(3, None), Some(bytes("202")));
    assert_eq!(say(4, Some("201")), Some(bytes("201")));
}

fn begins_once(subject: &mut Subject) {
    subject.done(begin_as(full(1)));
    assert_eq!(subject.commit(begin(1)), Committed::Stale);
    subject.done(end(1, 1));
    assert_eq!(subject.commit(begin(1)), Committed::Stale);
    assert_eq!(
        get(subject.store.instance(id(1))).and_then(|instance| instance.business_key),
        full(1).business_key
    );
}

fn stale(subject: &mut Subject) {
    subject.done(begin(1));
    assert_eq!(subject.commit(go_on(1, 0)), Committed::Stale);
    assert_eq!(subject.commit(go_on(1, 2)), Committed::Stale);
    subject.done(go_on(1, 1));
    assert_eq!(subject.commit(go_on(1, 1)), Committed::Stale);
    subject.done(go_on(1, 2));
}

fn over(subject: &mut Subject) {
    assert_eq!(subject.commit(go_on(1, 1)), Committed::Stale);
    for (number, (status, _)) in (1..).zip(Status::ALL) {
        subject.done(begin(number));
        subject.done(become_(number, 1, 2, status));
        let next = subject.commit(go_on(number, 2));
        assert_eq!(next == Committed::Stale, !status.is_open(), "{status:?}");
    }
}

fn nothing_of_stale(subject: &mut Subject) {
    subject.done(begin(1));
    let transition = Transition {
        claims: vec![super::make::claim("k", None)],
        entries: vec![entry("sent")],
        references: vec![(text("order"), text("SO-1"))],
        opens: vec![super::make::subscription(1, &[])],
        events: vec![event("e", &[])],
        cases: vec![super::make::case(1, Some(1))],
        audit: vec![super::make::record("accepted")],
        blobs: vec![(text("b"), bytes("b"))],
        ..go_on(1, 7)
    };
    assert_eq!(subject.commit(transition), Committed::Stale);
    let store = &subject.store;
    assert_eq!(get(store.claim("ACME", crate::store::ClaimKind::Business, "booking", "k", 0)), None);
    assert!(get(store.journal(id(1), 0, 9)).is_empty());
    assert!(get(store.find("SO-1", None, 9)).is_empty());
    assert!(get(store.events(&Default::default(), 9)).is_empty());
    assert!(get(store.cases(&Default::default(), 9)).is_empty());
    assert!(get(store.audit(0, 9)).is_empty());
    assert_eq!(get(store.blob("b")), None);
    // Nor is anything waiting for events.
    assert!(subject.done(super::make::happen(vec![event("e", &[])])).1.is_empty());
}

fn in_order(subject: &mut Subject) {
    let all = [begin(1), go_on(1, 1), go_on(1, 1), begin(2), go_on(1, 2)];
    let done = get(subject.store.commit(&all));
    let stale: Vec<bool> = done.iter().map(|one| *one == Committed::Stale).collect();
    assert_eq!(stale, [false, false, true, false, false]);
    assert_eq!(get(subject.store.instance(id(1))).map(|instance| instance.seq), Some(3));
    assert_eq!(get(subject.store.commit(&[])), []);
}

fn listed(subject: &mut Subject) {
    for number in [3, 1, 2, 5, 4] {
        let account = text(if number == 4 { "OTHER" } else { "ACME" });
        let digest = text(if number == 5 { "d2" } else { "d1" });
        subject.done(begin_as(Instance { account, digest, ..instance(number) }));
    }
    subject.done(end(2, 1));
    let list = |filter: InstanceFilter, after: Option<u128>, limit| {
        let found = get(subject.store.instances(&filter, after.map(id), limit));
        found.iter().map(|instance| instance.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(list(InstanceFilter::default(), None, 9), [1, 2, 3, 4, 5]);
    assert_eq!(list(InstanceFilter::default(), Some(2), 2), [3, 4]);
    let open = || InstanceFilter { open: true, ..InstanceFilter::default() };
    assert_eq!(list(open(), None, 9), [1, 3, 4, 5]);
    assert_eq!(list(InstanceFilter { account: Some(text("ACME")), ..open() }, Some(1), 9), [3, 5]);
    assert_eq!(list(InstanceFilter { digest: Some(text("d2")), ..open() }, None, 9), [5]);
    assert_eq!(list(InstanceFilter { flow: Some(text("other")), ..open() }, None, 9), []);
    let status = |status| InstanceFilter { status: Some(status), ..InstanceFilter::default() };
    assert_eq!(list(status(Status::Completed), None, 9), [2]);
    assert_eq!(list(status(Status::Running), None, 2), [1, 3]);
    assert_eq!(get(subject.store.room()).open, 4);
}

fn wakes(number: u128, wake_at: Option<i64>) -> Transition {
    begin_as(Instance { wake_at, ..instance(number) })
}

fn due(subject: &mut Subject) {
    for (number, wake_at) in
        [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20)), (5, Some(20)), (6, Some(5))]
    {
        subject.done(wakes(number, wake_at));
    }
    // Over, it is not woken any more, whatever it says.
    let mut last = end(6, 1);
    if let Some(Change::Continue { wake_at, .. }) = &mut last.change {
        *wake_at = Some(5);
    }
    subject.done(last);
    let due = |until, limit| get(subject.store.due(until, limit));
    assert_eq!(due(20, 9), [(10, id(2)), (20, id(4)), (20, id(5))]);
    assert_eq!(due(100, 2), [(10, id(2)), (20, id(4))]);
    assert_eq!(due(9, 9), []);
    // It wants something else now.
    subject.done(go_on(2, 1));
    assert_eq!(get(subject.store.due(20, 1)), [(20, id(4))]);
    subject.reopen();
    assert_eq!(get(subject.store.due(100, 9)).len(), 3);
}

fn next_due(subject: &mut Subject) {
    assert_eq!(get(subject.store.next_due(0)), None);
    subject.done(wakes(1, Some(30)));
    subject.done(wakes(2, Some(10)));
    assert_eq!(get(subject.store.next_due(0)), Some(10));
    assert_eq!(get(subject.store.next_due(10)), Some(30));
    assert_eq!(get(subject.store.next_due(30)), None);
    assert_eq!(get(subject.store.next_due(i64::MAX)), None);
}

fn journal(subject: &mut Subject) {
    subject.done(Transition { entries: vec![entry("a"), entry("b")], ..begin(1) });
    subject.done(Transition { entries: vec![entry("x")], ..begin(2) });
    subject.done(go_on(1, 1));
    subject.done(Transition { entries: vec![entry("c")], ..go_on(1, 2) });
    let read = |after, limit| {
        let entries = get(subject.store.journal(id(1), after, limit));
        entries.iter().map(|entry| (entry.number, entry.kind.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(read(0, 9), [(1, "a".into()), (2, "b".into()), (3, "c".into())]);
    assert_eq!(read(1, 1), [(2, "b".into())]);
    assert_eq!(read(3, 9), []);
    let first = get(subject.store.journal(id(1), 0, 1));
    assert_eq!(first, [crate::store::Entry { number: 1, ..entry("a") }]);
    assert!(get(subject.store.journal(id(9), 0, 9)).is_empty());
}

fn nobody(subject: &mut Subject) {
    subject.done(Transition {
        claims: vec![super::make::claim("k", None)],
        entries: vec![entry("sent")],
        references: vec![(text("order"), text("SO-1"))],
        opens: vec![super::make::subscription(1, &[])],
        events: vec![event("e", &[])],
        ..Transition::default()
    });
    assert_eq!(get(subject.store.claim("ACME", crate::store::ClaimKind::Business, "booking", "k", 0)), None);
    assert!(get(subject.store.find("SO-1", None, 9)).is_empty());
    assert_eq!(get(subject.store.events(&Default::default(), 9)).len(), 1);
}

fn needed(subject: &mut Subject) {
    for (number, digest) in [(1, "d2"), (2, "d1"), (3, "d2"), (4, "d3")] {
        subject.done(begin_as(Instance { digest: text(digest), ..instance(number) }));
    }
    subject.done(end(4, 1));
    subject.done(become_(3, 1, 2, Status::Paused));
    subject.done(begin_as(Instance { digest: text("d4"), status: Status::Rejected, ..instance(5) }));
    subject.reopen();
    assert_eq!(get(subject.store.needed()), [(text("d1"), 1), (text("d2"), 2)]);
}
