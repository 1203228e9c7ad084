//! The body: its media type, charset, size, and what it says.

use super::Exchange;
use super::route::Found;
use crate::codec::json;
use crate::gateway::problem::*;
use crate::http::{Body, BodyError, BodyLimits, Bytes, HeaderMap, HeaderName};
use crate::plan::Route;
use crate::value::Value;

/// A body, as it came and as it reads.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub bytes: Bytes,
    /// `None` where the route takes no body.
    pub value: Option<Value>,
}

/// Reads the body that the route takes. What cannot be taken is refused before it is read.
pub(super) async fn decode(exchange: &Exchange<'_>, found: &Found, body: Body) -> Result<Document, Problem> {
    let Some(route) = exchange.route() else { return Err(Problem::new(&INTERNAL)) };
    acceptable(route, &exchange.head.headers)?;
    if !takes_body(exchange, found) {
        return if announces_body(&exchange.head.headers) {
            Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail("no body is taken here"))
        } else {
            Ok(Document::default())
        };
    }
    media_type(&exchange.head.headers)?;
    let limit = largest(exchange, found);
    if announced(&exchange.head.headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let bounds = &exchange.generation.plan.settings.bounds;
    let limits = BodyLimits { size: limit, time: bounds.body_time.min(exchange.left()) };
    let bytes = body.read(&limits).await.map_err(|error| unread(error, limit))?;
    let depth = bounds.depth as usize;
    let value = json::decode(&bytes, &json::Limits { depth, bytes: bytes.len() }).map_err(|error| {
        let words = if bytes.is_empty() { "the body is empty".to_owned() } else { error.to_string() };
        Problem::new(&MALFORMED_BODY).detail(words)
    })?;
    exchange.show_payload(&value);
    Ok(Document { bytes, value: Some(value) })
}

fn acceptable(route: &Route, headers: &HeaderMap) -> Result<(), Problem> {
    let forwards = matches!(route.target, crate::plan::Target::Forward { .. });
    if forwards || super::accept::takes(headers, "application/json") {
        return Ok(());
    }
    Err(Problem::new(&NOT_ACCEPTABLE).detail("answers are given as `application/json`"))
}

fn routes<'e>(exchange: &'e Exchange<'_>, found: &'e Found) -> impl Iterator<Item = &'e Route> {
    found.candidates.iter().filter_map(|at| exchange.generation.plan.routes.get(*at)).map(|route| &**route)
}

/// Whether any route that may answer takes a body, or is chosen by one.
fn takes_body(exchange: &Exchange<'_>, found: &Found) -> bool {
    routes(exchange, found).any(|route| route.body.is_some() || !route.matches.body.is_empty())
}

fn largest(exchange: &Exchange<'_>, found: &Found) -> u64 {
    routes(exchange, found).map(|route| route.body_size).max().unwrap_or_default()
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-length")?.to_str().ok()?.parse().ok()
}

fn announces_body(headers: &HeaderMap) -> bool {
    announced(headers).is_some_and(|length| length > 0) || headers.contains_key("transfer-encoding")
}

/// `application/json` or anything `+json`, in UTF-8 (RFC 8259 §8.1).
fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let refuse = |detail: &str| {
        let accepted =
            if detail.contains("charset") { "application/json; charset=utf-8" } else { "application/json" };
        Problem::new(&UNSUPPORTED_MEDIA_TYPE)
            .detail(detail.to_owned())
            .header(HeaderName::from_static("accept-post"), accepted)
    };
    let declared = headers.get("content-type").and_then(|value| value.to_str().ok());
    let declared =
        declared.ok_or_else(|| refuse("say what the body is: `Content-Type: application/json`"))?;
    let mut parts = declared.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = name == "application/json" || (name.starts_with("application/") && name.ends_with("+json"));
    if !json {
        return Err(refuse("the body must be `application/json`"));
    }
    let charset =
        parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    match charset.map(|(_, charset)| charset.trim_matches('"')) {
        Some(charset)
            if !charset.eq_ignore_ascii_case("utf-8") && !charset.eq_ignore_ascii_case("us-ascii") =>
        {
            Err(refuse("the charset of JSON is UTF-8"))
        }
        _ => Ok(()),
    }
}

fn too_large(limit: u64) -> Problem {
    Problem::new(&BODY_TOO_LARGE).detail(format!("at most {limit} bytes are taken here"))
}

fn unread(error: BodyError, limit: u64) -> Problem {
    match error {
        BodyError::TooLarge => too_large(limit),
        BodyError::Slow => Problem::new(&BODY_TIMEOUT),
        BodyError::UnknownEncoding(_) => Problem::new(&UNSUPPORTED_MEDIA_TYPE)
            .detail("this content encoding is not taken")
            .header(HeaderName::from_static("accept-encoding"), "gzip, identity"),
        BodyError::BrokenEncoding => Problem::new(&MALFORMED_BODY).detail("the body cannot be decompressed"),
        BodyError::Broken(why) => Problem::new(&MALFORMED_BODY).detail("the body ended early").reason(why),
    }
}
