//! What happened, for the account of the caller and for nobody else: a stream of events (server-sent events,
//! WHATWG HTML §9.2), and the record that events fold into.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::status::{EVENTS, unread};
use super::{Answer, Exchange};
use crate::clock::Clock;
use crate::codec::json;
use crate::event::{EventType, Notice, Subscriber};
use crate::flow::engine::{Engine, Wanted};
use crate::flow::key_text;
use crate::gateway::Generation;
use crate::gateway::problem::{BUSY, INTERNAL, NOT_FOUND, Problem};
use crate::http::{Feeder, HeaderValue, StatusCode, feed, header};
use crate::mapping::Context;
use crate::value::{Map, Value};

/// A sign of life, so that a dead connection is noticed on both sides.
const BEAT: Duration = Duration::from_secs(15);
/// Longest stream; then the reader comes again, with the keys and on the project of that time.
const LONGEST: Duration = Duration::from_secs(900);
/// Events that wait for a slow reader, and for how long: then it is disconnected, and may come again.
const AHEAD: usize = 64;
const SLOW: Duration = Duration::from_secs(30);

/// All that is needed to tell one reader; it outlives the exchange.
struct Reader {
    engine: Arc<Engine>,
    generation: Arc<Generation>,
    clock: Arc<dyn Clock>,
    stream: Arc<str>,
    wanted: Wanted,
    /// The first event that is still to be told.
    next: u64,
    feeder: Feeder,
}

/// Begins to tell the caller of events.
pub(super) fn stream(exchange: &Exchange<'_>, stream: &Arc<str>) -> Result<Answer, Problem> {
    let Some(client) = &exchange.client else { return Err(Problem::new(&INTERNAL)) };
    let Ok(permit) = Arc::clone(&exchange.gateway.streams).try_acquire_owned() else {
        exchange.gateway.metrics.limited("streams");
        let problem = Problem::new(&BUSY).detail("as many streams are open as can be");
        return Err(problem.retry_after(Some(5)));
    };
    let (feeder, told) = feed(AHEAD);
    let engine = Arc::clone(&exchange.gateway.engine);
    let known = exchange.head.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let known = known.and_then(|id| id.trim().parse::<u64>().ok());
    let next = begins(known, engine.tail().last());
    let events = exchange.generation.plan.events.values();
    let own = |event: &&Arc<EventType>| event.subscribers.iter().any(|one| one.stream() == Some(stream));
    let reader = Reader {
        engine,
        generation: Arc::clone(exchange.generation),
        clock: Arc::clone(&exchange.gateway.clock),
        stream: Arc::clone(stream),
        wanted: Wanted {
            names: events.filter(own).map(|event| Arc::clone(&event.name)).collect(),
            account: Some(Arc::clone(&client.account)),
        },
        next,
        feeder,
    };
    tokio::spawn(reader.tell(permit));
    let mut answer = Answer::empty(StatusCode::OK);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    answer.header("cache-control", "no-cache");
    // A proxy that gathers would keep events back.
    answer.header("x-accel-buffering", "no");
    answer.feed = Some(told);
    Ok(answer)
}

/// The first event of a stream whose reader knows of one. A number that was not given yet is of another store, which
/// this one was put in the place of: such a reader begins now, like one that knows of none.
fn begins(known: Option<u64>, last: u64) -> u64 {
    known.unwrap_or(last).min(last).saturating_add(1)
}

impl Reader {
    async fn tell(mut self, _permit: OwnedSemaphorePermit) {
        let clock = Arc::clone(&self.clock);
        let end = clock.sleep(LONGEST);
        tokio::pin!(end);
        let mut tail = self.engine.tail().follow();
        loop {
            tail.borrow_and_update();
            match self.tell_on().await {
                Some(true) => continue,
                Some(false) => {}
                None => return,
            }
            tokio::select! {
                changed = tail.changed() => if changed.is_err() { return },
                () = self.feeder.gone() => return,
                () = &mut end => return,
                () = clock.sleep(BEAT) => if !self.send(":\n\n".into()).await { return },
            }
        }
    }

