//! A body as one piece, within a bound.

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Room that is set aside at once for a body of an announced length.
const ROOM: u64 = 1 << 20;

/// Why a body was not collected.
pub(super) enum Uncollected {
    /// It is announced, or turned out, to be larger than the limit.
    TooLarge,
    /// The connection broke, or its framing is malformed.
    Broken(hyper::Error),
}

/// Reads a body to its end, at most `limit` bytes. What came in one piece is not copied.
pub(super) async fn collect(incoming: &mut Incoming, limit: u64) -> Result<Bytes, Uncollected> {
    let expected = incoming.size_hint().exact();
    if incoming.size_hint().lower() > limit {
        return Err(Uncollected::TooLarge);
    }
    let Some(first) = piece(incoming, 0, limit).await? else { return Ok(Bytes::new()) };
    if expected == Some(first.len() as u64) {
        return Ok(first);
    }
    let Some(second) = piece(incoming, first.len(), limit).await? else { return Ok(first) };
    let so_far = first.len() + second.len();
    let room = expected.unwrap_or(so_far as u64 * 2).min(limit).min(ROOM) as usize;
    let mut whole = BytesMut::with_capacity(room.max(so_far));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(next) = piece(incoming, whole.len(), limit).await? {
        whole.extend_from_slice(&next);
    }
    Ok(whole.freeze())
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
