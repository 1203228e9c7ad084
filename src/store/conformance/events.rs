//! Events: they happen once, reach whoever waits, wait for whoever comes, and are given again after a restart.

use super::make::{
    become_, begin, begin_as, bytes, end, event, go_on, happen, id, instance, subscription, text,
};
use super::{Check, Subject, get};
use crate::store::{Event, EventFilter, Instance, Matched, Reached, Status, Subscription, Transition};

pub(super) const CHECKS: &[Check] = &[
    ("an event is kept whole and counted", whole),
    ("events happen once for an account, a source and an id", once),
    ("events are listed by what is asked for, oldest first", listed),
    ("an event reaches every subscription that wants it", reached),
    ("every want must be among what the event correlates", all_wants),
    ("an early event is matched when the subscription is opened", early),
    ("a subscription that is open is reached by events of its own transition", own),
    ("an event is buffered only until its time", buffered),
    ("events before a subscription's beginning are not for it", since),
    ("events of one account never reach another", accounts),
    ("what was given and not taken is given after a restart", given),
    ("who has not taken what was given can be asked for", untold),
    ("a subscription is given each event once", each_once),
    ("a subscription that is closed lets go", closed),
    ("an instance that is over waits for nothing", over),
    ("a subscription opened anew begins anew", anew),
    ("events are given in the order in which they were committed", order),
    ("taken by one, an event is still there for others", others),
];

/// An instance that opens subscriptions at 20.
fn opens(number: u128, seq: u64, opens: Vec<Subscription>) -> Transition {
    Transition { opens, ..become_(number, seq, 20, Status::Running) }
}

fn numbers(matched: &[Matched]) -> Vec<(u64, u32)> {
    matched.iter().map(|matched| (matched.event.number, matched.subscription)).collect()
}

fn whom(reached: &[Reached]) -> Vec<(u128, u32)> {
    reached.iter().map(|reached| (reached.instance.as_u128(), reached.subscription)).collect()
}

fn given_to(subject: &Subject, number: u128) -> Vec<(u64, u32)> {
    numbers(&get(subject.store.given(id(number))))
}

fn whole(subject: &mut Subject) {
    let full = Event {
        number: 77,
        instance: Some(id(1)),
        body: bytes("{\"a\":1}"),
        ..event("e1", &[("job", "J-1"), ("site", "")])
    };
    subject.done(happen(vec![full.clone(), event("e2", &[])]));
    subject.reopen();
    let all = get(subject.store.events(&EventFilter::default(), 9));
    assert_eq!(all[0], Event { number: 1, ..full });
    assert_eq!(all[1], Event { number: 2, ..event("e2", &[]) });
    subject.done(happen(vec![event("e3", &[])]));
    assert_eq!(get(subject.store.events(&EventFilter::default(), 9))[2].number, 3);
}

fn once(subject: &mut Subject) {
    subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(1) });
    let first = event("e", &[]);
    let twice = subject.done(happen(vec![first.clone(), first.clone()])).1;
    assert_eq!(whom(&twice), [(1, 1)]);
    assert!(subject.done(happen(vec![Event { body: bytes("other"), ..first.clone() }])).1.is_empty());
    let others = vec![
        Event { source: text("other"), ..first.clone() },
        Event { account: text("OTHER"), ..first.clone() },
        Event { id: text("other"), ..first },
    ];
    subject.done(happen(others));
    let all = get(subject.store.events(&EventFilter::default(), 9));
    assert_eq!(all.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(all[0].body, bytes("e"));
}

fn listed(subject: &mut Subject) {
    let of = |name: &str, key: &str, instance: Option<u128>| Event {
        key: text(key),
        instance: instance.map(id),
        ..event(name, &[])
    };
    let other = Event { name: text("other"), account: text("OTHER"), ..of("d", "L", None) };
    subject.done(happen(vec![of("a", "K", Some(1)), of("b", "L", Some(2)), of("c", "K", None), other]));
    let list = |filter: EventFilter, limit| {
        let found = get(subject.store.events(&filter, limit));
        found.iter().map(|event| event.number).collect::<Vec<_>>()
    };
    let all = EventFilter::default;
    assert_eq!(list(all(), 3), [1, 2, 3]);
    assert_eq!(list(EventFilter { after: 2, ..all() }, 9), [3, 4]);
    assert_eq!(list(EventFilter { key: Some(text("K")), ..all() }, 9), [1, 3]);
    assert_eq!(list(EventFilter { instance: Some(id(2)), ..all() }, 9), [2]);
    assert_eq!(list(EventFilter { name: Some(text("other")), ..all() }, 9), [4]);
    assert_eq!(list(EventFilter { account: Some(text("ACME")), ..all() }, 9), [1, 2, 3]);
}

