//! Server-sent events (WHATWG HTML §9.2): an event for each change of an instance, until it is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::follow::Follow;
use super::{Answer, Lens, Seen};
use crate::codec::accept;
use crate::gateway::exchange::{Exchange, Head};
use crate::gateway::problem::{BUSY, Problem};
use crate::http::{Feeder, HeaderValue, Method, StatusCode, feed, header};
use crate::store::Instance;

/// The media type.
pub(in crate::gateway::exchange) const MEDIA_TYPE: &str = "text/event-stream";
/// A sign of life, so that a dead connection is noticed on both sides.
const BEAT: Duration = Duration::from_secs(15);
/// Longest stream; then the reader comes again, with the keys and on the project of that time.
const LONGEST: Duration = Duration::from_secs(900);
/// Events that wait for a slow reader.
const AHEAD: usize = 4;

/// Whether the caller likes a stream better than one answer.
pub(super) fn is_wanted(head: &Head) -> bool {
    let asked = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    head.method != Method::HEAD
        && accept::choose(asked, &["application/json", MEDIA_TYPE]) == Some(MEDIA_TYPE)
}

/// Begins to tell of an instance.
pub(super) fn open(exchange: &Exchange<'_>, lens: Lens, instance: Instance) -> Result<Answer, Problem> {
    let known = exchange.head.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let known = known.and_then(|id| id.trim().parse::<u64>().ok()).filter(|seq| *seq == instance.seq);
    if known.is_some() && !instance.status.is_open() {
        // This is what tells a reader not to come again.
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    let Ok(permit) = Arc::clone(&exchange.gateway.streams).try_acquire_owned() else {
        exchange.gateway.metrics.limited("streams");
        let problem =
            Problem::new(&BUSY).detail("as many streams are open as can be: ask with `Prefer: wait`");
        return Err(problem.retry_after(Some(5)));
    };
    let mut answer = Answer::empty(StatusCode::OK);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    answer.header("cache-control", "no-cache");
    // A proxy that gathers would keep events back.
    answer.header("x-accel-buffering", "no");
    let (feeder, told) = feed(AHEAD);
    answer.feed = Some(told);
    tokio::spawn(tell(lens, instance, known.is_some(), feeder, permit));
    Ok(answer)
}

async fn tell(lens: Lens, instance: Instance, known: bool, feeder: Feeder, _permit: OwnedSemaphorePermit) {
    let clock = Arc::clone(&lens.clock);
    tokio::select! {
        () = events(lens, instance, known, &feeder) => {}
        () = feeder.gone() => {}
        () = clock.sleep(LONGEST) => {}
    }
}

async fn events(lens: Lens, first: Instance, known: bool, feeder: &Feeder) {
    let mut follow = Follow::of(&lens, &first);
    let mut next = (!known).then_some(first);
    loop {
        if let Some(instance) = next.take() {
            let over = !instance.status.is_open();
            let Ok(seen) = Seen::read(&lens.engine, instance).await else { return };
            if !feeder.send(event(&lens, &seen).into()).await || over {
                return;
            }
        }
        next = tokio::select! {
            changed = follow.next() => match changed {
                Ok(Some(instance)) => Some(instance),
                Ok(None) | Err(_) => return,
            },
            () = lens.clock.sleep(BEAT) => None,
        };
        if next.is_none() && !feeder.send(":\n\n".into()).await {
            return;
        }
    }
}

/// One event: JSON without line ends, so that it is one line.
fn event(lens: &Lens, seen: &Seen) -> Vec<u8> {
    let mut text = format!("id: {}\nevent: status\ndata: ", seen.instance.seq).into_bytes();
    text.extend_from_slice(&lens.body(seen));
    text.extend_from_slice(b"\n\n");
    text
}
