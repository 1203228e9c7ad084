//! CloudEvents 1.0 as they come in: in structured form, in a batch, or in headers beside the data.

use std::sync::Arc;

use crate::value::{Map, Value};

/// One event, read.
#[derive(Debug)]
pub(super) struct Cloud<'v> {
    pub id: &'v str,
    pub source: &'v str,
    /// When it happened, in milliseconds since 1970.
    pub at: Option<i64>,
    pub data: &'v Value,
}

/// Reads a CloudEvent in JSON (`application/cloudevents+json`). The error says what it lacks.
pub(super) fn read(item: &Value) -> Result<Cloud<'_>, String> {
    if item.get("specversion").and_then(Value::as_str) != Some("1.0") {
        return Err("it is no CloudEvent of version 1.0".to_owned());
    }
    let text = |name: &str| {
        let text = item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("a CloudEvent has a `{name}`, and this one has none"))
    };
    text("type")?;
    if item.get("data_base64").is_some() {
        return Err("its data is not JSON".to_owned());
    }
    let at = match item.get("time").and_then(Value::as_str) {
        None => None,
        Some(time) => Some(millis(time).ok_or("its `time` is none of RFC 3339")?),
    };
    Ok(Cloud { id: text("id")?, source: text("source")?, at, data: item.get("data").unwrap_or(&Value::Null) })
}

fn millis(time: &str) -> Option<i64> {
    Some(time.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// A CloudEvent in structured form of one in binary form: `attributes` are the headers that begin with
/// `ce-`, without that beginning, and `data` is the body.
pub fn structured<'a>(attributes: impl Iterator<Item = (&'a str, String)>, data: Value) -> Value {
    let mut event = Map::new();
    for (name, text) in attributes {
        event.insert(Arc::<str>::from(name), Value::from(text.as_str()));
    }
    event.insert("data", data);
    Value::object(event)
}
