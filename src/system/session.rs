//! A session: opened once for all callers, kept until the system refuses it.

use std::time::Duration;

use tokio::sync::Mutex;

use super::answer::{retry_after, rule_slots};
use super::decode::decode;
use super::live::{Connection, Live};
use super::signing::SessionScheme;
use super::words::bounded_bytes;
use super::{CallContext, Failure, FailureKind, Outcome, WireRequest, WireResponse};
use crate::codec::json;
use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use crate::mapping::Compiled;
use crate::value::Value;

/// The session of one system, whichever generation asks.
#[derive(Debug, Default)]
pub(super) struct Session {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What the header holds, and where it was given: it goes nowhere else.
    value: Option<(HeaderValue, String)>,
    /// Moves on with every login, so that many callers who are refused cause one.
    number: u64,
    /// No login before this, because one was refused.
    not_before: Duration,
    why: String,
}

/// What a request is signed with, and which login it is from.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub value: HeaderValue,
    number: u64,
}

impl Session {
    /// The open session, or a new one. The error is the attempt's outcome: nothing of it was sent.
    pub async fn pass(
        &self,
        live: &Live,
        connection: &Connection,
        scheme: &SessionScheme,
        path: &str,
        context: &CallContext,
    ) -> Result<Pass, Outcome> {
        let left = context.deadline.saturating_sub(live.clock.monotonic());
        let mut inner = tokio::select! {
            biased;
            inner = self.inner.lock() => inner,
            () = live.clock.sleep(left) => return Err(Outcome::Held(Failure {
                kind: FailureKind::Timeout,
                message: "no time was left when the login of another call ended".to_owned(),
                retry_after: None,
            })),
        };
        if let Some((value, origin)) = &inner.value
            && *origin == connection.origin
        {
            return Ok(Pass { value: value.clone(), number: inner.number });
        }
        let now = live.clock.monotonic();
        if now < inner.not_before {
            let (why, left) = (inner.why.clone(), inner.not_before - now);
            return Err(Outcome::Held(auth(why, Some(left))));
        }
        // Stands while we ask: a caller that gives up in the middle must not let a crowd log in.
        inner.not_before = now.saturating_add(scheme.backoff);
        inner.why = "a login did not end".to_owned();
        match self.login(live, connection, scheme, path, context).await {
            Ok(value) => {
                *inner = Inner {
                    value: Some((value.clone(), connection.origin.clone())),
                    number: inner.number + 1,
                    not_before: Duration::ZERO,
                    why: String::new(),
                };
                Ok(Pass { value, number: inner.number })
            }
            Err(Refusal::Unreached(outcome)) => {
                inner.not_before = Duration::ZERO;
                Err(outcome)
            }
            Err(Refusal::Refused(why, rest)) => {
                let wait = scheme.backoff.max(rest.unwrap_or_default());
                inner.not_before = live.clock.monotonic().saturating_add(wait);
                inner.why = why.clone();
                Err(Outcome::Held(auth(why, Some(wait))))
            }
        }
    }

    /// The system refused this session. Another one that is open already stays.
    pub async fn over(&self, pass: &Pass) {
        let mut inner = self.inner.lock().await;
        if inner.number == pass.number {
            inner.value = None;
        }
    }

    async fn login(
        &self,
        live: &Live,
        connection: &Connection,
        scheme: &SessionScheme,
        path: &str,
        context: &CallContext,
    ) -> Result<HeaderValue, Refusal> {
        let request = login_request(live, connection, scheme, path, context).map_err(Refusal::Unreached)?;
        let response = connection
            .transport
            .send(request)
            .await
            // Whatever became of the login, the attempt itself was not sent.
            .map_err(|error| {
                Refusal::Unreached(Outcome::NotDone(Failure {
                    kind: error.kind,
                    message: format!("login: {}", error.message),
                    retry_after: None,
                }))
            })?;
        read_login(live, connection, scheme, &response)
    }
}

enum Refusal {
    /// There was no answer, or no request.
    Unreached(Outcome),
    /// The answer is no session: why, and how long the system asks to be left alone.
    Refused(String, Option<Duration>),
}

fn auth(message: String, retry_after: Option<Duration>) -> Failure {
    Failure { kind: FailureKind::Auth, message, retry_after }
}

fn login_request(
    live: &Live,
    connection: &Connection,
    scheme: &SessionScheme,
    path: &str,
    context: &CallContext,
) -> Result<WireRequest, Outcome> {
    let now = live.clock.now();
    let eval = |program: &Compiled| {
        connection.eval(&program.program, &[], now).map_err(|_| unmade("its data cannot be made"))
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&context.correlation_id) {
        headers.insert(HeaderName::from_static("x-correlation-id"), id);
    }
    for (name, program) in &scheme.headers {
        let value = eval(program)?;
        let text = value.as_ref().and_then(Value::as_str).ok_or_else(|| unmade("a header is no text"))?;
        let mut value = HeaderValue::from_str(text).map_err(|_| unmade("a header holds what none may hold"))?;
        value.set_sensitive(true);
        headers.insert(name.clone(), value);
    }
    let body = scheme.body.as_ref().map(eval).transpose()?.flatten();
    let timeouts = &connection.system.timeouts;
    let left = context.deadline.saturating_sub(live.clock.monotonic());
    Ok(WireRequest {
        system: connection.system.name.clone(),
        operation: LOGIN.into(),
        method: Method::POST,
        path: path.to_owned(),
        headers,
        body: body.map(|body| json::encode(&body)).unwrap_or_default().into(),
        first_byte: timeouts.first_byte.min(left),
        whole: timeouts.whole.min(left),
        repeatable: false,
        as_is: false,
    })
}

/// The name of a login in [`WireRequest::operation`].
pub(super) const LOGIN: &str = "login";

fn read_login(
    live: &Live,
    connection: &Connection,
    scheme: &SessionScheme,
    response: &WireResponse,
) -> Result<HeaderValue, Refusal> {
    let now = live.clock.now();
    let said = |words: &str| {
        let rest = retry_after(&response.headers, now);
        Refusal::Refused(format!("login: {words} (status {})", response.status.as_u16()), rest)
    };
    let body = decode(&response.headers, &response.body).ok().flatten();
    let slots = rule_slots(response, body);
    let ok = match &scheme.ok {
        Some(rule) => {
            let held = connection.eval(&rule.program, &slots, now);
            matches!(held, Ok(Some(Value::Bool(true))))
        }
        None => response.status.is_success(),
    };
    if !ok {
        return Err(said(&format!("refused: {}", bounded_bytes(&response.body))));
    }
    // From here on the body may hold the session: no word of it is repeated.
    let value = connection.eval(&scheme.value.program, &slots, now).ok().flatten();
    let text = value.as_ref().and_then(Value::as_str).ok_or_else(|| said("the answer holds no session"))?;
    let mut value = HeaderValue::from_str(text).map_err(|_| said("the session does not fit a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unmade(words: &str) -> Outcome {
    Outcome::Held(auth(format!("the login cannot be sent: {words}"), None))
}
