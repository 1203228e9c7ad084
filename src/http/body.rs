//! A request's body, read when the service wants it, within bounds of size and time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::http::{HeaderMap, header};
use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;

use super::collect::{Pace, Uncollected, collect};
use super::encoding::{Coding, Undecodable};

/// Bounds for reading one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes, both as they come and after decompression.
    pub size: u64,
    /// From now to its last byte.
    pub time: Duration,
    /// Bytes in a second that must come on average, after the grace; 0 for any.
    pub rate: u64,
    /// How long it may come as slowly as it likes.
    pub grace: Duration,
}

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// More than the limit, announced, sent or decompressed: 413.
    TooLarge,
    /// Decompressed, it is more than [`super::RATIO`] times larger: 413.
    Inflated,
    /// It did not arrive in time: 408.
    Slow,
    /// A `Content-Encoding` that is not taken here, as sent, shortened: 415.
    UnknownEncoding(String),
    /// It cannot be decompressed: 400.
    BrokenEncoding,
    /// It ended early, or its chunks are malformed: 400, if anybody still listens.
    Broken(String),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::TooLarge => f.write_str("the body is too large"),
            BodyError::Inflated => f.write_str("the body becomes far larger when it is decompressed"),
            BodyError::Slow => f.write_str("the body did not arrive in time"),
            BodyError::UnknownEncoding(name) => write!(f, "the content encoding `{name}` is not taken here"),
            BodyError::BrokenEncoding => f.write_str("the body cannot be decompressed"),
            BodyError::Broken(why) => write!(f, "the body is broken: {why}"),
        }
    }
}

impl std::error::Error for BodyError {}

impl From<Undecodable> for BodyError {
    fn from(why: Undecodable) -> BodyError {
        match why {
            Undecodable::TooLarge => BodyError::TooLarge,
            Undecodable::Inflated => BodyError::Inflated,
            Undecodable::Broken => BodyError::BrokenEncoding,
        }
    }
}

/// A body on its way in. Dropping it unread refuses it.
pub struct Body {
    source: Source,
    coding: Coding,
}

enum Source {
    Whole(Bytes),
    /// The flag is set once it was read to its end.
    Coming(Incoming, Arc<AtomicBool>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

impl Body {
    /// A body that is here already, as a sender with these headers would send it.
    pub fn whole(bytes: Bytes, headers: &HeaderMap) -> Body {
        Body { source: Source::Whole(bytes), coding: Coding::of(headers) }
    }

    /// A body that comes over a connection; `done` is set once nothing of it is left.
    pub(super) fn coming(incoming: Incoming, headers: &HeaderMap, done: Arc<AtomicBool>) -> Body {
        done.store(incoming.is_end_stream(), Ordering::Relaxed);
        let coded = headers.contains_key(header::CONTENT_ENCODING);
        let coding = if coded { Coding::of(headers) } else { Coding::Identity };
        Body { source: Source::Coming(incoming, done), coding }
    }

    /// Whether there is certainly nothing in it.
    pub fn is_empty(&self) -> bool {
        match &self.source {
            Source::Whole(bytes) => bytes.is_empty(),
            Source::Coming(incoming, _) => incoming.is_end_stream(),
        }
    }

    /// Reads it to its end and decompresses it (`gzip`, `deflate`; RFC 9110 §8.4).
    pub async fn read(self, limits: &BodyLimits) -> Result<Bytes, BodyError> {
        if let Coding::Unknown(name) = self.coding {
            return Err(BodyError::UnknownEncoding(name));
        }
        let bytes = match self.source {
            Source::Whole(bytes) if bytes.len() as u64 > limits.size => return Err(BodyError::TooLarge),
            Source::Whole(bytes) => bytes,
            Source::Coming(incoming, _) if incoming.is_end_stream() => Bytes::new(),
            Source::Coming(incoming, done) => {
                let bytes = within(incoming, limits).await?;
                done.store(true, Ordering::Relaxed);
                bytes
            }
        };
        Ok(self.coding.decode(bytes, limits.size)?)
    }
}

async fn within(mut incoming: Incoming, limits: &BodyLimits) -> Result<Bytes, BodyError> {
    let pace = Pace::new(limits.time, limits.rate, limits.grace);
    let whole = collect(&mut incoming, limits.size, Some(&pace)).await;
    whole.map_err(|why| match why {
        Uncollected::TooLarge => BodyError::TooLarge,
        Uncollected::Slow => BodyError::Slow,
        Uncollected::Broken(error) => BodyError::Broken(error.to_string()),
    })
}
