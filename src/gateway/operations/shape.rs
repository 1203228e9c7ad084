//! Instances, cases and stories as JSON, without what the project declares as redacted.

use std::sync::Arc;

use crate::codec::json;
use crate::flow::story::{Party, Scene, Waits};
use crate::gateway::Generation;
use crate::mapping::Query;
use crate::store::{Case, CaseState, Instance, Millis};
use crate::telemetry;
use crate::value::{Map, Value};

/// An object of its members; those that are `None` are left out.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let mut map = Map::with_capacity(N);
    for (name, value) in members {
        if let Some(value) = value {
            map.insert(name, value);
        }
    }
    Value::object(map)
}

/// A text.
pub(super) fn text(words: &str) -> Option<Value> {
    Some(Value::from(words))
}

/// A text, unless it is empty.
pub(super) fn some(words: &str) -> Option<Value> {
    (!words.is_empty()).then(|| Value::from(words))
}

/// A text that may not be there.
pub(super) fn maybe(words: Option<&Arc<str>>) -> Option<Value> {
    words.map(|words| Value::String(Arc::clone(words)))
}

/// A count.
pub(super) fn count(number: impl TryInto<i64>) -> Option<Value> {
    Some(Value::from(number.try_into().unwrap_or(i64::MAX)))
}

/// A moment as RFC 3339 in UTC.
pub(super) fn moment(at: Millis) -> Option<Value> {
    Some(Value::from(written(at)))
}

/// A moment as people and programs read it.
pub(super) fn written(at: Millis) -> String {
    let moment = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}

/// What is in a case's body.
pub(super) fn body_of(case: &Case) -> Map {
    match json::decode(&case.body, &json::Limits::default()) {
        Ok(Value::Object(body)) => Arc::unwrap_or_clone(body),
        _ => Map::new(),
    }
}

/// A case as a row: without its history.
pub(super) fn row(case: &Case, reference: Option<&Arc<str>>, now: Millis) -> Value {
    let body = body_of(case);
    object([
        ("case", count(case.number)),
        ("code", text(&case.code)),
        ("state", text(case.state.name())),
        ("cause", text(&case.cause)),
        ("reference", maybe(reference)),
        ("owner", some(&case.owner)),
        ("assignee", maybe(case.assignee.as_ref())),
        (
            "queues",
            Some(Value::array(case.queues.iter().map(|queue| Value::String(Arc::clone(queue))).collect())),
        ),
        ("severity", some(&case.severity)),
        ("category", body.get("category").cloned()),
        ("runbook", body.get("runbook").cloned()),
        ("flow", maybe(case.flow.as_ref())),
        ("step", maybe(case.step.as_ref())),
        ("system", maybe(case.system.as_ref())),
        ("account", some(&case.account)),
        ("instance", case.instance.map(|id| Value::from(id.to_string()))),
        ("correlation_id", some(&case.correlation_id)),
        ("opened_at", moment(case.opened_at)),
        ("updated_at", moment(case.updated_at)),
        ("closed_at", case.closed_at.and_then(moment)),
        ("snoozed_until", case.snoozed_until.and_then(moment)),
        ("sla", Some(sla(case, now))),
    ])
}

/// The clock of a case: how it stands, and how long is left of what comes first.
fn sla(case: &Case, now: Millis) -> Value {
    let (state, due) = due(case, now);
    object([
        ("state", text(state)),
        ("acknowledge_by", case.acknowledge_by.and_then(moment)),
        ("resolve_by", case.resolve_by.and_then(moment)),
        ("left_ms", due.map(|due| Value::from(due - now))),
    ])
}

/// `none`, `met`, `ok`, `at_risk` (less than a quarter is left) or `late`, and when the next thing is due.
pub(super) fn due(case: &Case, now: Millis) -> (&'static str, Option<Millis>) {
    let unread = (case.state == CaseState::Open).then_some(case.acknowledge_by).flatten();
    let by = [unread, case.resolve_by].into_iter().flatten().min();
    let Some(by) = by else { return ("none", None) };
    if let Some(closed) = case.closed_at {
        return (if closed <= by { "met" } else { "late" }, None);
    }
    let (whole, left) = (by - case.opened_at, by - now);
    match left {
        ..0 => ("late", Some(by)),
        _ if left < whole / 4 => ("at_risk", Some(by)),
        _ => ("ok", Some(by)),
    }
}

