//! Cross-origin access (Fetch standard, CORS protocol): what browsers are told.

use crate::http::{HeaderMap, HeaderName, HeaderValue, Method};
use crate::plan::Cors;

/// The headers of an answer to a cross-origin request. When the origin is not allowed, only that the
/// answer depends on it: a cache must not give it to an origin that is.
pub(super) fn answer(cors: &Cors, request: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let Some(origin) = allowed(cors, request) else { return vec![varies()] };
    let mut headers = origin_headers(cors, origin);
    push(&mut headers, "access-control-expose-headers", &joined(cors.expose.iter().map(|name| &**name)));
    headers
}

/// The headers of an answer to a preflight: which methods and request headers may come.
pub(super) fn preflight(
    cors: &Cors,
    request: &HeaderMap,
    methods: &[Method],
) -> Vec<(HeaderName, HeaderValue)> {
    let Some(origin) = allowed(cors, request) else { return vec![varies()] };
    let mut headers = origin_headers(cors, origin);
    push(&mut headers, "access-control-allow-methods", &joined(methods.iter().map(Method::as_str)));
    push(&mut headers, "access-control-allow-headers", &joined(cors.headers.iter().map(|name| &**name)));
    push(&mut headers, "access-control-max-age", &cors.max_age.as_secs().to_string());
    headers
}

/// Whether a request is a preflight.
pub(super) fn is_preflight(method: &Method, request: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && request.contains_key("origin")
        && request.contains_key("access-control-request-method")
}

fn allowed<'a>(cors: &Cors, request: &'a HeaderMap) -> Option<&'a HeaderValue> {
    let origin = request.get("origin")?;
    let listed = cors
        .origins
        .iter()
        .any(|own| own.as_bytes() == origin.as_bytes() || (&**own == "*" && !cors.credentials));
    listed.then_some(origin)
}

fn origin_headers(cors: &Cors, origin: &HeaderValue) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers =
        vec![(HeaderName::from_static("access-control-allow-origin"), origin.clone()), varies()];
    if cors.credentials {
        push(&mut headers, "access-control-allow-credentials", "true");
    }
    headers
}

fn varies() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("vary"), HeaderValue::from_static("origin"))
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn push(headers: &mut Vec<(HeaderName, HeaderValue)>, name: &'static str, value: &str) {
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
        headers.push((HeaderName::from_static(name), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origin: &str, credentials: bool) -> Cors {
        Cors {
            origins: vec![origin.into()],
            headers: vec!["x-api-key".into()],
            expose: Vec::new(),
            credentials,
            max_age: std::time::Duration::from_secs(600),
        }
    }

    fn request(origin: &'static str) -> HeaderMap {
        [(HeaderName::from_static("origin"), HeaderValue::from_static(origin))].into_iter().collect()
    }

    #[test]
    fn only_declared_origins_are_told_anything() {
        let named = cors("https://portal.example", true);
        let told = preflight(&named, &request("https://portal.example"), &[Method::POST]);
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names.contains(&"access-control-allow-credentials") && names.contains(&"access-control-max-age")
        );
        assert_eq!(answer(&named, &request("https://portal.example.evil")), [varies()]);
        assert_eq!(preflight(&named, &request("https://evil.example"), &[Method::POST]), [varies()]);
        assert_eq!(answer(&named, &HeaderMap::new()), [varies()]);
        assert_eq!(answer(&named, &request("null")), [varies()]);
        assert_eq!(answer(&cors("*", true), &request("https://a.example")), [varies()]);
        assert_eq!(answer(&cors("*", false), &request("https://a.example")).len(), 2);
    }
}
