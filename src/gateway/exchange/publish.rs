//! What a sender says is kept before it is told so; what becomes of it comes after.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::run::End;
use super::validate::Input;
use super::{Answer, Exchange, handshake};
use crate::event;
use crate::flow::engine::Arrived;
use crate::gateway::problem::{INTERNAL, MALFORMED_BODY, NO_ROOM, Problem};
use crate::http::StatusCode;
use crate::plan::Publish;
use crate::value::Value;

/// Takes the body in. The sender may forget it once this has answered.
pub(super) async fn publish(
    exchange: &Exchange<'_>,
    publish: &Publish,
    input: Input,
) -> Result<End, Problem> {
    let Some(body) = input.body else { return Err(Problem::new(&INTERNAL)) };
    if let Some(text) = handshake::body(&publish.handshake, &body) {
        return handshake::echo(text).map(End::Passed);
    }
    let body = if publish.intake.is_cloud { wrapped(exchange, body)? } else { body };
    let arrived = Arrived {
        intake: Arc::clone(&publish.intake),
        message: message(exchange, &body, &input.bytes),
        account: exchange.account(),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        body,
    };
    match exchange.gateway.engine.take_in(arrived).await {
        Ok(()) => Ok(End::Passed(Answer::empty(StatusCode::OK))),
        Err(error) => Err(Problem::new(&NO_ROOM).retry_after(Some(5)).reason(error.to_string())),
    }
}

/// Which message it is: by the id that its proof covers, by a CloudEvent's own, and else by its bytes, so that
/// one that is sent again, by its sender or by somebody who listened, is the same.
fn message(exchange: &Exchange<'_>, body: &Value, bytes: &[u8]) -> Arc<str> {
    if let Some(id) = &exchange.proven_by.message {
        return format!("id {id}").into();
    }
    let text = |name: &str| body.get("specversion").and_then(|_| body.get(name)).and_then(Value::as_str);
    if let (Some(source), Some(id)) = (text("source"), text("id")) {
        return format!("cloudevent {source} {id}").into();
    }
    let digest = Sha256::digest(bytes);
    digest.iter().fold("sha256 ".to_owned(), |text, byte| format!("{text}{byte:02x}")).into()
}

/// A CloudEvent in structured form, whichever form it came in (CloudEvents 1.0, HTTP binding §3).
fn wrapped(exchange: &Exchange<'_>, body: Value) -> Result<Value, Problem> {
    let headers = &exchange.head.headers;
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/cloudevents") {
        return Ok(body);
    }
    if !headers.contains_key("ce-specversion") {
        let detail = "send a CloudEvent: `application/cloudevents+json`, or headers that begin with `ce-`";
        return Err(Problem::new(&MALFORMED_BODY).detail(detail));
    }
    let attributes = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("ce-")?;
        let text = percent_encoding::percent_decode(value.as_bytes()).decode_utf8().ok()?;
        Some((name, text.into_owned()))
    });
    Ok(event::structured(attributes, body))
}
