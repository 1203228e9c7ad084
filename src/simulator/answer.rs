//! An answer as bytes: JSON, inside its envelope where the operation has one, or a page.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::json;
use crate::config::declarations::stub::Fault;
use crate::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use crate::system::{Envelope, Operation, WireResponse};
use crate::value::{Map, Value};

/// What will be answered, worked out.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// Where the answer is written; `None` when nothing answers.
    pub place: Option<Arc<str>>,
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Value>,
    pub error: Option<Value>,
    pub text: Option<String>,
    pub delay: Duration,
    pub fault: Option<Fault>,
    /// Why nothing answers, in words.
    pub silence: Option<Arc<str>>,
}

impl Reply {
    /// What lets anybody in whose stub says nothing of logins: a token (RFC 6749 §5.1), and one against
    /// forged requests.
    pub fn let_in() -> Reply {
        let token = [
            ("access_token".into(), Value::from("stub")),
            ("token_type".into(), Value::from("Bearer")),
            ("expires_in".into(), Value::from(3600)),
        ];
        let headers = vec![(HeaderName::from_static("x-csrf-token"), HeaderValue::from_static("stub"))];
        let (status, body) = (200, Some(token.into_iter().collect()));
        Reply { status, headers, body, silence: None, ..Reply::unanswered(String::new()) }
    }

    /// The stub has nothing to say to this.
    pub fn unanswered(message: String) -> Reply {
        let silence = Some(Arc::from(message.as_str()));
        let body: Value = [("error".into(), Value::from(message))].into_iter().collect();
        Reply {
            place: None,
            status: 501,
            headers: Vec::new(),
            body: Some(body),
            error: None,
            text: None,
            delay: Duration::ZERO,
            fault: None,
            silence,
        }
    }

    /// The bytes. `asked` is the request's body, for the id of a JSON-RPC call.
    pub fn response(self, operation: Option<&Operation>, asked: Option<&Value>) -> WireResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::new();
        let rpc = operation.and_then(|operation| operation.envelope.as_ref());
        let (kind, body) = match (self.text, rpc) {
            (Some(text), _) => ("text/html; charset=utf-8", text.into_bytes()),
            (None, Some(rpc)) if status.is_success() => {
                let body = wrapped(rpc.version, asked, self.body, self.error);
                ("application/json", json::encode(&body))
            }
            (None, _) => {
                let body = self.body.map(|body| json::encode(&body)).unwrap_or_default();
                ("application/json", body)
            }
        };
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        WireResponse { status, headers, body: body.into() }
    }
}

fn wrapped(version: Envelope, asked: Option<&Value>, body: Option<Value>, error: Option<Value>) -> Value {
    let mut map = Map::new();
    if version == Envelope::JsonRpc2 {
        map.insert("jsonrpc", Value::from("2.0"));
    }
    map.insert("id", asked.and_then(|asked| asked.get("id")).cloned().unwrap_or_default());
    match error {
        Some(error) => map.insert("error", error),
        None => map.insert("result", body.unwrap_or_default()),
    };
    Value::object(map)
}
