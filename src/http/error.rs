//! Why a call gave no answer, and whether anything of it can have been seen.

use std::fmt;

/// A call without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    pub kind: SendErrorKind,
    /// False only when no byte of the request can have reached the peer.
    pub sent: bool,
    /// For logs; no header, no body, at most a few hundred bytes.
    pub message: String,
}

/// Kinds of failed calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendErrorKind {
    /// The name has no address, or nobody listens there.
    Connect,
    /// No connection in time.
    ConnectTimeout,
    /// The peer's certificate is not one to trust, or the handshake failed.
    Tls,
    /// No byte of an answer in time.
    FirstByteTimeout,
    /// The answer did not end in time.
    WholeTimeout,
    /// The connection broke before the answer was whole.
    Broken,
    /// What came is not HTTP.
    Protocol,
    /// The answer is larger than allowed, before or after decompression.
    TooLarge,
    /// The answer cannot be decompressed.
    Encoding,
    /// The rules of `egress` let nobody call there.
    Egress,
    /// The request cannot be written: a bad path.
    Request,
}

impl SendError {
    /// An error of which no byte was sent.
    pub(super) fn unsent(kind: SendErrorKind, message: impl Into<String>) -> SendError {
        SendError { kind, sent: false, message: message.into() }
    }

    /// An error of which some byte may have been sent.
    pub(super) fn sent(kind: SendErrorKind, message: impl Into<String>) -> SendError {
        SendError { kind, sent: true, message: message.into() }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SendError {}
