//! Short ways to write what checks commit.

use std::sync::Arc;

use uuid::Uuid;

use crate::store::{
    AuditRecord, Case, CaseState, Change, Claim, ClaimKind, Entry, Event, Instance, Millis, Status,
    Subscription, Transition,
};

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn text(text: &str) -> Arc<str> {
    text.into()
}

pub fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

/// An instance of ACME that runs.
pub fn instance(number: u128) -> Instance {
    Instance {
        id: id(number),
        account: text("ACME"),
        client: text("portal"),
        flow: text("booking"),
        digest: text("d1"),
        correlation_id: text(&format!("corr-{number}")),
        business_key: None,
        created_at: 1,
        updated_at: 1,
        seq: 1,
        status: Status::Running,
        stage: text(""),
        wake_at: None,
        state: bytes("{}"),
        answer: None,
        keep_until: None,
    }
}

pub fn begin_as(instance: Instance) -> Transition {
    Transition {
        at: instance.created_at,
        change: Some(Change::Begin(Box::new(instance))),
        ..Transition::default()
    }
}

pub fn begin(number: u128) -> Transition {
    begin_as(instance(number))
}

/// It goes on at `at` and becomes `status`; over, it is kept until 1000.
pub fn become_(number: u128, seq: u64, at: Millis, status: Status) -> Transition {
    let change = Change::Continue {
        id: id(number),
        seq,
        status,
        stage: text("order"),
        wake_at: None,
        state: bytes("{\"at\":\"order\"}"),
        answer: None,
        keep_until: (!status.is_open()).then_some(1000),
    };
    Transition { at, change: Some(change), ..Transition::default() }
}

pub fn go_on(number: u128, seq: u64) -> Transition {
    become_(number, seq, 2, Status::Running)
}

pub fn end(number: u128, seq: u64) -> Transition {
    become_(number, seq, 3, Status::Completed)
}

pub fn entry(kind: &str) -> Entry {
    Entry { number: 0, at: 1, kind: text(kind), path: text("order"), body: bytes(kind) }
}

/// A key of a request, until `expires`; without it a business key.
pub fn claim(key: &str, expires: Option<Millis>) -> Claim {
    Claim {
        kind: if expires.is_some() { ClaimKind::Request } else { ClaimKind::Business },
        account: text("ACME"),
        scope: text("booking"),
        key: text(key),
        fingerprint: text("f"),
        expires,
    }
}

pub fn wants(pairs: &[(&str, &str)]) -> Vec<(Arc<str>, Arc<str>)> {
    pairs.iter().map(|(field, value)| (text(field), text(value))).collect()
}

/// An event `milestone` of ACME, recorded at 10, buffered until 100, kept until 1000.
pub fn event(name: &str, correlates: &[(&str, &str)]) -> Event {
    Event {
        number: 0,
        account: text("ACME"),
        source: text("dispatch"),
        id: text(name),
        name: text("milestone"),
        key: text("K"),
        occurred_at: 9,
        recorded_at: 10,
        buffered_until: 100,
        keep_until: 1000,
        correlation_id: text("c"),
        instance: None,
        correlates: wants(correlates),
        body: bytes(name),
    }
}

/// Events that happen at 10.
pub fn happen(events: Vec<Event>) -> Transition {
    Transition { at: 10, events, ..Transition::default() }
}

/// A subscription of ACME to `milestone`. Whose it is, its transition says.
pub fn subscription(number: u32, pairs: &[(&str, &str)]) -> Subscription {
    Subscription {
        instance: Uuid::nil(),
        id: number,
        account: text("ACME"),
        name: text("milestone"),
        wants: wants(pairs),
        since: 0,
    }
}

/// A case of an instance, open.
pub fn case(number: u64, of: Option<u128>) -> Case {
    Case {
        number,
        code: text("outage"),
        state: CaseState::Open,
        account: text("ACME"),
        instance: of.map(id),
        park: Some(3),
        flow: Some(text("booking")),
        step: Some(text("order")),
        system: Some(text("erp")),
        cause: text("erp.create_order: unavailable"),
        correlation_id: text("c"),
        owner: text("ops"),
        queues: vec![text("first"), text("second")],
        severity: text("high"),
        assignee: None,
        opened_at: 5,
        updated_at: 6,
        acknowledge_by: Some(7),
        resolve_by: None,
        snoozed_until: None,
        closed_at: None,
        body: bytes("{}"),
    }
}

pub fn cases(cases: Vec<Case>) -> Transition {
    Transition { at: 5, cases, ..Transition::default() }
}

pub fn record(kind: &str) -> AuditRecord {
    AuditRecord {
        at: 1,
        kind: text(kind),
        who: text("gateway"),
        account: text("ACME"),
        about: text("i"),
        body: bytes("{}"),
    }
}

pub fn audit(kinds: &[&str]) -> Transition {
    Transition { at: 1, audit: kinds.iter().map(|kind| record(kind)).collect(), ..Transition::default() }
}
