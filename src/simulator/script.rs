//! What a test wants answered instead of what the stub says.

use std::sync::Arc;
use std::time::Duration;

use crate::config::declarations::stub::Fault;
use crate::http::{HeaderName, HeaderValue};
use crate::value::Value;

/// One answer, given so many times before the next of its sequence; behind the last one the stub
/// answers again.
#[derive(Debug, Clone)]
pub struct Scripted {
    /// Where it is written: `tests/booking.yaml:30`.
    pub place: Option<Arc<str>>,
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Of a JSON-RPC operation: its `result`.
    pub body: Option<Value>,
    /// JSON-RPC: the `error` member instead of a `result`.
    pub error: Option<Value>,
    /// A body that is no JSON.
    pub text: Option<String>,
    pub delay: Duration,
    pub fault: Option<Fault>,
    /// Whether the stub's own case is carried out all the same, and only its answer is lost: a
    /// create that is done although it times out.
    pub commits: bool,
    pub times: u32,
}

impl Default for Scripted {
    /// An empty 200, once.
    fn default() -> Scripted {
        Scripted {
            place: None,
            status: 200,
            headers: Vec::new(),
            body: None,
            error: None,
            text: None,
            delay: Duration::ZERO,
            fault: None,
            commits: false,
            times: 1,
        }
    }
}
