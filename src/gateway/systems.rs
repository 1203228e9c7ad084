//! What a generation asks of the systems behind it.

use std::sync::Arc;

use crate::clock::BoxFuture;
use crate::flow::direct::Caller;
use crate::http::{Bytes, HeaderMap, HeaderValue, StatusCode};
use crate::system::{CallContext, Failure, OperationName};
use crate::value::Value;

/// The systems of one plan, with the live state that outlives it.
pub trait Systems: Caller + std::fmt::Debug {
    /// One attempt that passes bytes through: `payload` goes out unchanged, and a good answer
    /// comes back unchanged.
    fn forward<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Vec<Option<Value>>,
        payload: Payload,
        context: CallContext,
    ) -> BoxFuture<'a, Forwarded>;

    /// How each system's breaker stands: 0 closed, 1 half open, 2 open.
    fn breakers(&self) -> Vec<(Arc<str>, i64)>;
}

/// A body as it came.
#[derive(Debug, Clone)]
pub struct Payload {
    pub bytes: Bytes,
    pub content_type: Option<HeaderValue>,
}

/// What a forwarded request came to.
#[derive(Debug)]
pub enum Forwarded {
    /// A good answer, as it came.
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// What was asked for does not exist.
    Absent,
    /// The system refused for a business reason; its text is for the log.
    Rejected { status: u16, message: String },
    /// There was no good answer.
    Failed(Failure),
}
