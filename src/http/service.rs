//! What answers requests.

use ::http::{HeaderValue, StatusCode, header};

use super::{Request, Response};
use crate::clock::BoxFuture;

/// Answers requests. One for all connections of a listener.
pub trait Service: Send + Sync + 'static {
    /// Answers one request. Dropped when the caller goes away (HTTP/2) or the drain's deadline passes.
    fn handle(&self, request: Request) -> BoxFuture<'static, Response>;

    /// What to say when there is no answer from [`Service::handle`].
    fn fault(&self, fault: Fault) -> Response {
        let response = Response::empty(fault.status());
        match fault {
            Fault::Full => response.with(header::RETRY_AFTER, HeaderValue::from_static("1")),
            _ => response,
        }
    }
}

/// Why a request was not given to the service, or not answered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The service panicked.
    Panic,
    /// The head breaks HTTP: no or several `Host`, two ways to say where the body ends.
    BadHead,
    /// There are as many connections as allowed.
    Full,
}

impl Fault {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Fault::Panic => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::BadHead => StatusCode::BAD_REQUEST,
            Fault::Full => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
