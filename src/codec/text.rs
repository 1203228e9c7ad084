//! Plain text: the body is one string.

use super::{DecodeError, EncodeError, Limits};
use crate::value::Value;

/// The whole body as one string. A byte order mark in front is dropped.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
    if bytes.len() > limits.bytes {
        let message = format!("the document is longer than {} bytes", limits.bytes);
        return Err(DecodeError { offset: limits.bytes, message });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| DecodeError {
        offset: error.valid_up_to(),
        message: "the text is not valid UTF-8".to_owned(),
    })?;
    Ok(Value::from(text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// The text of a string, number or boolean.
pub fn encode(value: &Value) -> Result<Vec<u8>, EncodeError> {
    match plain(value) {
        Some(text) => Ok(text.into_bytes()),
        None => Err(EncodeError {
            pointer: String::new(),
            message: format!("plain text holds one text, and this is {}", value.kind().name()),
        }),
    }
}

/// What a scalar is as text; null, arrays and objects are none.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_string() {
        assert_eq!(decode("a\nb".as_bytes(), &Limits::default()), Ok(Value::from("a\nb")));
        assert_eq!(decode(b"a\xffb", &Limits::default()).map_err(|error| error.offset), Err(1));
        assert_eq!(encode(&Value::from(12)), Ok(b"12".to_vec()));
        assert!(encode(&Value::Null).is_err());
    }
}
