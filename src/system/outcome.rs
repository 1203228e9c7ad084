//! What one attempt at an operation came to, and whether asking again is allowed.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::BoxFuture;
use crate::http::{Bytes, HeaderMap, Method, StatusCode};
use crate::value::Value;

/// Which operation of which system: `erp.get_account`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationName {
    pub system: Arc<str>,
    pub operation: Arc<str>,
}

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer, in canonical form; absent when the thing asked for does not exist.
    Ok { value: Option<Value>, age: Option<Age> },
    /// A business refusal. Never retried. `message` is the system's own text: for logs and cases,
    /// never for callers.
    Rejected { status: u16, message: String },
    /// One of the operation's mappings said `reject(code, ...)`: a business answer with a code that
    /// the project declares. Nothing was changed at the system.
    Declined { code: Arc<str>, text: Arc<str>, facts: Vec<(Arc<str>, Value)> },
    /// Certainly not done: may be asked again.
    NotDone(Failure),
    /// Perhaps done: only reads and idempotent operations may be asked again.
    Unknown(Failure),
    /// Asking again will not help: the request could not be built, a read was answered with an error
    /// of ours (4xx), or the answer of something repeatable broke its schema or its mapping.
    Invalid(Failure),
    /// Not sent: the breaker is open or the limits are full.
    Held(Failure),
}

impl Outcome {
    /// The word for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Ok { age: None, .. } => "ok",
            Outcome::Ok { age: Some(Age { stale: false, .. }), .. } => "cached",
            Outcome::Ok { .. } => "stale",
            Outcome::Rejected { .. } => "rejected",
            Outcome::Declined { .. } => "declined",
            Outcome::NotDone(_) => "not_done",
            Outcome::Unknown(_) => "unknown",
            Outcome::Invalid(_) => "invalid",
            Outcome::Held(_) => "held",
        }
    }

    /// The failure, when there was one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::NotDone(failure)
            | Outcome::Unknown(failure)
            | Outcome::Invalid(failure)
            | Outcome::Held(failure) => Some(failure),
            _ => None,
        }
    }
}

/// How old a cached answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    pub age: Duration,
    /// Past its time to live, used because the system fails.
    pub stale: bool,
}

/// Why an attempt gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// For logs and operators; bounded; never for callers.
    pub message: String,
    /// The system asked to be left alone for so long.
    pub retry_after: Option<Duration>,
}

/// Kinds of failure, as metrics and `catch` name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection broke after sending.
    Broken,
    /// The answer says "not now" (503, 429, declared transient).
    Unavailable,
    /// The answer is an error that nobody declared.
    Error,
    /// The answer does not fit its schema, or cannot be decoded or mapped.
    Invalid,
    /// The breaker is open.
    BreakerOpen,
    /// Rate or concurrency limit, and no turn within the wait.
    Limited,
    /// We could not prove who we are.
    Auth,
    /// The request could not be built (mapping rejected or failed).
    Request,
}

impl FailureKind {
    /// Whether it is about the system as a whole, and says nothing of this piece of work.
    pub fn is_outage(self) -> bool {
        use FailureKind::*;
        matches!(self, Connect | Unavailable | BreakerOpen | Limited)
    }
}

/// What goes with every call (M30): business context and the time that is left.
#[derive(Debug, Clone)]
pub struct CallContext {
    pub account: Option<Arc<str>>,
    pub client: Option<Arc<str>>,
    pub correlation_id: Arc<str>,
    /// W3C Trace Context of the caller's span.
    pub traceparent: Option<Arc<str>>,
    /// Deterministic per instance, step and iteration; sent with idempotent and create operations.
    pub idempotency_key: Option<Arc<str>>,
    /// On [`crate::clock::Clock::monotonic`]: when the caller stops waiting.
    pub deadline: Duration,
    /// What the operation took and gave when the work was begun; `None`: it is of this generation.
    pub contract: Option<Arc<str>>,
    /// Not from the cache.
    pub fresh: bool,
    /// Whether every input is certainly what the operation takes: then what is proven of its request is
    /// not looked at again.
    pub trusted: bool,
    /// Takes down what goes over the wire; `None`: nobody wants to know.
    pub tape: Option<Arc<super::Tape>>,
}

/// A request as bytes, ready for any transport.
#[derive(Debug, Clone)]
pub struct WireRequest {
    pub system: Arc<str>,
    pub operation: Arc<str>,
    pub method: Method,
    /// Path and query, below the system's `url`.
    pub path: String,
    /// A login: below [`super::System::login_url`] instead.
    pub elsewhere: bool,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Longest time to the first byte and to the last.
    pub first_byte: Duration,
    pub whole: Duration,
    /// Whether sending it twice does no harm: a connection that turns out to be closed may then be
    /// made up for by a fresh one.
    pub repeatable: bool,
    /// Give the body as it came, compressed or not: for passing it on.
    pub as_is: bool,
}

/// An answer as bytes, decompressed, bounded.
#[derive(Debug, Clone)]
pub struct WireResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why a transport gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    pub kind: FailureKind,
    /// Whether any byte may have reached the system.
    pub sent: bool,
    pub message: String,
}

/// Carries requests to a system: HTTP, or the simulator.
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends one request and waits for the whole answer.
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, WireError>>;
}
