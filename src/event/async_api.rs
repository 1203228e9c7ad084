//! AsyncAPI 3.0: every event type as a channel, every webhook and stream as an operation that sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EventType, EventTypes, Subscriber, To};
use crate::schema::{Schema, Schemas};
use crate::value::{Map, Value};

/// The JSON Schema that payloads are written in.
const FORMAT: &str = "application/schema+json;version=draft-2020-12";

/// The document. `gateway`: who sends.
pub fn document(gateway: &str, events: &EventTypes, schemas: &Schemas) -> Value {
    let mut parts = Parts { schemas, kept: BTreeMap::new(), messages: Map::new() };
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for event in events.values() {
        let mut messages = Map::new();
        for subscriber in &event.subscribers {
            let Some((key, operation, message)) = parts.operation(event, subscriber) else { continue };
            messages.insert(message.as_str(), reference("messages", &message));
            operations.insert(key.as_str(), operation);
        }
        if !messages.is_empty() {
            channels.insert(&*event.name, channel(event, messages));
        }
    }
    let info = object([("title", gateway.into()), ("version", "1.0.0".into())]);
    let kept = parts.kept.into_iter().map(|(name, schema)| (Arc::from(name), schema)).collect();
    object([
        ("asyncapi", "3.0.0".into()),
        ("info", info),
        ("channels", Value::object(channels)),
        ("operations", Value::object(operations)),
        (
            "components",
            object([("messages", Value::object(parts.messages)), ("schemas", Value::object(kept))]),
        ),
    ])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::object(members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

fn reference(kind: &str, name: &str) -> Value {
    object([("$ref", Value::from(format!("#/components/{kind}/{name}")))])
}

fn channel(event: &EventType, messages: Map) -> Value {
    let title = event.schema.document().get("title").cloned();
    object([
        ("address", Value::String(Arc::clone(&event.name))),
        ("title", title.unwrap_or_else(|| Value::String(Arc::clone(&event.name)))),
        ("messages", Value::object(messages)),
    ])
}

/// What operations are made of.
struct Parts<'a> {
    schemas: &'a Schemas,
    /// Schemas by their names in the document.
    kept: BTreeMap<String, Value>,
    messages: Map,
}

impl Parts<'_> {
    /// An operation with its name, and the name of its message. `None`: nobody outside is told.
    fn operation(&mut self, event: &EventType, subscriber: &Subscriber) -> Option<(String, Value, String)> {
        let (kind, to, says) = match &subscriber.to {
            To::Flow { .. } => return None,
            To::Webhook { webhook, says, .. } => ("webhook", webhook, says),
            To::Stream { stream, says, .. } => ("stream", stream, says),
        };
        let name = format!("{}.{kind}.{to}", event.name);
        let data = self.payload(says.as_deref().unwrap_or(&event.schema.name));
        let (schema, content) = match kind {
            "webhook" => (envelope(event, data), "application/cloudevents+json"),
            _ => (data, "application/json"),
        };
        let payload = object([("schemaFormat", FORMAT.into()), ("schema", schema)]);
        let message = object([
            ("name", Value::String(Arc::clone(&event.name))),
            ("contentType", content.into()),
            ("payload", payload),
        ]);
        self.messages.insert(name.as_str(), message);
        let channel = format!("#/channels/{}", event.name);
        let told = format!("{channel}/messages/{name}");
        let operation = object([
            ("action", "send".into()),
            ("title", Value::from(format!("{kind} {to}"))),
            ("channel", object([("$ref", Value::from(channel))])),
            ("messages", Value::array(vec![object([("$ref", Value::from(told))])])),
        ]);
        Some((name.clone(), operation, name))
    }

    /// A schema by its name, `[]` behind it for a list.
    fn payload(&mut self, name: &str) -> Value {
        if let Some(one) = name.strip_suffix("[]") {
            let items = self.payload(one);
            return object([("type", "array".into()), ("items", items)]);
        }
        match self.schemas.get(name) {
            Some(schema) => {
                self.keep(&schema);
                reference("schemas", &inside(name))
            }
            None => object([("type", "object".into())]),
        }
    }

    /// Takes a schema in, and all that it refers to.
    fn keep(&mut self, schema: &Arc<Schema>) {
        let name = inside(&schema.name);
        if self.kept.contains_key(&name) {
            return;
        }
        self.kept.insert(name.clone(), Value::Null);
        let written = self.written(schema.document(), schema);
        self.kept.insert(name, written);
    }

    /// A part of a schema with its references led to where they stand in the document.
    fn written(&mut self, part: &Value, of: &Arc<Schema>) -> Value {
        match part {
            Value::Array(items) => Value::array(items.iter().map(|item| self.written(item, of)).collect()),
            Value::Object(members) => {
                let mut made = Map::with_capacity(members.len());
                for (name, value) in members.iter() {
                    match (&**name, value) {
                        ("$id" | "$schema", _) => {}
                        ("$ref", Value::String(to)) => {
                            made.insert("$ref", Value::from(self.led(to, of)));
                        }
                        _ => _ = made.insert(Arc::clone(name), self.written(value, of)),
                    }
                }
                Value::object(made)
            }
            other => other.clone(),
        }
    }

    fn led(&mut self, to: &str, of: &Arc<Schema>) -> String {
        let fragment = to.split_once('#').map_or("", |(_, fragment)| fragment);
        let target = of.follow(&of.name, to).map_or_else(|| of.name.to_string(), |(name, _)| name.to_owned());
        if let Some(schema) = self.schemas.get(&target) {
            self.keep(&schema);
        }
        format!("#/components/schemas/{}{fragment}", inside(&target))
    }
}

