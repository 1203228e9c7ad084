//! Entries of an instance's journal: what is kept of each thing that happens, for `trace` and for people.

use std::sync::Arc;
use std::time::Duration;

use super::sent::Send;
use crate::codec::json;
use crate::flow::machine::{Cause, Emission, Listen, ParkId, Parked};
use crate::flow::{FailureKind, FlowEnd};
use crate::http::{HeaderName, HeaderValue};
use crate::store::{Entry, Event, Millis};
use crate::system::{OperationName, Outcome, Said, Taken};
use crate::value::{Map, Value, View};

/// Bytes of one entry at most; beyond it the payload is left out, and says so.
const MOST: usize = 256 << 10;

/// An entry; `body` is filled by the caller.
fn entry(at: Millis, kind: &'static str, path: &str, body: Map) -> Entry {
    let body = Value::object(body);
    let mut bytes = Vec::with_capacity(256);
    if !json::encode_view(View::of(&body), MOST, &mut bytes) {
        bytes = br#"{"too_large":true}"#.to_vec();
    }
    Entry { number: 0, at, kind: kind.into(), path: path.into(), body: bytes.into() }
}

fn text(words: impl Into<Arc<str>>) -> Value {
    Value::String(words.into())
}

fn whole(number: impl TryInto<i64>) -> Value {
    Value::from(number.try_into().unwrap_or(i64::MAX))
}

/// `lines[3].order`: the path of a step and the rounds it is in.
pub(super) fn place(path: &str, lineage: &[u32]) -> String {
    match lineage {
        [] => path.to_owned(),
        rounds => format!("{path}[{}]", rounds.iter().map(u32::to_string).collect::<Vec<_>>().join(".")),
    }
}

fn list(inputs: &[Option<Value>]) -> Value {
    Value::array(inputs.iter().map(|input| input.clone().unwrap_or_default()).collect())
}

/// An instance begins.
pub(super) fn accepted(at: Millis, route: &Arc<str>, names: &[Arc<str>], inputs: &[Option<Value>]) -> Entry {
    let given = names.iter().zip(inputs).filter_map(|(name, value)| Some((Arc::clone(name), value.clone()?)));
    let mut body = Map::new();
    body.insert("inputs", Value::object(given.collect()));
    if !route.is_empty() {
        body.insert("route", text(Arc::clone(route)));
    }
    entry(at, "accepted", "", body)
}

/// It waits for its turn: another instance holds its business key.
pub(super) fn queued(at: Millis, behind: uuid::Uuid) -> Entry {
    let mut body = Map::new();
    body.insert("behind", text(behind.to_string()));
    entry(at, "queued", "", body)
}

/// Its turn has come.
pub(super) fn turn(at: Millis) -> Entry {
    entry(at, "turn", "", Map::new())
}

/// A call that changes something is about to be sent.
pub(super) fn sent(at: Millis, send: &Send) -> Entry {
    let mut body = called(send);
    body.insert("inputs", list(&send.inputs));
    entry(at, "sent", &place(&send.path, &send.lineage), body)
}

fn called(send: &Send) -> Map {
    let mut body = Map::with_capacity(8);
    body.insert("system", text(Arc::clone(&send.operation.system)));
    body.insert("operation", text(Arc::clone(&send.operation.operation)));
    body.insert("attempt", whole(send.attempt));
    if let Some(key) = &send.key {
        body.insert("key", text(Arc::clone(key)));
    }
    if send.probe {
        body.insert("probe", Value::Bool(true));
    }
    if send.undo {
        body.insert("undo", Value::Bool(true));
    }
    body
}

/// An attempt came to an outcome.
pub(super) fn outcome(at: Millis, send: &Send, outcome: &Outcome, took: Duration) -> Entry {
    let mut body = called(send);
    body.insert("ms", whole(took.as_millis()));
    body.insert("outcome", text(outcome.name()));
    // What was not sent has no payload: work that is held says so again and again.
    if send.key.is_none() && !matches!(outcome, Outcome::Held(_)) {
        body.insert("inputs", list(&send.inputs));
    }
    if let Some(taken) = send.tape.take() {
        body.insert("wire", wire(taken));
    }
    match outcome {
        Outcome::Ok { value: Some(value), .. } => _ = body.insert("result", value.clone()),
        Outcome::Rejected { status, message } => {
            body.insert("status", whole(*status));
            body.insert("message", text(message.as_str()));
        }
        Outcome::Declined { code, text: words, .. } => {
            body.insert("code", text(Arc::clone(code)));
            body.insert("message", text(Arc::clone(words)));
        }
        other => {
            if let Some(failure) = other.failure() {
                body.insert("failure", text(FailureKind::System(failure.kind).name()));
                body.insert("message", text(failure.message.as_str()));
            }
        }
    }
    entry(at, "outcome", &place(&send.path, &send.lineage), body)
}

/// What went over the wire, in the system's own form.
fn wire(taken: Taken) -> Value {
    let mut wire = Map::with_capacity(6);
    wire.insert("method", text(taken.method.as_str()));
    wire.insert("path", text(taken.path));
    said(&mut wire, "request", taken.request);
    if let Some((status, answer)) = taken.answer {
        wire.insert("status", whole(status));
        said(&mut wire, "answer", answer);
    }
    if !taken.mappings.is_empty() {
        wire.insert("mappings", Value::array(taken.mappings.iter().cloned().map(text).collect()));
    }
    Value::object(wire)
}

/// JSON as the text that it was, what is described in words of its own.
fn said(wire: &mut Map, name: &str, said: Said) {
    match said {
        Said::Nothing => {}
        Said::Json(json) => _ = wire.insert(name, text(json)),
        Said::Other(words) => _ = wire.insert(format!("{name}_is"), text(words)),
    }
}