fn reached(subject: &mut Subject) {
    subject
        .done(Transition { opens: vec![subscription(1, &[("job", "J")]), subscription(2, &[])], ..begin(1) });
    subject.done(Transition { opens: vec![subscription(7, &[("job", "J")])], ..begin(2) });
    subject.done(Transition { opens: vec![subscription(1, &[("job", "other")])], ..begin(3) });
    let other = Subscription { name: text("other"), ..subscription(1, &[]) };
    subject.done(Transition { opens: vec![other], ..begin(4) });
    let (matched, reached) = subject.done(happen(vec![event("e", &[("job", "J")])]));
    assert!(matched.is_empty());
    assert_eq!(whom(&reached), [(1, 1), (1, 2), (2, 7)]);
    assert_eq!(reached[0].event, Event { number: 1, ..event("e", &[("job", "J")]) });
    subject.reopen();
    assert_eq!(whom(&subject.done(happen(vec![event("f", &[("job", "J")])])).1).len(), 3);
}

fn all_wants(subject: &mut Subject) {
    let both = [("job", "J"), ("site", "S")];
    subject.done(Transition { opens: vec![subscription(1, &both)], ..begin(1) });
    let tries: [&[(&str, &str)]; 4] = [
        &[("job", "J")],
        &[("site", "S")],
        &[("job", "S"), ("site", "J")],
        &[("x", ""), ("site", "S"), ("job", "J")],
    ];
    let reached = tries.map(|correlates| {
        let name = format!("{correlates:?}");
        subject.done(happen(vec![event(&name, correlates)])).1.len()
    });
    assert_eq!(reached, [0, 0, 0, 1]);
    // And the same for events that were early.
    let matched = subject.done(opens(1, 1, vec![subscription(2, &both)])).0;
    assert_eq!(numbers(&matched), [(4, 2)]);
}

fn early(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[("job", "J")]), event("b", &[("job", "K")])]));
    subject.reopen();
    let (matched, reached) =
        subject.done(Transition { opens: vec![subscription(4, &[("job", "J")])], ..begin(1) });
    assert_eq!(
        matched,
        [Matched { subscription: 4, event: Event { number: 1, ..event("a", &[("job", "J")]) } }]
    );
    assert!(reached.is_empty());
    assert_eq!(given_to(subject, 1), [(1, 4)]);
}

fn own(subject: &mut Subject) {
    let transition =
        Transition { opens: vec![subscription(1, &[])], events: vec![event("e", &[])], ..begin(1) };
    let (matched, reached) = subject.done(transition);
    assert_eq!((matched.len(), whom(&reached)), (0, vec![(1, 1)]));
    assert_eq!(given_to(subject, 1), [(1, 1)]);
}

fn buffered(subject: &mut Subject) {
    subject.done(happen(vec![event("e", &[("job", "J")])]));
    let at = |number, at, wants: &[(&str, &str)]| {
        let transition = Transition { at, opens: vec![subscription(1, wants)], ..begin(number) };
        subject.done(transition).0.len()
    };
    assert_eq!((at(1, 100, &[]), at(2, 101, &[])), (1, 0));
    assert_eq!((at(3, 100, &[("job", "J")]), at(4, 101, &[("job", "J")])), (1, 0));
}

fn since(subject: &mut Subject) {
    subject.done(happen(vec![event("e", &[])]));
    let from = |number, since| {
        let opens = vec![Subscription { since, ..subscription(1, &[]) }];
        subject.done(Transition { at: 20, opens, ..begin(number) }).0.len()
    };
    assert_eq!((from(1, 0), from(2, 10), from(3, 11)), (1, 1, 0));
    let late = Event { recorded_at: 10, ..event("late", &[]) };
    assert_eq!(whom(&subject.done(happen(vec![late])).1), [(1, 1), (2, 1)]);
}

fn accounts(subject: &mut Subject) {
    subject.done(Transition { opens: vec![subscription(1, &[("job", "J")])], ..begin(1) });
    let other = Event { account: text("OTHER"), ..event("e", &[("job", "J")]) };
    assert!(subject.done(happen(vec![other])).1.is_empty());
    assert!(subject.done(opens(1, 1, vec![subscription(2, &[("job", "J")])])).0.is_empty());
}

