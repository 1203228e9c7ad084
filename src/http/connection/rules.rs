//! What a head has to keep beyond what hyper looks at: one host, a path, a body whose end is clear.

use ::http::request::Parts;
use ::http::uri::Authority;
use ::http::{HeaderMap, HeaderValue, Method, Version, header};

use crate::http::Fault;

/// How the body of an HTTP/1 request is coded for its transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// By its length, or there is none.
    Plain,
    /// In chunks, once, and in nothing else that we would have to undo (RFC 9112 §7.1).
    Chunked,
    /// In something that is not undone here, then in chunks: 501 (RFC 9112 §6.1).
    Unknown,
    /// Nobody can say where it ends: 400.
    Broken,
}

/// What `Transfer-Encoding` says.
pub(super) fn transfer(headers: &HeaderMap) -> Transfer {
    let mut values = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(first) = values.next() else { return Transfer::Plain };
    if values.next().is_some() {
        return Transfer::Broken;
    }
    if first.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Transfer::Chunked;
    }
    let Ok(text) = first.to_str() else { return Transfer::Broken };
    let codings: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_chunked = |coding: &str| coding.eq_ignore_ascii_case("chunked");
    match codings.split_last() {
        Some((last, others))
            if is_chunked(last) && others.iter().all(|other| is_token(other) && !is_chunked(other)) =>
        {
            Transfer::Unknown
        }
        _ => Transfer::Broken,
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Which rule a head breaks.
pub(super) fn broken(head: &Parts, http2: bool) -> Option<Fault> {
    let good = if http2 { one_authority(head) } else { one_host(head) && has_path(head) };
    (!good).then_some(Fault::BadHead)
}

/// Exactly one `Host` in HTTP/1.1, at most one before, and it is one (RFC 9112 §3.2).
fn one_host(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => (host.is_empty() || is_host(host.as_bytes())) && same_as_target(head, host),
        (None, _) => head.version < Version::HTTP_11,
        _ => false,
    }
}

/// A target that names a host and `Host` say the same: what stands before us may have gone by either, so
/// two that differ are refused rather than the second ignored (RFC 9112 §3.2.2, §11.2).
fn same_as_target(head: &Parts, host: &HeaderValue) -> bool {
    let Some(target) = head.uri.authority() else { return true };
    let target = target.as_str().as_bytes();
    is_host(target) && host.as_bytes().eq_ignore_ascii_case(target)
}

/// `Host` says in HTTP/2 what `:authority` says, if anything (RFC 9113 §8.3.1).
fn one_authority(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let (Some(host), more) = (hosts.next(), hosts.next()) else { return true };
    let same = |authority: &Authority| host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes());
    more.is_none() && is_host(host.as_bytes()) && head.uri.authority().is_none_or(same)
}

/// A host and perhaps a port (RFC 3986 §3.2.2, §3.2.3).
fn is_host(bytes: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(bytes) else { return false };
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.is_empty() || authority.port_u16().is_some())
        }
        None => port.is_empty(),
    })
}

/// Only `CONNECT` asks for a host and a port alone (RFC 9112 §3.2.3).
fn has_path(head: &Parts) -> bool {
    !head.uri.path().is_empty() || head.method == Method::CONNECT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["a", "a.example:8080", "a.example:", "127.0.0.1:80", "[::1]", "[::1]:80", "a_b-c~1"] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "a b/\\", "a/b", "me@a", "a:b", "a:99999", "a:1:2", "[::1", "a?b", "a#b", "a b", "a,b c",
            "\u{e4}",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn transfers() {
        let said = |text: &'static str| {
            transfer(
                &[(header::TRANSFER_ENCODING, ::http::HeaderValue::from_static(text))].into_iter().collect(),
            )
        };
        assert_eq!(transfer(&HeaderMap::new()), Transfer::Plain);
        assert_eq!(said("Chunked"), Transfer::Chunked);
        assert_eq!(said("gzip, chunked"), Transfer::Unknown);
        for broken in ["chunked, chunked", ", chunked", "gzip", "chunked, gzip", "a b, chunked", ""] {
            assert_eq!(said(broken), Transfer::Broken, "{broken}");
        }
    }
}
