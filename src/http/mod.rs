//! Listener, client pool, TLS: the only room that imports hyper.

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
pub use bytes::Bytes;
