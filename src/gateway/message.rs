//! A request as the gateway gets it and an answer as it gives it, whatever carries them.

use crate::clock::BoxFuture;
use crate::http::{Bytes, HeaderMap, Method, StatusCode, Uri};

/// A request whose head is read and whose body may still be on its way.
#[derive(Debug)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// The peer's address, without port.
    pub peer: String,
    pub body: Incoming,
}

/// A body, read when somebody wants it: at most so many bytes after decompression.
pub struct Incoming(Box<dyn FnOnce(u64) -> BoxFuture<'static, Result<Bytes, BodyError>> + Send>);

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Incoming(..)")
    }
}

/// Why a body was not read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// More bytes than allowed, after decompression.
    TooLarge,
    /// It did not arrive in time.
    TimedOut,
    /// Its `Content-Encoding` is not one that is taken.
    Encoding,
    /// It ended early or cannot be decompressed: for the log.
    Broken(String),
}

impl Incoming {
    /// No body.
    pub fn empty() -> Incoming {
        Incoming::whole(Bytes::new())
    }

    /// A body that is here already.
    pub fn whole(bytes: impl Into<Bytes>) -> Incoming {
        let bytes = bytes.into();
        Incoming::later(move |limit| {
            let read = if bytes.len() as u64 > limit { Err(BodyError::TooLarge) } else { Ok(bytes) };
            Box::pin(std::future::ready(read))
        })
    }

    /// A body that `read` reads, given the most bytes it may have.
    pub fn later(
        read: impl FnOnce(u64) -> BoxFuture<'static, Result<Bytes, BodyError>> + Send + 'static,
    ) -> Incoming {
        Incoming(Box::new(read))
    }

    /// Reads it whole, at most `limit` bytes.
    pub async fn read(self, limit: u64) -> Result<Bytes, BodyError> {
        (self.0)(limit).await
    }
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}
