//! Maps: unknown and missing keys, what is not built yet, and keys that go together or do not.

use serde_json::{Map, Value as Json};

use super::not_built;
use super::{At, Walk};
use crate::config::tree::NodeId;
use crate::diagnostic::{Diagnostic, codes, nearest, short};

/// Exactly one of the keys of each group must stand in a declaration. Sorted.
pub static EXACTLY_ONE: &[(&str, &[&str])] = &[
    ("ListenFor", &["event", "any", "all"]),
    ("Operation", &["get", "post", "put", "patch", "delete"]),
    ("Route", &["get", "post", "put", "patch", "delete"]),
    ("Route", &["run", "forward", "publish", "status_of", "cancel", "stream_of", "entity_of"]),
    ("Subscriber", &["flow", "webhook", "stream"]),
];

impl<'a> Walk<'a> {
    /// A map: every key known, every needed key there, every value as it should be.
    pub(super) fn object(&mut self, id: NodeId, schema: &'a Json, definition: &'a str, at: At<'_>) {
        let properties = schema["properties"].as_object();
        let others = &schema["additionalProperties"];
        let tree = self.tree;
        for (key, value) in tree.entries(id) {
            let (name, span) = (tree.text_of(*key), tree.node(*key).span);
            let inner = At { name, span };
            match properties.and_then(|known| known.get(name)) {
                Some(_) if not_built::find(definition, name).is_some() => self.not_built(definition, inner),
                Some(schema) => {
                    self.names(definition, name, *value);
                    self.value(*value, schema, inner);
                }
                None if others.is_object() => self.value(*value, others, inner),
                None => self.unknown_key(definition, properties, at, inner),
            }
        }
        let missed = self.missed(id, properties);
        self.missing_keys(id, schema, &missed, at);
        self.together(id, definition, &missed, at);
    }

    fn not_built(&mut self, definition: &str, key: At<'_>) {
        let Some(entry) = not_built::find(definition, key.name) else { return };
        let message = format!("{} is not built yet", entry.feature);
        self.push(Diagnostic::new(&codes::NOT_BUILT_YET, key.span, message).help(entry.meanwhile));
    }

    fn unknown_key(&mut self, definition: &str, known: Option<&Map<String, Json>>, at: At<'_>, key: At<'_>) {
        let built = |name: &&str| not_built::find(definition, name).is_none();
        let names: Vec<&str> =
            known.into_iter().flat_map(Map::keys).map(String::as_str).filter(built).collect();
        let message = format!("{} has no key `{}`", quoted_name(at.name), short(key.name));
        let finding = Diagnostic::new(&codes::UNKNOWN_KEY, key.span, message);
        let finding = finding.nearest(key.name, names.iter().copied());
        let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        self.push(finding.help(format!("keys that may stand here: {list}")));
    }

    /// The keys that unknown ones only just miss: they have been noted with these names.
    fn missed(&self, id: NodeId, known: Option<&'a Map<String, Json>>) -> Vec<&'a str> {
        let Some(known) = known else { return Vec::new() };
        let keys = self.tree.entries(id).iter().map(|(key, _)| self.tree.text_of(*key));
        let unknown = keys.filter(|key| !known.contains_key(*key));
        unknown.filter_map(|key| nearest(key, known.keys().map(String::as_str))).collect()
    }

    fn missing_keys(&mut self, id: NodeId, schema: &Json, missed: &[&str], at: At<'_>) {
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let needed = needed.filter(|name| !missed.contains(name));
        for name in needed.filter(|name| self.tree.entry(id, name).is_none()) {
            self.missing_key(name, at);
        }
    }

    fn missing_key(&mut self, name: &str, at: At<'_>) {
        let message = format!("{} lacks the key `{name}`", quoted_name(at.name));
        self.push(Diagnostic::new(&codes::MISSING_KEY, at.span, message).help(format!("add `{name}: ...`")));
    }

    /// Keys that go together, or of which only one may stand.
    fn together(&mut self, id: NodeId, definition: &str, missed: &[&str], at: At<'_>) {
        let groups = EXACTLY_ONE.iter().filter(|(name, _)| *name == definition);
        for (_, group) in groups {
            self.exactly_one(id, group, missed, at);
        }
        if definition == "StepBody" {
            self.step_body(id, missed, at);
        }
    }

    fn exactly_one(&mut self, id: NodeId, group: &[&str], missed: &[&str], at: At<'_>) {
        let present: Vec<NodeId> =
            group.iter().filter_map(|name| self.tree.entry(id, name)).map(|(key, _)| key).collect();
        let list =
            |group: &[&str]| group.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match present.as_slice() {
            [_] => {}
            [] if missed.iter().any(|name| group.contains(name)) => {}
            [] => {
                let message = format!("{} lacks one of {}", quoted_name(at.name), list(group));
                let finding = Diagnostic::new(&codes::MISSING_KEY, at.span, message);
                self.push(finding.help("exactly one of them must stand here"));
            }
            [first, second, ..] => {
                let (one, other) = (self.tree.text_of(*first), self.tree.text_of(*second));
                let message = format!("`{other}` stands beside `{one}`, and only one of them may");
                let finding =
                    Diagnostic::new(&codes::CONFLICTING_KEYS, self.tree.node(*second).span, message);
                self.push(finding.related(self.tree.node(*first).span, "the other one"));
            }
        }
    }
}

/// A name in backticks, unless it is a description.
pub(super) fn quoted_name(name: &str) -> String {
    if name.contains(' ') { short(name).into_owned() } else { format!("`{}`", short(name)) }
}
