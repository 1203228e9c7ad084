//! How a sender of events makes sure that it may send: it is given back what it says.

use subtle::ConstantTimeEq;

use super::{Answer, Exchange, route};
use crate::auth::Secret;
use crate::gateway::problem::{FORBIDDEN, Problem};
use crate::gateway::router::Found as Routed;
use crate::http::{HeaderValue, Method, StatusCode, header};
use crate::plan::{Handshake, Route, Target};
use crate::value::Value;

/// Longest text that is given back, in bytes.
const LONGEST: usize = 1024;
/// How often a sender may send, as it is told (CloudEvents, HTTP 1.1 Web Hooks §4.2): requests in a minute.
const ANY_RATE: &str = "*";

/// Answers a request that only wants to know whether it may send: one with the parameter that is given back,
/// whatever its method. `None`: it is a request like any other.
pub(super) fn query(exchange: &mut Exchange<'_>) -> Option<Result<Answer, Problem>> {
    let raw = exchange.head.uri.query()?;
    if exchange.generation.expected.is_empty() {
        return None;
    }
    let (at, route, handshake) = published(exchange)?;
    let name = handshake.query.as_deref()?;
    let pairs = pairs(raw);
    let sent = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str());
    let text = sent(name)?;
    exchange.route = Some(at);
    if !route.auth.takes_from(exchange.head.peer) {
        return Some(Err(Problem::new(&FORBIDDEN).detail("your address may not call here")));
    }
    let expected = exchange.generation.expected.get(&at).map(Vec::as_slice).unwrap_or_default();
    let same = |secret: &Secret, got: Option<&str>| {
        got.is_some_and(|got| bool::from(secret.reveal().as_bytes().ct_eq(got.as_bytes())))
    };
    if !expected.iter().all(|(name, secret)| same(secret, sent(name))) {
        return Some(Err(Problem::new(&FORBIDDEN).detail("the handshake does not say what it should")));
    }
    Some(echo(text))
}

/// What a body asks to be given back.
pub(super) fn body<'v>(handshake: &Handshake, body: &'v Value) -> Option<&'v str> {
    body.pointer(handshake.body.as_ref()?.as_str())?.as_str()
}

/// A text, given back as it came: as plain text, so that no browser makes anything else of it.
pub(super) fn echo(text: &str) -> Result<Answer, Problem> {
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(Problem::new(&FORBIDDEN).detail("what is to be given back is too long, or no plain text"));
    }
    let mut answer = Answer::empty(StatusCode::OK);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.body = text.to_owned().into();
    Ok(answer)
}

/// Says whether an origin may send (CloudEvents 1.0, HTTP Web Hooks §4): nothing is said to others.
pub(super) fn origin(exchange: &Exchange<'_>, answer: &mut Answer) {
    let Some(asked) = exchange.head.headers.get("webhook-request-origin") else { return };
    let Some((_, route, handshake)) = published(exchange) else { return };
    let Ok(asked) = asked.to_str() else { return };
    let allowed = |own: &std::sync::Arc<str>| &**own == "*" || own.eq_ignore_ascii_case(asked);
    if route.auth.takes_from(exchange.head.peer) && handshake.origins.iter().any(allowed) {
        answer.header("webhook-allowed-origin", asked);
        answer.header("webhook-allowed-rate", ANY_RATE);
    }
}

/// The route of this path by which events come in.
fn published<'e>(exchange: &Exchange<'e>) -> Option<(usize, &'e Route, &'e Handshake)> {
    let Routed::Routes { routes, .. } = route::look_up(exchange, &Method::POST) else { return None };
    routes.into_iter().find_map(|at| {
        let route = exchange.generation.plan.routes.get(at)?;
        match &route.target {
            Target::Publish(publish) => Some((at, &**route, &publish.handshake)),
            _ => None,
        }
    })
}

/// The pairs of a query, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).take(64);
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decoded(n), decoded(v)))
        .collect()
}
