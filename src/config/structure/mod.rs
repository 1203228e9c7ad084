//! Checks a tree against the schema of its kind: every structural error at once, each with the
//! place of the word it is about and what to write instead.

mod choices;
mod either;
mod examples;
mod names;
pub mod not_built;
pub mod object;
mod scalar;
pub mod step;

use std::collections::HashMap;

use serde_json::Value as Json;

use super::kind::Kind;
use super::project::Environment;
use super::traps;
use super::tree::{Content, NodeId, Tree};
use crate::diagnostic::{Diagnostic, Span, codes, short};

/// What a check found out.
#[derive(Debug, Default)]
pub struct Checked {
    pub findings: Vec<Diagnostic>,
    /// Scalars whose value differs from their text, because a variable stands in them.
    pub expanded: HashMap<NodeId, serde_yaml::Value>,
    /// `${NAME}` without a value, where that can wait until the gateway serves.
    pub missing: Vec<(String, Span)>,
    /// `${secret:name}`.
    pub secrets: Vec<(String, Span)>,
    /// Where only an expression can stand.
    pub expressions: Vec<NodeId>,
}

/// Checks the tree of a file of `kind`.
pub fn check(tree: &Tree, kind: Kind, environment: &Environment) -> Checked {
    let root = kind.schema();
    let mut walk = Walk { tree, root, environment, out: Checked::default() };
    let article = if matches!(kind, Kind::Events | Kind::Exceptions) { "an" } else { "a" };
    walk.out.findings.extend(traps::curly_quotes(tree));
    let name = format!("{article} {} file", kind.name());
    let definition = root["title"].as_str().unwrap_or_default();
    match tree.is_null(tree.root) {
        true => {
            walk.object(tree.root, root, definition, At { name: &name, span: walk.first_word(tree.root) })
        }
        false => walk.value(tree.root, root, At { name: &name, span: walk.first_word(tree.root) }),
    }
    walk.out
}

/// What a value is called in messages, and where to point when something is missing from it.
#[derive(Clone, Copy)]
struct At<'n> {
    name: &'n str,
    span: Span,
}

struct Walk<'a> {
    tree: &'a Tree,
    root: &'a Json,
    environment: &'a Environment,
    out: Checked,
}

impl<'a> Walk<'a> {
    fn push(&mut self, finding: Diagnostic) {
        self.out.findings.push(finding);
    }

    /// Follows a reference: the schema, and its name when it is a definition's or the root's.
    fn resolve(&self, schema: &'a Json) -> (&'a Json, &'a str) {
        let Some(reference) = schema["$ref"].as_str() else {
            return (schema, schema["title"].as_str().unwrap_or_default());
        };
        let name = reference.strip_prefix("#/$defs/").unwrap_or_default();
        (&self.root["$defs"][name], name)
    }

    fn value(&mut self, id: NodeId, schema: &'a Json, at: At<'_>) {
        let (schema, definition) = self.resolve(schema);
        if self.tree.node(id).content == Content::Refused {
            return;
        }
        if let Some(trap) = traps::split(self.tree, id) {
            return self.push(trap);
        }
        match schema["x-kind"].as_str() {
            Some("text") => self.text(id, at),
            Some("expression") => self.expression(id, at),
            Some("data") => self.data(id),
            Some("or_map") => self.or_map(id, schema, at),
            Some("one_or_list") => self.one_or_list(id, schema, at),
            Some("flow_input") => self.flow_input(id, schema, at),
            Some("step") => self.step(id, schema),
            Some("wait") => self.lapse_or_until(id, schema, at),
            Some(kind) => self.one_line(id, kind, schema, at),
            None => self.plain(id, schema, definition, at),
        }
    }

    fn plain(&mut self, id: NodeId, schema: &'a Json, definition: &'a str, at: At<'_>) {
        if let Some(choices) = choices::of(schema) {
            return self.choice(id, &choices, at);
        }
        match schema["type"].as_str() {
            Some("object") => match self.tree.node(id).content {
                Content::Mapping(_) => self.object(id, schema, definition, at),
                _ => self.wrong_type(id, at, "a map: `key: value` lines under it"),
            },
            Some("array") => match &self.tree.node(id).content {
                Content::Sequence(items) => self.items(items, schema, at),
                _ => self.wrong_type(id, at, "a list: a `- ` line for each entry"),
            },
            Some("boolean") => self.boolean(id, at),
            Some("integer" | "number") => self.integer(id, schema, at),
            Some("string") => drop(self.string(id, at)),
            _ => {}
        }
    }

    fn items(&mut self, items: &[NodeId], schema: &'a Json, at: At<'_>) {
        for item in items {
            let span = self.first_word(*item);
            self.value(*item, &schema["items"], At { name: at.name, span });
        }
    }

    /// Where to point for a whole value: its first key, its text, or its first character.
    fn first_word(&self, id: NodeId) -> Span {
        let node = self.tree.node(id);
        match &node.content {
            Content::Mapping(entries) if !entries.is_empty() => self.tree.node(entries[0].0).span,
            Content::Mapping(_) | Content::Sequence(_) => {
                Span { end: (node.span.start + 1).min(node.span.end.max(node.span.start)), ..node.span }
            }
            _ => node.span,
        }
    }

    /// Says what should stand here.
    fn wrong_type(&mut self, id: NodeId, at: At<'_>, expected: &str) {
        let name = at.name;
        if self.tree.is_null(id) {
            let finding = Diagnostic::new(
                &codes::WRONG_TYPE,
                at.span,
                format!("{} has no value", object::quoted_name(name)),
            );
            return self.push(finding.help(format!("write {expected}, or take the key out")));
        }
        let found = self.found(id);
        let message = format!("{} must be {expected}, and this is {found}", object::quoted_name(name));
        let span = self.first_word(id);
        let finding = Diagnostic::new(&codes::WRONG_TYPE, span, message);
        self.push(
            match (self.tree.node(id).content == Content::Refused, examples::instead(name, self.tree, id)) {
                (false, Some(help)) => finding.help(help),
                _ => finding,
            },
        );
    }

    /// What stands at a node, in a word.
    fn found(&self, id: NodeId) -> String {
        use super::tree::Style;
        use super::tree::scalar::{Scalar, resolve};
        match &self.tree.node(id).content {
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a map".to_owned(),
            Content::Refused => "refused".to_owned(),
            Content::Scalar { .. } if self.tree.is_null(id) => "nothing".to_owned(),
            Content::Scalar { text, style } => {
                let word = match (style, resolve(text)) {
                    (Style::Plain, Scalar::Integer | Scalar::Decimal) => "the number",
                    _ => "",
                };
                format!("{word} `{}`", short(text)).trim_start().to_owned()
            }
        }
    }
}
