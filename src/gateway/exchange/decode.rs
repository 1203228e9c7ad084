//! The body: its media type, charset, size, and what it says.

use super::route::Found;
use super::{Exchange, status};
use crate::codec::{self, Codec, Limits, MediaType, accept};
use crate::gateway::problem::*;
use crate::http::{Body, BodyError, BodyLimits, Bytes, HeaderMap, HeaderName, RATIO};
use crate::mapping::with_arena;
use crate::plan::{Bounds, Policy, Route, Target};
use crate::schema::Type;
use crate::value::Value;

/// A body, as it came and as it reads.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub bytes: Bytes,
    /// `None` where the route takes no body.
    pub value: Option<Value>,
}

/// The bytes of a body, and what they are said to be.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub bytes: Bytes,
    /// `None` where the route takes no body.
    format: Option<(&'static Codec, MediaType)>,
}

/// Reads the bytes of the body that the route takes. What cannot be taken is refused before it is read.
pub(super) async fn read(exchange: &Exchange<'_>, found: &Found, body: Body) -> Result<Raw, Problem> {
    let Some(route) = exchange.route() else { return Err(Problem::new(&INTERNAL)) };
    acceptable(route, &exchange.head.headers)?;
    if !takes_body(exchange, found) {
        return if announces_body(&exchange.head.headers) {
            Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail("no body is taken here"))
        } else {
            Ok(Raw::default())
        };
    }
    let (codec, media_type) = format(&exchange.head.headers)?;
    let limit = largest(exchange, found);
    if announced(&exchange.head.headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let bounds = &exchange.generation.plan.settings.bounds;
    let limits = BodyLimits {
        size: limit,
        time: bounds.body_time.min(exchange.left()),
        rate: bounds.body_rate,
        grace: Bounds::BODY_GRACE,
    };
    let bytes = body.read(&limits).await.map_err(|error| unread(error, limit))?;
    Ok(Raw { bytes, format: Some((codec, media_type)) })
}

/// What the bytes say.
pub(super) fn decode(exchange: &Exchange<'_>, found: &Found, raw: Raw) -> Result<Document, Problem> {
    let Raw { bytes, format: Some((codec, media_type)) } = raw else { return Ok(Document::default()) };
    if codec.name == "form" && is_json_after_all(exchange, found, &bytes) {
        return Err(unsupported(AS_JSON));
    }
    let depth = exchange.generation.plan.settings.bounds.depth as usize;
    // Read already, so bounded; in UTF-8 it may be up to three times as long.
    let limits = Limits { depth, bytes: bytes.len().saturating_mul(3) };
    if codec.name == "json"
        && passes_unread(exchange, found)
        && fits_unread(exchange, &bytes, &media_type, &limits)
    {
        return Ok(Document { bytes, value: None });
    }
    let value = codec.decode(&bytes, &media_type, &limits).map_err(|error| undecodable(&error, &bytes))?;
    exchange.show_payload(&value);
    Ok(Document { bytes, value: Some(value) })
}

/// Whether nobody reads the body: it is passed on, and held to nothing but a schema.
fn passes_unread(exchange: &Exchange<'_>, found: &Found) -> bool {
    let [only] = found.candidates.as_slice() else { return false };
    let Some(route) = exchange.generation.plan.routes.get(*only) else { return false };
    let passes = matches!(route.target, Target::Forward { reads_body: false, .. });
    passes && route.matches.body.is_empty() && !exchange.shows_payloads()
}

/// Whether a body that nobody reads is good, without a value made of it. What is not is read again, to say why.
fn fits_unread(exchange: &Exchange<'_>, bytes: &Bytes, media_type: &MediaType, limits: &Limits) -> bool {
    let plain = media_type.parameter("charset").is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    let shape = exchange.route().and_then(|route| route.body.as_ref());
    let Some(shape) = shape.filter(|shape| plain && shape.map.is_none()) else { return false };
    with_arena(|arena| {
        let read = codec::json::view(bytes, limits, arena);
        let schema = shape.schema.as_ref().filter(|_| shape.validate != Policy::Off);
        read.is_ok_and(|view| schema.is_none_or(|schema| schema.is_view_valid(view)))
    })
}

/// Refuses a caller that does not take what the route gives: JSON, unless it forwards.
fn acceptable(route: &Route, headers: &HeaderMap) -> Result<(), Problem> {
    // Whoever sends events looks at the status only.
    let forwards = matches!(route.target, Target::Forward { .. } | Target::Publish(_));
    let streams =
        matches!(route.target, Target::Status { .. } | Target::Stream { .. }) && takes_events(headers);
    if forwards || streams || takes_json(headers, route.matches.version.unwrap_or(route.version)) {
        return Ok(());
    }
    Err(Problem::new(&NOT_ACCEPTABLE).detail("answers are given as `application/json`"))
}

/// Whether an `Accept` takes server-sent events.
fn takes_events(headers: &HeaderMap) -> bool {
    let asked = headers.get("accept").and_then(|value| value.to_str().ok());
    accept::choose(asked, &[status::EVENTS]).is_some()
}

