//! What a schema says is for writing only: never to be shown where values are shown for people to read.

use super::Schema;
use crate::value::{PointerBuf, Value};

/// Schemas looked at for one value, at most.
const STEPS: usize = 100_000;
/// How deep schemas lead into each other, at most.
const DEEP: usize = 256;

impl Schema {
    /// Where in `value` something stands that the schema marks `writeOnly`, or as a password. Beyond the
    /// bounds everything is concealed.
    pub fn concealed(&self, value: &Value) -> Vec<PointerBuf> {
        let mut looking = Looking { schema: self, steps: STEPS, found: Vec::new() };
        looking.at(&self.name, self.document(), value, &PointerBuf::root(), 0);
        looking.found
    }
}

struct Looking<'s> {
    schema: &'s Schema,
    steps: usize,
    found: Vec<PointerBuf>,
}

impl<'s> Looking<'s> {
    fn at(&mut self, document: &'s str, schema: &'s Value, value: &Value, at: &PointerBuf, depth: usize) {
        if self.steps == 0 || depth > DEEP {
            return self.found.push(at.clone());
        }
        self.steps -= 1;
        let says = |word: &str, wanted: Value| schema.get(word) == Some(&wanted);
        if says("writeOnly", Value::Bool(true)) || says("format", Value::from("password")) {
            return self.found.push(at.clone());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some((name, target)) = self.schema.follow(document, reference)
        {
            self.at(name, target, value, at, depth + 1);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(word).and_then(Value::as_array).unwrap_or_default() {
                self.at(document, part, value, at, depth + 1);
            }
        }
        for word in ["if", "then", "else"] {
            if let Some(part) = schema.get(word) {
                self.at(document, part, value, at, depth + 1);
            }
        }
        self.inside(document, schema, value, at, depth);
    }

    fn inside(&mut self, document: &'s str, schema: &'s Value, value: &Value, at: &PointerBuf, depth: usize) {
        match value {
            Value::Object(map) => {
                for (name, member) in map.iter() {
                    let named = schema.get("properties").and_then(|named| named.get(name));
                    if let Some(part) = named.or_else(|| schema.get("additionalProperties")) {
                        self.at(document, part, member, &at.child(name), depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                let first = schema.get("prefixItems").and_then(Value::as_array).unwrap_or_default();
                for (index, item) in items.iter().enumerate() {
                    if let Some(part) = first.get(index).or_else(|| schema.get("items")) {
                        self.at(document, part, item, &at.child(&index.to_string()), depth + 1);
                    }
                }
            }
            _ => {}
        }
    }
}
