//! Data as it is written in a YAML file of a project.

use crate::codec::json;
use crate::value::Value;

/// Data on one line. A text that begins with `=` would be an expression: it gets another one; `${` would be
/// a variable, and is written apart.
pub(super) fn data(value: &Value) -> String {
    match value {
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            format!("[ {} ]", items.iter().map(data).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) if map.iter().next().is_none() => "{}".to_owned(),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| format!("{}: {}", key(name), data(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) if text.starts_with('=') => quoted(&format!("={text}")),
        Value::String(text) => quoted(text),
        other => String::from_utf8_lossy(&json::encode(other)).into_owned(),
    }
}

fn key(name: &str) -> String {
    let plain = name.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    // `no`, `on` and their like mean something else to other readers.
    let traps = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if plain && !traps.contains(&name.to_lowercase().as_str()) { name.to_owned() } else { quoted(name) }
}

/// In double quotes, which YAML reads as JSON does.
fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&json::encode(&Value::from(text))).replace("${", "\\x24{")
}
