//! What goes into a flow's digest: everything that decides what it does, and no places in files.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::config::declarations::{Data, TextPart};
use crate::value::Value;

/// A digest under way.
#[derive(Debug, Default)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a part; its length goes in with it, so that parts do not run together.
    pub fn feed(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// Adds data as written.
    pub fn feed_data(&mut self, data: &Data) {
        match data {
            Data::Literal(value, _) => self.feed_value(value),
            Data::Expression(expression) => {
                self.feed("=");
                self.feed(&expression.text);
            }
            Data::Secret(text) => {
                for part in &text.parts {
                    let (TextPart::Literal(words) | TextPart::Secret(words) | TextPart::Missing(words)) =
                        part;
                    self.feed(words);
                }
            }
            Data::Array(items, _) => {
                self.feed("[");
                items.iter().for_each(|item| self.feed_data(item));
                self.feed("]");
            }
            Data::Object(members, _) => {
                self.feed("{");
                for (name, data) in members {
                    self.feed(name);
                    self.feed_data(data);
                }
                self.feed("}");
            }
        }
    }

    /// Adds a value.
    pub fn feed_value(&mut self, value: &Value) {
        match value {
            Value::Null => self.feed("null"),
            Value::Bool(truth) => self.feed(if *truth { "true" } else { "false" }),
            Value::Number(number) => self.feed(&number.to_string()),
            Value::String(text) => {
                self.feed("\"");
                self.feed(text);
            }
            Value::Array(items) => {
                self.feed("[");
                items.iter().for_each(|item| self.feed_value(item));
                self.feed("]");
            }
            Value::Object(map) => {
                self.feed("{");
                for (name, value) in map.iter() {
                    self.feed(name);
                    self.feed_value(value);
                }
                self.feed("}");
            }
        }
    }

    /// The digest so far, hex.
    pub fn hex(&self) -> String {
        self.0.clone().finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