    /// Tells of the next events; whether there may be more, or `None` when the reader is lost.
    async fn tell_on(&mut self) -> Option<bool> {
        let page = match self.engine.events_from(self.next, &self.wanted).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(target: "crossdock::store", %error, "a stream ends: its events cannot be read");
                return None;
            }
        };
        for notice in &page.notices {
            let piece = self.pieces(notice);
            if !piece.is_empty() && !self.send(piece).await {
                return None;
            }
        }
        let more = page.upto >= self.next && page.more;
        self.next = self.next.max(page.upto.saturating_add(1));
        Some(more)
    }

    async fn send(&self, piece: Vec<u8>) -> bool {
        tokio::select! {
            sent = self.feeder.send(piece.into()) => sent,
            () = self.clock.sleep(SLOW) => false,
        }
    }

    /// What the reader sees of an event: an entry for each subscriber of the stream that wants it.
    fn pieces(&self, notice: &Notice) -> Vec<u8> {
        let plan = &self.generation.plan;
        let (Some(declared), Some(payload)) = (plan.events.get(&notice.event.name), notice.payload()) else {
            return Vec::new();
        };
        let context = Context::new(self.clock.now(), &plan.tables);
        let mut pieces = Vec::new();
        for subscriber in declared.subscribers.iter().filter(|one| one.stream() == Some(&self.stream)) {
            match seen(subscriber, payload, &context) {
                Ok(None) => {}
                Ok(Some(data)) => entry(&mut pieces, notice, &data),
                Err(error) => tracing::error!(target: "crossdock::contract", event = &*notice.event.name,
                    number = notice.event.number, ?error, "an event was withheld from a stream"),
            }
        }
        pieces
    }
}

/// What a subscriber lets be seen of an event.
fn seen(
    subscriber: &Subscriber,
    payload: &Value,
    context: &Context<'_>,
) -> Result<Option<Value>, crate::mapping::Error> {
    match subscriber.wants(payload, context)? {
        true => subscriber.projected(payload, context).map(Some),
        false => Ok(None),
    }
}

/// One entry: JSON without line ends, so that it is one line.
fn entry(to: &mut Vec<u8>, notice: &Notice, data: &Value) {
    let head = format!("id: {}\nevent: {}\ndata: ", notice.event.number, notice.event.name);
    to.extend_from_slice(head.as_bytes());
    to.extend_from_slice(&json::encode(data));
    to.extend_from_slice(b"\n\n");
}

/// Shows the record of a thing.
pub(super) async fn entity(
    exchange: &Exchange<'_>,
    entity: &Arc<str>,
    named: Option<&Value>,
) -> Result<Answer, Problem> {
    let Some(client) = &exchange.client else { return Err(Problem::new(&INTERNAL)) };
    let key = named.and_then(key_text).ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let (account, kind, asked) = (Arc::clone(&client.account), Arc::clone(entity), Arc::clone(&key));
    let read = move |store: &dyn crate::store::Store| store.entity(&account, &kind, &asked);
    let kept = exchange.gateway.engine.writer().read(read).await.map_err(unread)?;
    let kept = kept.ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let record = json::decode(&kept.body, &json::Limits::default()).map_err(|_| Problem::new(&INTERNAL))?;
    let mut body = Map::with_capacity(5);
    body.insert("entity", Value::String(Arc::clone(entity)));
    body.insert("key", Value::String(key));
    if let Some(current) = record.get("current") {
        body.insert("state", current.get("state").cloned().unwrap_or_default());
        body.insert("since", current.get("at").cloned().unwrap_or_default());
    }
    body.insert("history", record.get("history").cloned().unwrap_or_default());
    let mut answer = Answer::json(StatusCode::OK, json::encode(&Value::object(body)));
    answer.header("cache-control", "no-cache");
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn a_stream_goes_on_behind_what_is_known_and_never_beyond_what_there_is() {
        assert_eq!(
            [begins(None, 7), begins(Some(3), 7), begins(Some(7), 7), begins(Some(0), 7)],
            [8, 4, 8, 1]
        );
        assert_eq!([begins(Some(100_000), 7), begins(Some(u64::MAX), 7)], [8, 8]);
    }
}
