//! A text that equal values share: for keys of tables and for `distinct`.

use std::fmt::Write as _;

use crate::value::{Number, Value};

/// Equal values give equal texts, others different ones.
pub(crate) fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push('z'),
        Value::Bool(truth) => text.push(if *truth { 't' } else { 'f' }),
        Value::Number(number) => {
            text.push('n');
            text.push_str(&digits(number));
            text.push(';');
        }
        Value::String(string) => canonical_text(string, text),
        Value::Array(items) => {
            text.push('[');
            items.iter().for_each(|item| canonical(item, text));
            text.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (name, value) in members {
                let _ = write!(text, "{}:{name}", name.len());
                canonical(value, text);
            }
            text.push('}');
        }
    }
}

/// The same of a text.
pub(crate) fn canonical_text(string: &str, text: &mut String) {
    text.push('s');
    text.push_str(&string.len().to_string());
    text.push(':');
    text.push_str(string);
}

fn digits(number: &Number) -> String {
    match number.to_decimal() {
        Some(decimal) if decimal.is_zero() => "0".to_owned(),
        Some(decimal) => decimal.normalize().to_string(),
        None => number.to_string(),
    }
}
