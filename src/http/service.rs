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
            Fault::Full | Fault::Crowd => response.with(header::RETRY_AFTER, HeaderValue::from_static("1")),
            _ => response,
        }
    }
}

/// Why a request was not given to the service, or not answered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The service panicked.
    Panic,
    /// The head breaks HTTP: no good `Host` or several, two ways to say where the body ends.
    BadHead,
    /// The head is larger than allowed.
    LargeHead,
    /// The target is longer than any is.
    LongTarget,
    /// The head did not come in time.
    LateHead,
    /// The body has a transfer coding besides `chunked`.
    UnknownCoding,
    /// There are as many connections as allowed.
    Full,
    /// There are as many connections from this address as allowed.
    Crowd,
}

impl Fault {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Fault::Panic => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::BadHead => StatusCode::BAD_REQUEST,
            Fault::LargeHead => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Fault::LongTarget => StatusCode::URI_TOO_LONG,
            Fault::LateHead => StatusCode::REQUEST_TIMEOUT,
            Fault::UnknownCoding => StatusCode::NOT_IMPLEMENTED,
            Fault::Full => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Crowd => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// What hyper means by refusing a head with this status.
    pub(super) fn of_head(status: u16) -> Fault {
        match status {
            431 => Fault::LargeHead,
            414 => Fault::LongTarget,
            _ => Fault::BadHead,
        }
    }
}
