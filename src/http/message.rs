//! A request as a service gets it, and the response it gives.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use bytes::Bytes;

use super::{Body, Feed, PeerCertificate};

/// A request whose head is read and whose body is not.
#[derive(Debug)]
pub struct Request {
    pub method: Method,
    /// As it came: usually path and query.
    pub uri: Uri,
    pub version: Version,
    pub headers: HeaderMap,
    /// Who sent it: the other end of the connection. `None` in offline tests.
    pub peer: Option<SocketAddr>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// What the caller proved by TLS; `None` when it was not asked, or showed nothing.
    pub certificate: Option<Arc<PeerCertificate>>,
    pub body: Body,
}

impl Request {
    /// A request made by hand, for offline tests.
    pub fn new(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Request {
        let body = Body::whole(body, &headers);
        Request {
            method,
            uri,
            version: Version::HTTP_11,
            headers,
            peer: None,
            secure: false,
            certificate: None,
            body,
        }
    }

    /// The path, percent-encoded as it came.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query without its `?`, as it came.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The host it was sent to, with the port if one was said (RFC 9110 §7.2).
    pub fn host(&self) -> Option<&str> {
        let named = || self.headers.get(header::HOST)?.to_str().ok();
        self.uri.authority().map(|authority| authority.as_str()).or_else(named)
    }
}

/// A response, whole unless it is fed. `Content-Length`, `Date` and, where worthwhile, `Content-Encoding` and `Vary` are
/// added on the way; a body that already has a `Content-Encoding` goes out as it is. To `HEAD` only
/// the head is sent.
#[derive(Debug, Default)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What comes instead of `body`, bit by bit and without a `Content-Length`.
    pub feed: Option<Feed>,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: StatusCode) -> Response {
        Response { status, ..Response::default() }
    }

    /// A response with a body of a media type.
    pub fn new(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response {
        let body = body.into();
        Response { status, headers: HeaderMap::new(), body, feed: None }
            .with(header::CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    /// This response and one more header, replacing one of the same name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Response {
        self.headers.insert(name, value);
        self
    }
}

/// Takes out what belongs to one connection and not to the message (RFC 9110 §7.6.1).
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_connection_names_goes_too() {
        let mut headers = HeaderMap::new();
        headers.insert("connection", HeaderValue::from_static("close, X-Secret-Hop"));
        headers.insert("x-secret-hop", HeaderValue::from_static("1"));
        headers.insert("keep-alive", HeaderValue::from_static("timeout=5"));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["content-type"]);
    }
}
