//! One request over one connection, to the head of its answer.

use std::pin::Pin;

use hyper::body::Incoming;
use tokio::time::Sleep;

use super::connect::Outgoing;
use super::pool::Conn;
use super::{SendError, SendErrorKind};

/// A request without an answer's head.
pub(super) struct Lost {
    pub error: SendError,
    /// The connection was closed before it said anything.
    pub is_stale: bool,
    /// The request, when nothing of it was sent.
    pub request: Option<hyper::Request<Outgoing>>,
}

/// Sends a request and waits for the head of its answer.
pub(super) async fn head(
    conn: &mut Conn,
    request: hyper::Request<Outgoing>,
    timer: Pin<&mut Sleep>,
) -> Result<hyper::Response<Incoming>, Lost> {
    let answer = conn.sender.try_send_request(request);
    let result = tokio::select! {
        biased;
        result = conn.until(answer) => result,
        () = timer => {
            let error = SendError::sent(SendErrorKind::FirstByteTimeout, "no answer in time");
            return Err(Lost { error, is_stale: false, request: None });
        }
    };
    result.map_err(|mut failed| {
        let request = failed.take_message();
        let failed = failed.into_error();
        let is_stale = request.is_some() || is_closed(&failed);
        let error = SendError { sent: request.is_none(), ..broken(&failed) };
        Lost { error, is_stale, request }
    })
}

/// Whether the peer closed before it answered anything.
fn is_closed(error: &hyper::Error) -> bool {
    let io = || std::error::Error::source(error)?.downcast_ref::<std::io::Error>();
    let reset = || {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
        io().is_some_and(|io| matches!(io.kind(), BrokenPipe | ConnectionReset | NotConnected))
    };
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || reset()
}

pub(super) fn broken(error: &hyper::Error) -> SendError {
    let kind = if error.is_parse_too_large() {
        SendErrorKind::TooLarge
    } else if error.is_parse() {
        SendErrorKind::Protocol
    } else {
        SendErrorKind::Broken
    };
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    SendError::sent(kind, format!("{error}{cause}"))
}
