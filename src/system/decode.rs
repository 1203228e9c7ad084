//! The bytes of an answer become a value, by content type and charset.

use std::borrow::Cow;

use crate::codec::json;
use crate::http::{HeaderMap, header};
use crate::value::Value;

/// The body; `Ok(None)` when there is none. The error says why it cannot be read. Text of a type that
/// holds no structure is undecodable, not a text: an HTML error page is no answer. Without a content type, or
/// with one that says nothing (`text/plain`, `application/octet-stream`), JSON is tried.
pub(super) fn decode(headers: &HeaderMap, body: &[u8]) -> Result<Option<Value>, String> {
    if body.is_empty() {
        return Ok(None);
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    if !is_json(&media_type) {
        return Err(format!("`{media_type}` is not a format that is read"));
    }
    let text = in_utf8(charset(parameters), body)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    json::decode(text, &json::Limits::default()).map(Some).map_err(|error| error.to_string())
}

fn is_json(media_type: &str) -> bool {
    let vague = ["", "text/plain", "application/octet-stream", "text/json", "text/javascript"];
    media_type == "application/json" || media_type.ends_with("+json") || vague.contains(&media_type)
}

fn charset(parameters: &str) -> Option<&str> {
    let mut pairs = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, charset) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"'))
}

fn in_utf8<'a>(charset: Option<&str>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    let Some(name) = charset else { return Ok(body.into()) };
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes())
        .ok_or_else(|| format!("the charset `{name}` is not known"))?;
    if encoding == encoding_rs::UTF_8 {
        return Ok(body.into());
    }
    let (text, _, broken) = encoding.decode(body);
    if broken {
        Err(format!("the text is not in `{name}`"))
    } else {
        Ok(text.into_owned().into_bytes().into())
    }
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
        assert!(read("application/json; charset=klingon", b"1").is_err());
        assert!(read("application/json", b"{").is_err());
    }
}
