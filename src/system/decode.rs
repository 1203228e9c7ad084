//! The bytes of an answer become a value, by content type and charset.

use crate::codec::{self, MediaType, json};
use crate::http::{HeaderMap, header};
use crate::value::Value;

/// Types that say nothing: real systems send JSON under them.
const VAGUE: [&str; 3] = ["application/octet-stream", "text/javascript", "text/plain"];

/// The body; `Ok(None)` when there is none. The error says why it cannot be read: an HTML error page is
/// no answer. Under a type that says nothing JSON is tried first.
pub(super) fn decode(headers: &HeaderMap, body: &[u8]) -> Result<Option<Value>, String> {
    if body.is_empty() {
        return Ok(None);
    }
    let limits = json::Limits::default();
    if media_type(headers).is_some_and(|media_type| VAGUE.contains(&media_type.essence()))
        && let Ok(value) = json::decode(body, &limits)
    {
        return Ok(Some(value));
    }
    codec::decode(body, content_type(headers), &limits).map(Some).map_err(|why| why.to_string())
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// What an answer says that its body is.
pub(super) fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    content_type(headers).and_then(MediaType::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    fn read(content_type: &'static str, body: &[u8]) -> Result<Option<Value>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        decode(&headers, body)
    }

    #[test]
    fn json_by_whatever_name() {
        for content_type in ["application/json", "application/problem+json; charset=utf-8", "text/plain"] {
            assert_eq!(read(content_type, b"[1]"), Ok(Some(Value::array(vec![Value::from(1)]))));
        }
        assert_eq!(decode(&HeaderMap::new(), b"\xef\xbb\xbfnull"), Ok(Some(Value::Null)));
        assert_eq!(read("application/json", b""), Ok(None));
        assert_eq!(read("application/json; charset=latin1", b"\"\xfc\""), Ok(Some(Value::from("ü"))));
    }

    #[test]
    fn an_error_page_is_no_answer() {
        assert!(read("text/html", b"<h1>oops</h1>").unwrap_err().contains("text/html"));
        assert_eq!(read("text/plain", b"gone fishing"), Ok(Some(Value::from("gone fishing"))));
        assert!(read("application/json; charset=klingon", b"1").is_err());
        assert!(read("application/json", b"{").is_err());
    }
}