/// A probe found what had been created.
pub(super) fn adopted(at: Millis, path: &str, key: Arc<str>, result: Value) -> Entry {
    let mut body = Map::new();
    body.insert("key", text(key));
    body.insert("outcome", text("ok"));
    body.insert("adopted", Value::Bool(true));
    body.insert("result", result);
    entry(at, "outcome", path, body)
}

/// An operation will be asked again.
pub(super) fn retry(at: Millis, operation: &OperationName, attempt: u32, wait: Duration) -> Entry {
    let mut body = Map::new();
    body.insert("system", text(Arc::clone(&operation.system)));
    body.insert("operation", text(Arc::clone(&operation.operation)));
    body.insert("attempt", whole(attempt));
    body.insert("wait_ms", whole(wait.as_millis()));
    entry(at, "retry", "", body)
}

/// A system is away.
pub(super) fn holding(
    at: Millis,
    path: &str,
    operation: &OperationName,
    kind: FailureKind,
    wait: Duration,
) -> Entry {
    let mut body = Map::new();
    body.insert("system", text(Arc::clone(&operation.system)));
    body.insert("operation", text(Arc::clone(&operation.operation)));
    body.insert("failure", text(kind.name()));
    body.insert("wait_ms", whole(wait.as_millis()));
    entry(at, "holding", path, body)
}

/// A step came out otherwise than done.
pub(super) fn step(at: Millis, path: &str, how: &str) -> Entry {
    let mut body = Map::new();
    body.insert("how", text(how));
    entry(at, "step", path, body)
}

/// Somebody must act.
pub(super) fn parked(at: Millis, parked: &Parked) -> Entry {
    let mut body = Map::new();
    body.insert("park", whole(parked.id.0));
    match &parked.cause {
        Cause::Failed(failure) => {
            body.insert("failure", text(failure.kind.name()));
            body.insert("detail", text(failure.detail.as_str()));
        }
        Cause::Raised { code, facts } => {
            body.insert("code", text(Arc::clone(code)));
            body.insert("facts", Value::object(facts.clone()));
        }
    }
    entry(at, "parked", &parked.step, body)
}

/// A step waits for events.
pub(super) fn listens(at: Millis, listen: &Listen<'_>) -> Entry {
    let mut body = Map::new();
    let events = listen.wants.iter().map(|want| text(Arc::clone(want.event)));
    body.insert("events", Value::array(events.collect()));
    entry(at, "listening", listen.path, body)
}

/// An event is published.
pub(super) fn emits(at: Millis, emission: &Emission<'_>) -> Entry {
    let mut body = Map::new();
    body.insert("event", text(Arc::clone(emission.event)));
    body.insert("key", text(Arc::clone(&emission.key)));
    body.insert("payload", emission.payload.clone());
    entry(at, "emitted", emission.path, body)
}

/// An event came.
pub(super) fn heard(at: Millis, event: &Event) -> Entry {
    let mut body = Map::new();
    body.insert("event", text(Arc::clone(&event.name)));
    body.insert("key", text(Arc::clone(&event.key)));
    body.insert("number", whole(event.number));
    body.insert("occurred_at", Value::from(event.occurred_at));
    body.insert("recorded_at", Value::from(event.recorded_at));
    entry(at, "heard", "", body)
}

/// Somebody acted.
pub(super) fn acted(
    at: Millis,
    step: &str,
    action: &str,
    who: &str,
    reason: &str,
    given: Option<(&str, &Value)>,
) -> Entry {
    let mut body = Map::new();
    body.insert("action", text(action));
    body.insert("who", text(who));
    body.insert("reason", text(reason));
    if let Some((name, value)) = given {
        body.insert("name", text(name));
        body.insert("value", value.clone());
    }
    entry(at, "action", step, body)
}

/// Nobody must act there any more.
pub(super) fn resumed(at: Millis, park: ParkId) -> Entry {
    let mut body = Map::new();
    body.insert("park", whole(park.0));
    entry(at, "resumed", "", body)
}

/// The caller is answered, and the flow goes on.
pub(super) fn answered(at: Millis, answer: &FlowEnd) -> Entry {
    entry(at, "responded", "", how(answer))
}

/// The instance is over.
pub(super) fn ended(at: Millis, end: &FlowEnd) -> Entry {
    entry(at, "ended", "", how(end))
}

fn how(end: &FlowEnd) -> Map {
    let mut body = Map::new();
    let (word, detail) = match end {
        FlowEnd::Responded { status, headers, body: answer } => {
            body.insert("status", whole(*status));
            if !headers.is_empty() {
                let named = |(name, value): &(HeaderName, HeaderValue)| {
                    Some((Arc::from(name.as_str()), text(value.to_str().ok()?)))
                };
                body.insert("headers", Value::object(headers.iter().filter_map(named).collect()));
            }
            answer.clone().map(|answer| body.insert("body", answer));
            ("responded", None)
        }
        FlowEnd::Completed(value) => {
            value.clone().map(|value| body.insert("output", value));
            ("completed", None)
        }
        FlowEnd::Rejected { code, facts, text: words, .. } => {
            body.insert("code", text(Arc::clone(code)));
            body.insert("facts", Value::object(facts.clone()));
            ("rejected", words.clone())
        }
        FlowEnd::Raised { code, .. } => ("raised", Some(Arc::clone(code))),
        FlowEnd::Failed(failure) => ("failed", Some(failure.detail.as_str().into())),
        FlowEnd::Cancelled { reason } => ("cancelled", Some(Arc::clone(reason))),
    };
    body.insert("how", text(word));
    if let Some(detail) = detail {
        body.insert("detail", text(detail));
    }
    body
}
