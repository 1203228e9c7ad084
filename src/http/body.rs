//! A request's body, read when the service wants it, within bounds of size and time.

use std::fmt;
use std::time::Duration;

use ::http::HeaderMap;
use bytes::Bytes;

/// Bounds for reading one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes, both as they come and after decompression.
    pub size: u64,
    /// From now to its last byte.
    pub time: Duration,
}

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// More than the limit, announced, sent or decompressed: 413.
    TooLarge,
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
            BodyError::Slow => f.write_str("the body did not arrive in time"),
            BodyError::UnknownEncoding(name) => write!(f, "the content encoding `{name}` is not taken here"),
            BodyError::BrokenEncoding => f.write_str("the body cannot be decompressed"),
            BodyError::Broken(why) => write!(f, "the body is broken: {why}"),
        }
    }
}

impl std::error::Error for BodyError {}

/// A body on its way in. Dropping it unread refuses it.
pub struct Body {
    source: Source,
    encoding: Option<String>,
}

enum Source {
    Whole(Bytes),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

impl Body {
    /// A body that is here already, as a sender with these headers would send it.
    pub fn whole(bytes: Bytes, headers: &HeaderMap) -> Body {
        let _ = headers;
        Body { source: Source::Whole(bytes), encoding: None }
    }

    /// Whether there is certainly nothing in it.
    pub fn is_empty(&self) -> bool {
        let Source::Whole(bytes) = &self.source;
        bytes.is_empty()
    }

    /// Reads it to its end and decompresses it (`gzip`, `deflate`; RFC 9110 §8.4).
    pub async fn read(self, limits: &BodyLimits) -> Result<Bytes, BodyError> {
        let _ = (limits, self.encoding);
        todo!("http: lands next")
    }
}