/// Whether an `Accept` takes JSON; a version that it asks for must be this one.
fn takes_json(headers: &HeaderMap, version: u32) -> bool {
    let mut sent = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
    let (Some(first), more) = (sent.next(), sent.collect::<Vec<_>>().join(", ")) else { return true };
    if more.is_empty() && matches!(first, "*/*" | "application/json") {
        return true;
    }
    let asked = if more.is_empty() { first.to_owned() } else { format!("{first}, {more}") };
    let with_version = format!("application/json; version={version}");
    let offered = ["application/json", "application/json; charset=utf-8", with_version.as_str()];
    accept::choose(Some(&asked), &offered).is_some()
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

/// The format of the body by its `Content-Type`: JSON or a form. Plain text is no contract.
fn format(headers: &HeaderMap) -> Result<(&'static Codec, MediaType), Problem> {
    let mut sent = headers.get_all("content-type").iter();
    let (declared, None) = (sent.next().and_then(|value| value.to_str().ok()), sent.next()) else {
        return Err(unsupported("send one `Content-Type`"));
    };
    let declared =
        declared.ok_or_else(|| unsupported("say what the body is: `Content-Type: application/json`"))?;
    let media_type =
        MediaType::parse(declared).ok_or_else(|| unsupported("the `Content-Type` cannot be read"))?;
    match codec::for_media_type(&media_type).filter(|codec| codec.name != "text") {
        Some(codec) => Ok((codec, media_type)),
        None => Err(unsupported("the body must be `application/json`")),
    }
}

const AS_JSON: &str =
    "the body is sent as a form, and JSON is taken here: send `Content-Type: application/json`";

/// Whether a form is JSON under a wrong name, as `curl -d` sends it: by how it begins, or because what
/// the route takes needs more than texts side by side.
fn is_json_after_all(exchange: &Exchange<'_>, found: &Found, bytes: &Bytes) -> bool {
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let schema = |route: &'_ Route| route.body.as_ref().and_then(|body| body.schema.clone());
    let nested = |route: &Route| schema(route).is_some_and(|schema| needs_nesting(&schema.ty));
    begins.is_some_and(|byte| matches!(byte, b'{' | b'[')) || routes(exchange, found).all(nested)
}

/// Whether a member that must be there is itself an object or a list.
fn needs_nesting(ty: &Type) -> bool {
    let Type::Object(object) = ty.shape() else { return false };
    let inside = |ty: &Type| matches!(ty.shape(), Type::Object(_) | Type::Array(_));
    object.fields.iter().any(|(_, field)| field.required && inside(&field.ty))
}

fn unsupported(detail: &str) -> Problem {
    let accepted = HeaderName::from_static("accept-post");
    Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail).header(accepted, "application/json")
}

fn undecodable(error: &codec::BodyError, bytes: &Bytes) -> Problem {
    match error {
        codec::BodyError::MediaType(_) | codec::BodyError::Charset(_) => unsupported(&error.to_string()),
        codec::BodyError::Malformed(_) if bytes.is_empty() => {
            Problem::new(&MALFORMED_BODY).detail("the body is empty")
        }
        codec::BodyError::Malformed(error) => Problem::new(&MALFORMED_BODY).detail(error.to_string()),
    }
}

fn too_large(limit: u64) -> Problem {
    Problem::new(&BODY_TOO_LARGE).detail(format!("at most {limit} bytes are taken here"))
}

fn unread(error: BodyError, limit: u64) -> Problem {
    match error {
        BodyError::TooLarge => too_large(limit),
        BodyError::Inflated => Problem::new(&BODY_TOO_LARGE).detail(format!(
            "the body becomes more than {RATIO} times larger when it is decompressed: send it uncompressed"
        )),
        BodyError::Slow => Problem::new(&BODY_TIMEOUT),
        BodyError::UnknownEncoding(_) => Problem::new(&UNSUPPORTED_MEDIA_TYPE)
            .detail("this content encoding is not taken")
            .header(HeaderName::from_static("accept-encoding"), "gzip, identity"),
        BodyError::BrokenEncoding => Problem::new(&MALFORMED_BODY).detail("the body cannot be decompressed"),
        BodyError::Broken(why) => Problem::new(&MALFORMED_BODY).detail("the body ended early").reason(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    #[test]
    fn json_is_taken_or_not() {
        let taken = |accept: &'static str| {
            let headers =
                [(HeaderName::from_static("accept"), HeaderValue::from_static(accept))].into_iter().collect();
            takes_json(&headers, 2)
        };
        for accept in [
            "*/*",
            "application/*",
            "application/json; version=2",
            "text/html, */*;q=0.1",
            "application/json; charset=utf-8",
        ] {
            assert!(taken(accept), "{accept}");
        }
        for accept in
            ["text/html", "application/json;q=0", "application/xml, text/*", "application/json; version=3"]
        {
            assert!(!taken(accept), "{accept}");
        }
        assert!(takes_json(&HeaderMap::new(), 1));
    }
}
