//! A word or an expression, or else a map with more to say.

use serde_json::Value as Json;

use super::{At, Walk};
use crate::config::tree::{Content, NodeId};
use crate::diagnostic::{Diagnostic, codes, short};

impl<'a> Walk<'a> {
    /// `none`, or a map; an expression, or a map.
    pub(super) fn or_map(&mut self, id: NodeId, schema: &'a Json, at: At<'_>) {
        let (one, map) = (&schema["anyOf"][0], &schema["anyOf"][1]);
        match (&self.tree.node(id).content, one["const"].as_str()) {
            (Content::Mapping(_), _) => self.value(id, map, at),
            (Content::Scalar { text, .. }, Some(word)) if text != word => self.wrong_word(id, text, word, at),
            _ => self.value(id, one, at),
        }
    }

    /// One thing, or a list that is not empty.
    pub(super) fn one_or_list(&mut self, id: NodeId, schema: &'a Json, at: At<'_>) {
        let (one, list) = (&schema["anyOf"][0], &schema["anyOf"][1]);
        match &self.tree.node(id).content {
            Content::Sequence(items) if items.is_empty() => {
                self.wrong_type(id, at, "a name, or a list of them")
            }
            Content::Sequence(_) => self.value(id, list, at),
            _ => self.value(id, one, at),
        }
    }

    /// `compensate: erp.cancel_order`: the key that was meant is the first of the map.
    fn wrong_word(&mut self, id: NodeId, text: &str, word: &str, at: At<'_>) {
        let (name, text) = (at.name, short(text));
        let message = format!("`{name}` cannot be `{text}`");
        let meant = if text.contains('.') { &*text } else { "system.operation" };
        let help = format!("write `{name}: {{ call: {meant} }}`, or `{name}: {word}`");
        self.push(
            Diagnostic::new(&codes::UNKNOWN_VALUE, self.tree.node(id).span, message)
                .nearest(&text, [word])
                .help(help),
        );
    }
}
