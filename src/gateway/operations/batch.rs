//! A request that is repeated with the same `Idempotency-Key` does nothing twice: what it was about is written
//! down before anything is done, and what came of it afterwards, both as events of our own that are forgotten in
//! time. What a crash cut off is done again for the same cases; those that were dealt with say so.

use std::sync::{Arc, PoisonError};

use super::shape::object;
use super::{Ask, Refusal};
use crate::codec::json;
use crate::flow::machine::digest;
use crate::http::StatusCode;
use crate::store::{Event, EventFilter, Transition};
use crate::value::Value;

/// The events' name; no project can declare it.
const NAME: &str = "crossdock.batch";
/// How long a key is remembered.
const KEEP: i64 = 7 * 86_400_000;
/// Longest key.
const LONGEST: usize = 255;

/// What a key stands for.
pub(super) enum Batch {
    /// It was done: what was answered.
    Done(Value),
    /// It is being done now.
    Open(Open),
}

/// A batch that is being done.
pub(super) struct Open {
    key: Arc<str>,
    print: String,
    /// What it is about: as it was when it was asked for first.
    pub about: Vec<String>,
    _busy: Busy,
}

struct Busy(super::Busy, Arc<str>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Begins what a key stands for; `None`: there is no key.
///
/// # Errors
/// The key was used for something else, or is in use at this moment.
pub(super) async fn begin(ask: &Ask, about: Vec<String>) -> Result<Option<Batch>, Refusal> {
    let Some(key) = &ask.key else { return Ok(None) };
    if key.len() > LONGEST {
        return Err(Refusal::bad(format!("`Idempotency-Key` has at most {LONGEST} bytes")));
    }
    let key: Arc<str> = format!("{}:{key}", ask.who).into();
    let fresh = ask.busy.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&key));
    if !fresh {
        return Err(Refusal::new(StatusCode::CONFLICT, "the same `Idempotency-Key` is being dealt with"));
    }
    let busy = Busy(ask.busy.clone(), Arc::clone(&key));
    let asked = Value::array(vec![
        Value::array(ask.parameters.iter().map(|name| Value::from(name.as_str())).collect()),
        Value::object(ask.given.clone()),
    ]);
    let print = digest(&json::encode(&asked));
    let (mut planned, mut done) = (None, None);
    for event in events(ask, &key).await? {
        let Ok(body) = json::decode(&event.body, &json::Limits::default()) else { continue };
        if body.get("print").and_then(Value::as_str) != Some(&print) {
            let why = "this `Idempotency-Key` was used for another request";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
        planned = planned.or_else(|| body.get("about").cloned());
        done = done.or_else(|| body.get("answer").cloned());
    }
    if let Some(answer) = done {
        return Ok(Some(Batch::Done(answer)));
    }
    let about = match planned.as_ref().and_then(Value::as_array) {
        Some(planned) => planned.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => {
            let list = about.iter().map(|one| Value::from(one.as_str())).collect();
            write(ask, &key, "plan", [("print", Value::from(print.as_str())), ("about", Value::array(list))])
                .await?;
            about
        }
    };
    Ok(Some(Batch::Open(Open { key, print, about, _busy: busy })))
}

impl Open {
    /// Writes down what came of it.
    pub async fn end(&self, ask: &Ask, answer: &Value) -> Result<(), Refusal> {
        let members = [("print", Value::from(self.print.as_str())), ("answer", answer.clone())];
        write(ask, &self.key, "answer", members).await
    }
}

async fn events(ask: &Ask, key: &Arc<str>) -> Result<Vec<Event>, Refusal> {
    let filter =
        EventFilter { name: Some(NAME.into()), key: Some(Arc::clone(key)), ..EventFilter::default() };
    Ok(ask.gateway.engine().writer().read(move |store| store.events(&filter, 2)).await?)
}

async fn write(ask: &Ask, key: &Arc<str>, what: &str, members: [(&str, Value); 2]) -> Result<(), Refusal> {
    let now = ask.now();
    let body = object(members.map(|(name, value)| (name, Some(value))));
    let event = Event {
        number: 0,
        account: "".into(),
        source: "operations".into(),
        id: format!("{key}:{what}").into(),
        name: NAME.into(),
        key: Arc::clone(key),
        occurred_at: now,
        recorded_at: now,
        buffered_until: now,
        keep_until: now + KEEP,
        correlation_id: "".into(),
        instance: None,
        correlates: Vec::new(),
        body: json::encode(&body).into(),
    };
    let transition = Transition { at: now, events: vec![event], ..Transition::default() };
    ask.gateway.engine().writer().commit(transition).await?;
    Ok(())
}