/// A schema's name as the document may have it: letters, digits, `.`, `-` and `_`.
fn inside(name: &str) -> String {
    name.replace('/', ".").replace('@', "-v")
}

/// A CloudEvent with what it says.
fn envelope(event: &EventType, data: Value) -> Value {
    let text = || object([("type", "string".into())]);
    let only = |word: &str| object([("const", word.into())]);
    let properties = object([
        ("specversion", only("1.0")),
        ("id", text()),
        ("source", text()),
        ("type", only(&event.name)),
        ("subject", text()),
        ("time", object([("type", "string".into()), ("format", "date-time".into())])),
        ("datacontenttype", only("application/json")),
        ("data", data),
    ]);
    let required = ["specversion", "id", "source", "type", "data"].map(Value::from).to_vec();
    object([("type", "object".into()), ("required", Value::array(required)), ("properties", properties)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference that a document makes to itself.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(members) => members.iter().for_each(|(name, value)| match (&**name, value) {
                ("$ref", Value::String(to)) => found.push(to.to_string()),
                (_, other) => references(other, found),
            }),
            _ => {}
        }
    }

    /// What a reference means.
    fn led<'v>(document: &'v Value, to: &str) -> Option<&'v Value> {
        let path = to.strip_prefix("#/")?;
        path.split('/').try_fold(document, |at, name| match at {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        })
    }

    #[test]
    fn the_example_makes_a_document_whose_references_all_lead_somewhere() {
        let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics");
        let checked = crate::plan::check(&project, &crate::config::Environment::default());
        let plan = checked.plan.expect("a plan");
        let document = document("nordwind", &plan.events, &plan.schemas);
        assert_eq!(document.get("asyncapi").and_then(Value::as_str), Some("3.0.0"));
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for to in &found {
            assert!(led(&document, to).is_some(), "{to} leads nowhere");
        }
        let info = document.get("info").expect("info");
        assert!(info.get("title").is_some() && info.get("version").is_some());
        let members = |name: &str| document.get(name).and_then(Value::as_object).cloned().expect("members");
        let (channels, operations) = (members("channels"), members("operations"));
        assert!(channels.keys().any(|name| **name == *"delivery.milestone"), "{channels:?}");
        let letters =
            |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric() || ".-_".contains(sign));
        assert!(channels.keys().chain(operations.keys()).all(|name| letters(name)));
        for (name, operation) in operations.iter() {
            assert_eq!(operation.get("action").and_then(Value::as_str), Some("send"), "{name}");
            let of = operation.get("channel").and_then(|channel| channel.get("$ref")).and_then(Value::as_str);
            assert!(of.is_some_and(|of| of.starts_with("#/channels/")), "{name}");
        }
        for flow in ["notify_customer", "flow"] {
            assert!(operations.keys().all(|name| !name.contains(flow)), "flows are nobody outside");
        }
    }
}
