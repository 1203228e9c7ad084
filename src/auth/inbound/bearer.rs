//! A token in `Authorization: Bearer` (RFC 6750), and what is said about one.

use super::{Refused, Why};
use crate::http::{HeaderMap, header};

/// What a caller without a token is told in `WWW-Authenticate` (RFC 6750 §3).
pub const BEARER: &str = "Bearer realm=\"crossdock\"";

/// The token of a request; `None` when there is none, or more than one `Authorization`.
pub fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    match sent(headers) {
        Sent::Token(token) => Some(token.as_bytes()),
        Sent::Nothing | Sent::Unreadable => None,
    }
}

/// What stands in `Authorization`, as far as bearers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent<'h> {
    /// Nothing, or another scheme's proof.
    Nothing,
    Token(&'h str),
    /// Two of them, or bytes that are no token.
    Unreadable,
}

/// The bearer's token of a request.
pub(super) fn sent(headers: &HeaderMap) -> Sent<'_> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), more) = (sent.next(), sent.next()) else { return Sent::Nothing };
    if more.is_some() {
        return Sent::Unreadable;
    }
    let Ok(text) = one.to_str() else { return Sent::Unreadable };
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Sent::Token(token.trim()),
        _ => Sent::Nothing,
    }
}

/// There is no token.
pub(super) fn missing() -> Refused {
    let detail = "send your token as `Authorization: Bearer`".to_owned();
    Refused { detail, challenge: BEARER.to_owned(), why: Why::Missing }
}

/// There is one, and it does not do (RFC 6750 §3.1). `detail` is ours and has no quotes in it.
pub(super) fn invalid(why: Why, detail: &str) -> Refused {
    let challenge = format!("{BEARER}, error=\"invalid_token\", error_description=\"{detail}\"");
    Refused { detail: detail.to_owned(), challenge, why }
}

/// There is one, and nobody can say now whether it does.
pub(super) fn away() -> Refused {
    let detail = "tokens cannot be checked at present".to_owned();
    Refused { detail, challenge: BEARER.to_owned(), why: Why::Unknown }
}

/// It does, and does not allow this.
pub(super) fn insufficient(scope: Option<&str>) -> String {
    let challenge = format!("{BEARER}, error=\"insufficient_scope\"");
    // A scope that is no scope of RFC 6749 §3.3 cannot be said.
    match scope.filter(|scope| !scope.contains(['"', '\\'])) {
        Some(scope) => format!("{challenge}, scope=\"{scope}\""),
        None => challenge,
    }
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
