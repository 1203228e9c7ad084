//! Steps: one key that names the step, exactly one kind under it, and the keys that go with it.
//! The common slips each have words of their own, which print what to write.

use serde_json::Value as Json;

use super::{At, Walk, not_built};
use crate::config::tree::{Content, NodeId};
use crate::diagnostic::{Diagnostic, Span, codes};

/// Every kind of step. `do` is one only where no `for` stands beside it. Sorted.
pub static KINDS: &[&str] = &[
    "call", "do", "emit", "for", "fork", "listen", "raise", "reject", "require", "respond", "run", "set",
    "switch", "try", "wait",
];

/// Keys that go with a kind, and the kinds they go with. Sorted.
static MODIFIERS: &[(&str, &[&str])] = &[
    ("body", &["emit"]),
    ("catch", &["try"]),
    ("collect", &["for"]),
    ("compensate", &["call"]),
    ("else", &["listen", "require", "switch"]),
    ("facts", &["raise", "reject"]),
    ("fresh", &["call"]),
    ("join", &["fork"]),
    ("map", &["emit"]),
    ("need", &["fork"]),
    ("on_exhausted", &["call"]),
    ("pointer", &["reject"]),
    ("retry", &["call"]),
    ("timeout", &["call", "do", "for", "fork", "run", "try"]),
    ("unknown", &["call"]),
    ("with", &["call", "emit", "run"]),
    ("within", &["fork"]),
];

impl<'a> Walk<'a> {
    /// An entry of a `do` list.
    pub(super) fn step(&mut self, id: NodeId, schema: &'a Json) {
        let (body_schema, _) = self.resolve(&schema["additionalProperties"]);
        let known = |key: &str| body_schema["properties"].get(key).is_some();
        let Content::Mapping(entries) = &self.tree.node(id).content else { return self.not_a_step(id) };
        let tree = self.tree;
        let names: Vec<&str> = entries.iter().map(|(key, _)| tree.text_of(*key)).collect();
        match names.as_slice() {
            [] => {}
            [only] if !known(only) => {
                let (key, value) = entries[0];
                self.step_value(key, value, &schema["additionalProperties"]);
            }
            _ if names.iter().all(|name| known(name)) => self.nameless(id, &names),
            [_, rest @ ..] if rest.iter().any(|name| known(name)) && tree.is_null(entries[0].1) => {
                self.misindented(id, entries);
            }
            _ => self.several_names(entries),
        }
    }

    fn step_value(&mut self, key: NodeId, value: NodeId, schema: &'a Json) {
        let (name, span) = (self.tree.text_of(key), self.tree.node(key).span);
        self.name(name, span);
        match &self.tree.node(value).content {
            Content::Mapping(_) | Content::Refused => self.value(value, schema, At { name, span }),
            _ => {
                let message = match self.tree.is_null(value) {
                    true => format!("the step `{name}` does nothing"),
                    false => format!("the step `{name}` is {}, and a step is a map", self.found(value)),
                };
                let help = format!("write\n- {name}:\n    call: system.operation");
                self.push(Diagnostic::new(&codes::BAD_STEP, span, message).help(help));
            }
        }
    }

    fn not_a_step(&mut self, id: NodeId) {
        let message = format!("a step needs a name and a kind, and this is {}", self.found(id));
        let help = "write\n- name:\n    call: system.operation";
        let span = self.first_word(id);
        self.push(Diagnostic::new(&codes::BAD_STEP, span, message).help(help));
    }

    /// `- call: erp.get_account`, perhaps with more keys: the name is missing.
    fn nameless(&mut self, id: NodeId, names: &[&str]) {
        let tree = self.tree;
        let called = tree.entry(id, "call").map(|(_, value)| tree.text_of(value));
        let name = called.and_then(|call| call.rsplit('.').next()).filter(|name| !name.is_empty());
        let name = name.unwrap_or("name");
        let message = "this step has no name, so nothing can use its result";
        let help = format!("write\n- {name}:\n{}", self.body_lines(tree.entries(id)));
        let label = format!("`{}` is a kind of step or a key of one", names.first().unwrap_or(&""));
        let span = self.first_word(id);
        self.push(Diagnostic::new(&codes::BAD_STEP, span, message).label(label).help(help));
    }

    /// `- account:` with its keys beside it instead of under it.
    fn misindented(&mut self, id: NodeId, entries: &[(NodeId, NodeId)]) {
        let name = self.tree.text_of(entries[0].0);
        let message = format!("the keys of the step `{name}` stand beside its name, not under it");
        let help = format!("indent them:\n- {name}:\n{}", self.body_lines(&entries[1..]));
        let beside = self.tree.node(entries[1].0).span;
        let finding =
            Diagnostic::new(&codes::BAD_STEP, beside, message).label("indent this by two more spaces");
        let finding = finding.related(self.first_word(id), "the step's name").help(help);
        self.push(finding);
    }

