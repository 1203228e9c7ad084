//! A token in `Authorization: Bearer` (RFC 6750), as operators send it.

use crate::http::{HeaderMap, header};

/// What a caller without a token is told in `WWW-Authenticate` (RFC 6750 §3).
pub const BEARER: &str = "Bearer realm=\"crossdock\"";

/// The token of a request; `None` when there is none, or more than one `Authorization`.
pub fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (one, None) = (sent.next()?, sent.next()) else { return None };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    fn token(sent: &[&'static str]) -> Option<String> {
        let headers: HeaderMap =
            sent.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect();
        bearer(&headers).map(|token| String::from_utf8_lossy(token).into_owned())
    }

    #[test]
    fn exactly_one_bearer_token() {
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&["bearer  abc "]).as_deref(), Some("abc"));
        for none in [&[][..], &["abc"], &["Basic abc"], &["Bearerabc"], &["Bearer a", "Bearer a"]] {
            assert_eq!(token(none), None, "{none:?}");
        }
    }
}
