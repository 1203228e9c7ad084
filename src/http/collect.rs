//! A body as one piece, within a bound.

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Duration, Instant, timeout_at};

/// Room that is set aside at once for a body of an announced length.
const ROOM: u64 = 1 << 20;

/// How fast a body must come.
pub(super) struct Pace {
    end: Instant,
    /// From when on it must come at the rate.
    from: Instant,
    rate: u64,
}

impl Pace {
    /// From now on: within a time, and after a grace at so many bytes a second on average; 0 for any.
    pub fn new(time: Duration, rate: u64, grace: Duration) -> Pace {
        let now = Instant::now();
        Pace { end: now + time, from: now + grace, rate }
    }

    /// When the next piece must be there, after so many bytes.
    fn next(&self, before: usize) -> Instant {
        let earned = (before as u64).saturating_mul(1000).checked_div(self.rate);
        let by_rate = earned.and_then(|millis| self.from.checked_add(Duration::from_millis(millis)));
        by_rate.map_or(self.end, |by| by.min(self.end))
    }
}

/// Why a body was not collected.
pub(super) enum Uncollected {
    /// It did not come at its pace.
    Slow,
    /// It is announced, or turned out, to be larger than the limit.
    TooLarge,
    /// The connection broke, or its framing is malformed.
    Broken(hyper::Error),
}

/// Reads a body to its end, at most `limit` bytes, at a pace if there is one. What came in one piece is not copied.
pub(super) async fn collect(
    incoming: &mut Incoming,
    limit: u64,
    pace: Option<&Pace>,
) -> Result<Bytes, Uncollected> {
    let expected = incoming.size_hint().exact();
    if incoming.size_hint().lower() > limit {
        return Err(Uncollected::TooLarge);
    }
    let Some(first) = paced(incoming, 0, limit, pace).await? else { return Ok(Bytes::new()) };
    if expected == Some(first.len() as u64) {
        return Ok(first);
    }
    let Some(second) = paced(incoming, first.len(), limit, pace).await? else { return Ok(first) };
    let so_far = first.len() + second.len();
    let room = expected.unwrap_or(so_far as u64 * 2).min(limit).min(ROOM) as usize;
    let mut whole = BytesMut::with_capacity(room.max(so_far));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(next) = paced(incoming, whole.len(), limit, pace).await? {
        whole.extend_from_slice(&next);
    }
    Ok(whole.freeze())
}

async fn paced(
    incoming: &mut Incoming,
    before: usize,
    limit: u64,
    pace: Option<&Pace>,
) -> Result<Option<Bytes>, Uncollected> {
    let next = piece(incoming, before, limit);
    match pace {
        Some(pace) => timeout_at(pace.next(before), next).await.unwrap_or(Err(Uncollected::Slow)),
        None => next.await,
    }
}

/// The next piece; trailers are let go.
async fn piece(incoming: &mut Incoming, before: usize, limit: u64) -> Result<Option<Bytes>, Uncollected> {
    while let Some(frame) = incoming.frame().await {
        if let Ok(data) = frame.map_err(Uncollected::Broken)?.into_data() {
            let fits = (before + data.len()) as u64 <= limit;
            return if fits { Ok(Some(data)) } else { Err(Uncollected::TooLarge) };
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_earns_time_up_to_the_end() {
        let pace = Pace::new(Duration::from_secs(30), 100, Duration::from_secs(5));
        let after = |bytes| pace.next(bytes) - (pace.from - Duration::from_secs(5));
        assert_eq!(after(0), Duration::from_secs(5));
        assert_eq!(after(250), Duration::from_millis(7500));
        assert_eq!(after(1 << 20), Duration::from_secs(30));
        let any = Pace { rate: 0, ..pace };
        assert_eq!(any.next(0), any.end);
    }
}