/// An instance as a row; `owner` has the next move.
pub(super) fn instance(instance: &Instance, owner: Value, open: &[&Case]) -> Value {
    object([
        ("id", Some(Value::from(instance.id.to_string()))),
        ("reference", maybe(instance.business_key.as_ref())),
        ("flow", text(&instance.flow)),
        ("digest", text(&instance.digest)),
        ("account", some(&instance.account)),
        ("client", some(&instance.client)),
        ("correlation_id", some(&instance.correlation_id)),
        ("status", text(instance.status.name())),
        ("stage", some(&instance.stage)),
        ("next", instance.status.is_open().then_some(owner)),
        ("began_at", moment(instance.created_at)),
        ("updated_at", moment(instance.updated_at)),
        // 0: at once, were it not at work.
        ("wakes_at", instance.wake_at.filter(|at| *at > 0).and_then(moment)),
        ("cases", Some(Value::array(open.iter().filter_map(|case| count(case.number)).collect()))),
    ])
}

/// Who has the next move (M89): the team and, where one is known, the person, the system or the event.
pub(super) fn next(generation: &Generation, waits: &Waits, flow: &str, open: &[&Case]) -> Value {
    let plan = &generation.plan;
    let oldest = open.iter().min_by_key(|case| case.number);
    if let (Party::Operators, Some(case)) = (&waits.party, oldest) {
        return object([
            ("kind", text("operators")),
            ("owner", some(&case.owner)),
            ("person", maybe(case.assignee.as_ref())),
            ("case", count(case.number)),
            ("why", text(&case.cause)),
            ("since", moment(case.opened_at)),
        ]);
    }
    let owner = match &waits.party {
        Party::System(name) => plan.systems.get(name).and_then(|system| system.owner.clone()),
        Party::Event(name) => plan.events.get(name).and_then(|event| event.owner.clone()),
        _ => None,
    };
    let owner = owner.or_else(|| plan.flows.get(flow)?.owner().cloned());
    let named = match &waits.party {
        Party::System(name) | Party::Event(name) => Some(name),
        _ => None,
    };
    object([
        ("kind", text(waits.party.kind())),
        ("owner", maybe(owner.as_ref())),
        ("name", maybe(named)),
        ("since", moment(waits.since)),
    ])
}

/// Members of an entry that hold payloads.
const PAYLOADS: [&str; 8] = ["inputs", "result", "payload", "facts", "output", "body", "value", "detail"];

/// A scene without what the project declares as redacted: each payload is looked at as a document of its own.
pub(super) fn redacted(scene: &mut Scene, queries: &[Query]) {
    let Value::Object(body) = &mut scene.body else { return };
    if queries.is_empty() {
        return;
    }
    let body = Arc::make_mut(body);
    if let Some(Value::Object(wire)) = body.get_mut("wire") {
        let wire = Arc::make_mut(wire);
        for name in ["request", "answer"] {
            if let Some(said) = wire.get_mut(name) {
                *said = clean(said, queries);
            }
        }
    }
    for name in PAYLOADS {
        if let Some(payload) = body.get_mut(name) {
            *payload = match (name, &*payload) {
                ("inputs", Value::Array(items)) => {
                    Value::array(items.iter().map(|item| clean(item, queries)).collect())
                }
                ("inputs", Value::Object(items)) => {
                    items.iter().map(|(name, item)| (Arc::clone(name), clean(item, queries))).collect()
                }
                (_, payload) => clean(payload, queries),
            };
        }
    }
}

/// A payload without what the project declares as redacted.
pub(super) fn clean(value: &Value, queries: &[Query]) -> Value {
    let pointers = queries.iter().flat_map(|query| query.locate(value));
    let pointers: Vec<String> = pointers.map(|pointer| pointer.as_str().to_owned()).collect();
    telemetry::redact(value, &pointers)
}