fn given(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[])]));
    subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(1) });
    subject.done(happen(vec![event("b", &[]), event("c", &[])]));
    subject.done(Transition { takes: vec![(1, 2), (1, 99), (9, 1)], ..go_on(1, 1) });
    subject.reopen();
    let given = get(subject.store.given(id(1)));
    assert_eq!(numbers(&given), [(1, 1), (3, 1)]);
    assert_eq!(given[0].event, Event { number: 1, ..event("a", &[]) });
    assert!(get(subject.store.given(id(2))).is_empty());
}

fn untold(subject: &mut Subject) {
    for number in 1..=3 {
        subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(number) });
    }
    subject.done(happen(vec![event("a", &[])]));
    subject.done(Transition { takes: vec![(1, 1)], ..go_on(1, 1) });
    subject.done(end(3, 1));
    subject.reopen();
    assert_eq!(get(subject.store.untold(9)), [id(2)]);
    assert!(get(subject.store.untold(0)).is_empty());
}

fn each_once(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[])]));
    subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(1) });
    subject.done(Transition { takes: vec![(1, 1)], ..go_on(1, 1) });
    assert!(subject.done(happen(vec![event("a", &[])])).1.is_empty());
    assert!(given_to(subject, 1).is_empty());
    assert!(subject.done(go_on(1, 2)).0.is_empty());
}

fn closed(subject: &mut Subject) {
    subject.done(Transition { opens: vec![subscription(1, &[]), subscription(2, &[])], ..begin(1) });
    subject.done(happen(vec![event("a", &[])]));
    subject.done(Transition { closes: vec![1, 9], ..go_on(1, 1) });
    assert_eq!(given_to(subject, 1), [(1, 2)]);
    assert_eq!(whom(&subject.done(happen(vec![event("b", &[])])).1), [(1, 2)]);
}

fn over(subject: &mut Subject) {
    subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(1) });
    subject.done(happen(vec![event("a", &[])]));
    let last = Transition { events: vec![event("b", &[])], ..end(1, 1) };
    assert!(subject.done(last).1.is_empty(), "its own last words do not reach it");
    assert!(given_to(subject, 1).is_empty());
    assert!(subject.done(happen(vec![event("c", &[])])).1.is_empty());
    subject.done(begin_as(Instance { status: Status::Rejected, ..instance(2) }));
    assert!(subject.done(happen(vec![event("d", &[])])).1.is_empty());
}

fn anew(subject: &mut Subject) {
    subject.done(Transition { opens: vec![subscription(1, &[("job", "J")])], ..begin(1) });
    subject.done(happen(vec![event("a", &[("job", "J")])]));
    let matched = subject.done(opens(1, 1, vec![subscription(1, &[("job", "K")])])).0;
    assert!(matched.is_empty() && given_to(subject, 1).is_empty());
    assert!(subject.done(happen(vec![event("b", &[("job", "J")])])).1.is_empty());
    assert_eq!(whom(&subject.done(happen(vec![event("c", &[("job", "K")])])).1), [(1, 1)]);
    // Closed and opened in one transition, it gets what is buffered.
    let both = Transition { closes: vec![1], ..opens(1, 2, vec![subscription(1, &[("job", "J")])]) };
    assert_eq!(numbers(&subject.done(both).0), [(1, 1), (2, 1)]);
}

fn order(subject: &mut Subject) {
    let of = |name: &str, occurred_at| Event { occurred_at, ..event(name, &[("job", "J")]) };
    subject.done(happen(vec![of("a", 9), of("b", 3)]));
    subject.done(happen(vec![of("c", 1)]));
    let both = vec![subscription(2, &[("job", "J")]), subscription(1, &[])];
    let (matched, _) = subject.done(Transition { opens: both, ..begin(1) });
    assert_eq!(numbers(&matched), [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]);
    assert_eq!(given_to(subject, 1), numbers(&matched));
    let late = subject.done(happen(vec![of("e", 2), of("d", 1)])).1;
    let ids: Vec<_> = late.iter().map(|reached| reached.event.id.to_string()).collect();
    assert_eq!(ids, ["e", "e", "d", "d"]);
}

fn others(subject: &mut Subject) {
    subject.done(happen(vec![event("a", &[])]));
    subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(1) });
    subject.done(Transition { takes: vec![(1, 1)], ..go_on(1, 1) });
    let (matched, _) = subject.done(Transition { opens: vec![subscription(1, &[])], ..begin(2) });
    assert_eq!(numbers(&matched), [(1, 1)]);
}
