//! CloudEvents 1.0 in JSON and HTTP: structured (all in the body) and binary (the rest in headers).

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::codec::json;
use crate::http::{HeaderMap, HeaderName, HeaderValue, header};
use crate::store::Event;
use crate::value::{Map, Value};

/// The media type of a structured event.
pub const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// What a header's value holds as it is: printable ASCII but `"` and `%` (HTTP binding §3.1.3.2).
const ESCAPED: AsciiSet = CONTROLS.add(b' ').add(b'"').add(b'%');

/// An event as others see it.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    /// Always the same for one event; says nothing of how many there are.
    pub id: String,
    pub source: String,
    /// The event's name.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// When it happened, RFC 3339.
    pub time: String,
    pub data: Value,
}

impl CloudEvent {
    /// An event of the log, with what this reader is told. `gateway`: who says so.
    pub fn of(event: &Event, gateway: &str, data: Value) -> CloudEvent {
        let time = Timestamp::from_millisecond(event.occurred_at).unwrap_or_default();
        CloudEvent {
            id: id(event),
            source: format!("/{gateway}"),
            kind: event.name.to_string(),
            subject: event.key.to_string(),
            time: time.to_string(),
            data,
        }
    }

    fn attributes(&self) -> [(&'static str, &str); 6] {
        [
            ("specversion", "1.0"),
            ("id", &self.id),
            ("source", &self.source),
            ("type", &self.kind),
            ("subject", &self.subject),
            ("time", &self.time),
        ]
    }

    /// Headers and body of a structured event. An attribute that is empty is left out.
    pub fn structured(&self) -> (HeaderMap, Vec<u8>) {
        let mut body = Map::with_capacity(8);
        for (name, value) in self.attributes().into_iter().filter(|(_, value)| !value.is_empty()) {
            body.insert(name, Value::from(value));
        }
        body.insert("datacontenttype", Value::from("application/json"));
        body.insert("data", self.data.clone());
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        (headers, json::encode(&Value::object(body)))
    }

    /// Headers and body of a binary event.
    pub fn binary(&self) -> (HeaderMap, Vec<u8>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.attributes().into_iter().filter(|(_, value)| !value.is_empty()) {
            let value = utf8_percent_encode(value, &ESCAPED).to_string();
            let name = HeaderName::from_bytes(format!("ce-{name}").as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
                headers.insert(name, value);
            }
        }
        (headers, json::encode(&self.data))
    }
}

/// The id that an event has outside: a digest of what makes it one (CloudEvents asks that source and id are
/// unique; Standard Webhooks that each try has the same).
fn id(event: &Event) -> String {
    let mut digest = Sha256::new();
    for part in [&event.account, &event.source, &event.id] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let hex: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("evt_{hex}")
}
