//! Random transitions, played on two stores: whatever can be read must read the same.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::make::{become_, begin_as, case, claim, entry, event, id, instance, record, subscription, text};
use super::{Subject, memory, sqlite};
use crate::store::{
    Case, CaseFilter, CaseState, Change, Claim, ClaimKind, Definition, Event, EventFilter, Instance,
    InstanceFilter, Status, Store, Subscription, Transition, verify,
};

/// What is done to both.
#[derive(Debug, Clone)]
enum Act {
    Commit(Vec<Transition>),
    Forget(i64, usize),
    Reopen,
}

const KEYS: [&str; 3] = ["a", "b", "c"];

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&KEYS[..])
}

fn few<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..3)
}

/// A time near all the others.
fn time() -> impl Strategy<Value = i64> {
    0..60i64
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        4 => Just(Status::Running),
        1 => prop::sample::select(Status::ALL.map(|(status, _)| status).to_vec()),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    few((key(), key()))
}

fn claims() -> impl Strategy<Value = Vec<Claim>> {
    few((key(), prop::option::of(time()), key())
        .prop_map(|(name, expires, account)| Claim { account: text(account), ..claim(name, expires) }))
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0..12u8, key(), pairs(), time(), time(), time()).prop_map(
        |(name, account, pairs, recorded_at, buffered_until, keep_until)| Event {
            account: text(account),
            recorded_at,
            buffered_until,
            keep_until,
            instance: (name % 3 == 0).then(|| id(name.into())),
            ..event(&name.to_string(), &pairs)
        },
    );
    few(one)
}

fn opens() -> impl Strategy<Value = Vec<Subscription>> {
    few((0..3u32, key(), pairs(), prop_oneof![Just(0), time()]).prop_map(
        |(number, account, pairs, since)| Subscription {
            account: text(account),
            since,
            ..subscription(number, &pairs)
        },
    ))
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let state = prop::sample::select(CaseState::ALL.map(|(state, _)| state).to_vec());
    few((1..6u64, prop::option::of(0..6u128), state, key()).prop_map(|(number, of, state, queue)| Case {
        state,
        queues: vec![text(queue)],
        ..case(number, of)
    }))
}

fn change() -> impl Strategy<Value = Option<Change>> {
    let begins = (0..6u128, key(), key(), status(), prop::option::of(time()), prop::option::of(time()));
    let begins = begins.prop_map(|(number, account, digest, status, wake_at, keep_until)| {
        let business_key = (number % 2 == 0).then(|| text(digest));
        let (account, digest) = (text(account), text(digest));
        let instance =
            Instance { account, digest, status, wake_at, keep_until, business_key, ..instance(number) };
        begin_as(instance).change
    });
    let goes_on = (0..6u128, 1..4u64, time(), status(), prop::option::of(time()))
        .prop_map(|(number, seq, at, status, _)| become_(number, seq, at, status).change);
    prop_oneof![4 => begins, 6 => goes_on, 1 => Just(None)]
}

fn transition() -> impl Strategy<Value = Transition> {
    let of_instance =
        (claims(), few(key()), few((key(), key())), opens(), few(0..3u32), few((0..3u32, 1..9u64)));
    let of_instance = (of_instance, prop::option::of(0..3u32));
    let of_nobody = (events(), cases(), few(key()), few(key()), few((key(), key(), key())));
    (time(), change(), of_instance, of_nobody).prop_map(|(at, change, own, rest)| {
        let ((claims, kinds, references, opens, closes, takes), line) = own;
        let (events, cases, audit, blobs, definitions) = rest;
        Transition {
            is_new: false,
            at,
            holder: None,
            change,
            claims,
            line,
            entries: kinds.into_iter().map(entry).collect(),
            references: references.into_iter().map(|(name, value)| (text(name), text(value))).collect(),
            opens,
            closes,
            takes,
            events,
            cases,
            audit: audit.into_iter().map(record).collect(),
            blobs: blobs.into_iter().map(|name| (text(name), super::make::bytes(name))).collect(),
            marks: Vec::new(),
            cursors: Vec::new(),
            entities: Vec::new(),
            definitions: definitions.into_iter().map(define).collect(),
        }
    })
}

/// A digest stands for one flow and one list of files.
fn define((digest, blob, _): (&str, &str, &str)) -> Definition {
    let flow = text(if digest == "c" { "status" } else { "booking" });
    Definition { digest: text(&format!("{digest}{blob}")), flow, files: vec![(text("f"), text(blob))] }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        12 => prop::collection::vec(transition(), 1..4).prop_map(Act::Commit),
        2 => (prop_oneof![time(), Just(2000)], 1..4usize).prop_map(|(now, limit)| Act::Forget(now, limit)),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 1..25)
}

/// Everything that can be read, as text.
fn readable(store: &dyn Store) -> String {
    let all = InstanceFilter::default();
    let mut text = format!("{:#?}", store.instances(&all, None, 99));
    let mut note = |more: &dyn std::fmt::Debug| text += &format!("{more:#?}\n");
    for number in 0..6 {
        note(&(store.journal(id(number), 0, 99), store.given(id(number)), store.instance(id(number))));
    }
    for status in Status::ALL {
        note(&store.instances(&InstanceFilter { status: Some(status.0), ..all.clone() }, None, 99));
    }
    note(&(store.due(30, 99), store.next_due(10), store.needed(), store.next_case()));
    note(&(store.events(&EventFilter::default(), 99), store.cases(&CaseFilter::default(), 99)));
    note(&(store.audit(0, 99), verify(store), store.room().map(|room| room.open)));
    for account in KEYS {
        for key in KEYS {
            let claim = |kind| store.claim(account, kind, "booking", key, 30);
            note(&(claim(ClaimKind::Request), claim(ClaimKind::Business)));
            note(&(store.definition(&format!("{account}{key}")), store.find(key, Some(account), 3)));
        }
        note(&(store.blob(account), store.find(account, None, 99)));
    }
    text
}

fn play(subject: &mut Subject, act: &Act) -> String {
    match act {
        Act::Commit(transitions) => format!("{:#?}", subject.store.commit(transitions)),
        Act::Forget(now, limit) => {
            let cases = subject.store.forget_cases(*now, *limit);
            format!("{:?} {cases:?}", subject.store.forget(*now, *limit))
        }
        Act::Reopen => {
            subject.reopen();
            String::new()
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn both_stores_say_the_same(acts in acts()) {
        let (mut memory, mut sqlite) = (memory(), sqlite());
        for act in &acts {
            let (ours, theirs) = (play(&mut memory, act), play(&mut sqlite, act));
            prop_assert_eq!(ours, theirs, "{:#?}", act);
            prop_assert_eq!(readable(&*memory.store), readable(&*sqlite.store), "after {:#?}", act);
        }
    }
}
