//! Cursors of subscribers, what they have before them, and entity records.

use super::make::{bytes, event, happen, text};
use super::{Check, Subject, get};
use crate::store::{Backlog, Cursor, Entity, Event, Transition};

pub(super) const CHECKS: &[Check] = &[
    ("cursors are kept whole, by name, and written anew", cursors),
    ("the number of the last event outlives the events", last),
    ("what a subscriber has before it is counted", behind),
    ("the first event since a time is found", since),
    ("entity records are kept by account, kind and key until their time", entities),
];

fn cursor(name: &str, next: u64) -> Cursor {
    Cursor { name: text(name), next, ..Cursor::default() }
}

fn cursors(subject: &mut Subject) {
    assert!(get(subject.store.cursors()).is_empty());
    let failing = Cursor {
        epoch: 2,
        failures: 3,
        failing_since: Some(5),
        retry_at: Some(9),
        disabled: true,
        problem: text("410"),
        ..cursor("b", 7)
    };
    let written = |cursors| Transition { cursors, ..Transition::default() };
    subject.done(written(vec![failing.clone(), cursor("a", 1)]));
    subject.reopen();
    assert_eq!(get(subject.store.cursors()), [cursor("a", 1), failing]);
    subject.done(written(vec![cursor("b", 8)]));
    assert_eq!(get(subject.store.cursors()), [cursor("a", 1), cursor("b", 8)]);
}

fn last(subject: &mut Subject) {
    assert_eq!(get(subject.store.last_event()), 0);
    let old = Event { keep_until: 1, buffered_until: 1, ..event("e2", &[]) };
    subject.done(happen(vec![event("e1", &[]), old]));
    assert_eq!(get(subject.store.last_event()), 2);
    get(subject.store.forget(i64::MAX, 9));
    subject.reopen();
    assert_eq!(get(subject.store.last_event()), 2);
}

fn behind(subject: &mut Subject) {
    let named = |id: &str, name: &str, account: &str, recorded_at| Event {
        name: text(name),
        account: text(account),
        recorded_at,
        ..event(id, &[])
    };
    subject.done(happen(vec![
        named("1", "a", "ACME", 10),
        named("2", "b", "ACME", 11),
        named("3", "a", "OTHER", 12),
        named("4", "a", "ACME", 13),
    ]));
    let backlog = |name, account, next| get(subject.store.backlog(name, account, next));
    assert_eq!(backlog("a", None, 1), Backlog { events: 3, oldest: Some(10) });
    assert_eq!(backlog("a", None, 2), Backlog { events: 2, oldest: Some(12) });
    assert_eq!(backlog("a", Some("ACME"), 2), Backlog { events: 1, oldest: Some(13) });
    assert_eq!(backlog("a", None, 5), Backlog::default());
    assert_eq!(backlog("c", None, 0), Backlog::default());
}

fn since(subject: &mut Subject) {
    assert_eq!(get(subject.store.first_event_since(0)), None);
    let at = |id: &str, recorded_at| Event { recorded_at, ..event(id, &[]) };
    subject.done(happen(vec![at("1", 10), at("2", 20), at("3", 30)]));
    let first = |at| get(subject.store.first_event_since(at));
    assert_eq!((first(0), first(20), first(21), first(31)), (Some(1), Some(2), Some(3), None));
}

fn entities(subject: &mut Subject) {
    let entity = |account: &str, key: &str, body: &str| Entity {
        account: text(account),
        entity: text("shipment"),
        key: text(key),
        updated_at: 5,
        keep_until: 100,
        body: bytes(body),
    };
    let written = |entities| Transition { entities, ..Transition::default() };
    subject.done(written(vec![entity("ACME", "S-1", "one"), entity("OTHER", "S-1", "other")]));
    subject.done(written(vec![Entity { keep_until: 300, ..entity("ACME", "S-1", "two") }]));
    subject.reopen();
    let of = |subject: &Subject, account: &str| get(subject.store.entity(account, "shipment", "S-1"));
    assert_eq!(of(subject, "ACME"), Some(Entity { keep_until: 300, ..entity("ACME", "S-1", "two") }));
    assert_eq!(of(subject, "OTHER"), Some(entity("OTHER", "S-1", "other")));
    assert_eq!(get(subject.store.entity("ACME", "order", "S-1")), None);
    get(subject.store.forget(100, 9));
    assert_eq!((of(subject, "ACME").is_some(), of(subject, "OTHER").is_some()), (true, false));
}