    fn several_names(&mut self, entries: &[(NodeId, NodeId)]) {
        let (first, second) = (self.tree.text_of(entries[0].0), self.tree.text_of(entries[1].0));
        let message =
            format!("`{second}` stands beside the step `{first}`; each step is an entry of its own");
        let finding = Diagnostic::new(&codes::BAD_STEP, self.tree.node(entries[1].0).span, message);
        let finding = finding.related(self.tree.node(entries[0].0).span, "the step before it");
        self.push(finding.help(format!(
            "write `- {second}:` on a line of its own, or indent it if it belongs to `{first}`"
        )));
    }

    /// Entries as they would stand under a step's name; long values are shortened.
    fn body_lines(&self, entries: &[(NodeId, NodeId)]) -> String {
        let line = |(key, value): &(NodeId, NodeId)| {
            let Span { start, end, .. } = self.tree.node(*value).span;
            let raw = self.tree.text.get(start as usize..end as usize).unwrap_or_default();
            let raw = if raw.contains('\n') { "..." } else { raw.trim_end() };
            format!("    {}: {raw}", self.tree.text_of(*key)).trim_end().to_owned()
        };
        entries.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The body of a step: exactly one kind, and only keys that go with it.
    pub(super) fn step_body(&mut self, id: NodeId, missed: &[&str], at: At<'_>) {
        let tree = self.tree;
        let has_for = tree.entry(id, "for").is_some();
        let is_kind = |name: &str| KINDS.contains(&name) && !(has_for && name == "do");
        let keys = tree.entries(id).iter().map(|(key, _)| *key);
        let kinds: Vec<NodeId> = keys.filter(|key| is_kind(tree.text_of(*key))).collect();
        match kinds.as_slice() {
            // A misspelled `for` beside its `do`.
            [_] if missed.iter().any(|name| KINDS.contains(name)) => {}
            [kind] => self.modifiers(id, tree.text_of(*kind)),
            [] => self.no_kind(id, at),
            [first, second, ..] => {
                let (one, other) = (tree.text_of(*first), tree.text_of(*second));
                let message = format!("`{}` has two kinds, `{one}` and `{other}`; a step has one", at.name);
                let finding = Diagnostic::new(&codes::BAD_STEP, tree.node(*second).span, message);
                let finding = finding.related(tree.node(*first).span, "the first kind");
                let help = format!(
                    "make two steps of it:\n- {}:\n    {one}: ...\n- another:\n    {other}: ...",
                    at.name
                );
                self.push(finding.help(help));
            }
        }
        if has_for && tree.entry(id, "do").is_none() && !missed.contains(&"do") {
            let finding =
                Diagnostic::new(&codes::MISSING_KEY, at.span, format!("`{}` lacks the key `do`", at.name));
            self.push(finding.help("write the steps of each round under `do:`, beside `for:`"));
        }
    }

    fn no_kind(&mut self, id: NodeId, at: At<'_>) {
        let tree = self.tree;
        let near =
            |key: &NodeId| crate::diagnostic::nearest(tree.text_of(*key), KINDS.iter().copied()).is_some();
        if tree.entries(id).iter().any(|(key, _)| near(key)) {
            // Said already: an unknown key with the nearest name.
            return;
        }
        let built = KINDS.iter().filter(|kind| not_built::find("StepBody", kind).is_none());
        let list = built.map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` does not say what to do", at.name);
        let finding = Diagnostic::new(&codes::BAD_STEP, at.span, message);
        self.push(finding.help(format!("exactly one of these must stand in it: {list}")));
    }

    fn modifiers(&mut self, id: NodeId, kind: &str) {
        let tree = self.tree;
        for (key, _) in tree.entries(id) {
            let name = tree.text_of(*key);
            let Some((_, kinds)) = MODIFIERS.iter().find(|(modifier, _)| *modifier == name) else { continue };
            if kinds.contains(&kind) {
                continue;
            }
            let list = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
            let message = format!("`{name}` does not belong to `{kind}`");
            let finding = Diagnostic::new(&codes::MISPLACED_KEY, tree.node(*key).span, message);
            let finding = finding.help(format!("it goes with {list}"));
            self.push(match (name, kind) {
                ("within", "call" | "run") => {
                    finding.help("for the longest time of a step, write `timeout:`")
                }
                ("timeout", "listen") => {
                    finding.help("how long to listen stands inside: `listen: { ..., timeout: 14d }`")
                }
                _ => finding,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(KINDS.is_sorted());
        assert!(MODIFIERS.is_sorted_by_key(|(name, _)| name));
    }
}
