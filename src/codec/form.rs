//! Form bodies (`application/x-www-form-urlencoded`, WHATWG URL §5) as an object of strings.

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{DecodeError, EncodeError, Limits, text};
use crate::value::{Map, PointerBuf, Value};

/// Fields of one form, at most.
const FIELDS: usize = 10_000;
/// What stands as it is in a form.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// Reads a form. A field that stands twice is refused, because its reader would see one of two values;
/// those named in `repeated` may, and always become a list.
pub fn decode(bytes: &[u8], limits: &Limits, repeated: &[&str]) -> Result<Value, DecodeError> {
    let refuse = |offset, message: String| DecodeError { offset, message };
    if bytes.len() > limits.bytes {
        return Err(refuse(limits.bytes, format!("the document is longer than {} bytes", limits.bytes)));
    }
    let body = std::str::from_utf8(bytes)
        .map_err(|error| refuse(error.valid_up_to(), "the text is not valid UTF-8".to_owned()))?;
    let mut lists: Vec<(Arc<str>, Vec<Value>)> = Vec::new();
    let mut map = Map::new();
    let mut offset = 0;
    for (count, field) in body.split('&').enumerate() {
        let at = offset;
        offset += field.len() + 1;
        if field.is_empty() {
            continue;
        }
        if count == FIELDS {
            return Err(refuse(at, format!("a form has at most {FIELDS} fields")));
        }
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let unreadable = || refuse(at, "the field is not valid UTF-8".to_owned());
        let name: Arc<str> = unescape(name).ok_or_else(unreadable)?.into();
        let value = Value::from(&*unescape(value).ok_or_else(unreadable)?);
        if repeated.contains(&&*name) {
            match lists.iter_mut().find(|(known, _)| *known == name) {
                Some((_, items)) => items.push(value),
                None => {
                    // Holds the field's place among the others.
                    map.insert(name.clone(), Value::Null);
                    lists.push((name, vec![value]));
                }
            }
        } else if let Err(name) = map.push_new(name, value) {
            return Err(refuse(at, format!("the form has two fields `{name}`")));
        }
    }
    for (name, items) in lists {
        map.insert(name, Value::array(items));
    }
    Ok(Value::object(map))
}

fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

/// Writes an object of scalars; a list becomes a field that stands several times, null an empty one.
pub fn encode(value: &Value) -> Result<Vec<u8>, EncodeError> {
    let Some(map) = value.as_object() else {
        let message = format!("a form is made of fields, and this is {}", value.kind().name());
        return Err(EncodeError { pointer: String::new(), message });
    };
    let mut out = String::new();
    for (name, value) in map.iter() {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            write_field(name, item, &mut out)?;
        }
    }
    Ok(out.into_bytes())
}

fn write_field(name: &str, value: &Value, out: &mut String) -> Result<(), EncodeError> {
    let plain = match value {
        Value::Null => String::new(),
        value => text::plain(value).ok_or_else(|| EncodeError {
            pointer: PointerBuf::root().child(name).as_str().to_owned(),
            message: format!("a field of a form is one text, and this is {}", value.kind().name()),
        })?,
    };
    if !out.is_empty() {
        out.push('&');
    }
    let escape = |text: &str| utf8_percent_encode(text, ESCAPED).to_string().replace("%20", "+");
    out.push_str(&escape(name));
    out.push('=');
    out.push_str(&escape(&plain));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn read(form: &str, repeated: &[&str]) -> Result<String, String> {
        decode(form.as_bytes(), &Limits::default(), repeated)
            .map(|value| String::from_utf8_lossy(&json::encode(&value)).into_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn forms_are_objects_of_strings() {
        assert_eq!(read("a=1&b=x+y%26z&&c", &[]), Ok(r#"{"a":"1","b":"x y&z","c":""}"#.to_owned()));
        assert_eq!(read("a=1&b=2&a=3", &[]), Err("the form has two fields `a` (byte 8)".to_owned()));
        assert_eq!(read("a=1&b=2&a=3", &["a"]), Ok(r#"{"a":["1","3"],"b":"2"}"#.to_owned()));
        assert_eq!(read("a=%ff", &[]), Err("the field is not valid UTF-8 (byte 0)".to_owned()));
        assert_eq!(read("", &[]), Ok("{}".to_owned()));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let value = json::decode(br#"{"a b":"\u00f8&=+%","n":12.50,"l":["x","y"]}"#, &Limits::default());
        let form = encode(&value.expect("JSON")).expect("a form");
        assert_eq!(String::from_utf8_lossy(&form), "a+b=%C3%B8%26%3D%2B%25&n=12.50&l=x&l=y");
        assert_eq!(
            read(&String::from_utf8_lossy(&form), &["l"]),
            Ok(r#"{"a b":"ø&=+%","n":"12.50","l":["x","y"]}"#.to_owned())
        );
        let nested = json::decode(br#"{"a":{"b":1}}"#, &Limits::default()).expect("JSON");
        assert_eq!(encode(&nested).map_err(|error| error.pointer), Err("/a".to_owned()));
    }
}
