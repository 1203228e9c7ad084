//! Words from a closed list.

use serde_json::Value as Json;

use super::{At, Walk};
use crate::config::tree::NodeId;
use crate::diagnostic::{Diagnostic, codes, short};

/// The words a schema allows, when it allows only certain ones.
pub fn of(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema["enum"].as_array() {
        return Some(words.iter().filter_map(Json::as_str).collect());
    }
    if let Some(word) = schema["const"].as_str() {
        return Some(vec![word]);
    }
    let parts = schema["oneOf"].as_array()?;
    let parts: Option<Vec<Vec<&str>>> = parts.iter().map(of).collect();
    Some(parts?.concat())
}

impl Walk<'_> {
    pub(super) fn choice(&mut self, id: NodeId, choices: &[&str], at: At<'_>) {
        let Some(word) = self.string(id, at) else { return };
        if choices.contains(&word.as_str()) {
            return;
        }
        let list = choices.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` cannot be `{}`", at.name, short(&word));
        let span = self.tree.node(id).span;
        let finding = Diagnostic::new(&codes::UNKNOWN_VALUE, span, message);
        self.push(finding.nearest(&word, choices.iter().copied()).help(format!("write one of {list}")));
    }
}
