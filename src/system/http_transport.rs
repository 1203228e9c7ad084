//! Requests over HTTP, by the client pool of the `http` room.

use std::path::PathBuf;

use super::text;
use super::{FailureKind, System, Transport, WireError, WireRequest, WireResponse};
use crate::clock::BoxFuture;
use crate::http::{Call, Client, ClientOptions, SendError, SendErrorKind, Target};

/// Carries requests to where a system's `url` says.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
}

impl HttpTransport {
    /// A transport to `system`; connects to nothing yet (M76).
    ///
    /// # Errors
    /// In words: a variable of `url` or `ca` has no value, `url` is none, or the `ca` file is not good.
    pub fn new(system: &System) -> Result<HttpTransport, String> {
        let texts = std::iter::once(&system.url).chain(&system.ca);
        let missing: Vec<&str> = texts.flat_map(text::missing).collect();
        if let Some(name) = missing.first() {
            return Err(format!("`{}`: the variable `{name}` has no value", system.name));
        }
        let told = |words: String| format!("`{}`: {words}", system.name);
        let none = std::collections::BTreeMap::new();
        let url = text::with(&system.url, &none);
        let target = Target::parse(&url).map_err(|why| told(format!("`url` {why}")))?;
        let options = ClientOptions {
            connect: system.timeouts.connect,
            response_size: system.response_size,
            idle_connections: system.limits.concurrency as usize,
            ca: system.ca.as_ref().map(|path| PathBuf::from(text::with(path, &none))),
            ..ClientOptions::default()
        };
        let client = Client::new(target, options).map_err(|why| told(why.to_string()))?;
        Ok(HttpTransport { client })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, WireError>> {
        let call = Call {
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: request.body,
            first_byte: request.first_byte,
            whole: request.whole,
            repeatable: request.repeatable,
            as_is: request.as_is,
        };
        Box::pin(async move {
            let answer = self.client.send(call).await.map_err(wire_error)?;
            Ok(WireResponse { status: answer.status, headers: answer.headers, body: answer.body })
        })
    }
}

fn wire_error(error: SendError) -> WireError {
    let kind = match error.kind {
        SendErrorKind::Connect | SendErrorKind::ConnectTimeout | SendErrorKind::Tls => FailureKind::Connect,
        SendErrorKind::FirstByteTimeout | SendErrorKind::WholeTimeout => FailureKind::Timeout,
        SendErrorKind::Broken => FailureKind::Broken,
        SendErrorKind::Protocol | SendErrorKind::TooLarge | SendErrorKind::Encoding => FailureKind::Invalid,
        SendErrorKind::Request => FailureKind::Request,
    };
    WireError { kind, sent: error.sent, message: error.message }
}
