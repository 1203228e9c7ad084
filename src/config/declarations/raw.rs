//! Texts, expressions, data and steps: read from the file's own words rather than from a value.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::common::{Data, Expression, Name, Names, Text, TextPart, Texts, Written};
use super::flow::{FlowInput, Step, StepBody};
use crate::config::project::Environment;
use crate::config::reading;
use crate::config::tree::scalar::{Scalar, resolve};
use crate::config::tree::{Content, NodeId, Style, Tree};
use crate::config::{Spanned, variables};
use crate::diagnostic::Span;
use crate::value::{Number, Value};

impl Text {
    /// A text without references, for tests and defaults.
    pub fn literal(text: impl Into<String>, span: Span) -> Text {
        Text { parts: vec![TextPart::Literal(text.into())], span }
    }

    /// The text, when no secret and no missing variable stands in it.
    pub fn plain(&self) -> Option<String> {
        self.resolve(|_| None)
    }

    /// The text with every secret looked up; `None` when one, or a variable, has no value. The
    /// result may be a secret: it must not be logged.
    pub fn resolve(&self, secret: impl Fn(&str) -> Option<String>) -> Option<String> {
        let parts = self.parts.iter().map(|part| match part {
            TextPart::Literal(text) => Some(text.clone()),
            TextPart::Secret(name) => secret(name),
            TextPart::Missing(_) => None,
        });
        parts.collect()
    }

    /// The names of the secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            TextPart::Secret(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn of(tree: &Tree, id: NodeId, environment: &Environment) -> Text {
        let pieces = variables::parse(tree.text_of(id)).unwrap_or_default();
        Text { parts: variables::expand(pieces, environment), span: tree.node(id).span }
    }
}

impl Expression {
    /// An expression that stands in no file, for tests and defaults.
    pub fn new(text: impl Into<String>, span: Span) -> Expression {
        Expression { text: text.into(), span, aligned: false }
    }

    pub(super) fn of(tree: &Tree, id: NodeId) -> Expression {
        let raw = tree.text_of(id);
        let bare = raw.strip_prefix('=').unwrap_or(raw);
        let text = bare.trim();
        let skipped = (raw.len() - bare.trim_start().len()) as u32;
        match tree.aligned(id) {
            Some(span) => {
                let start = span.start + skipped;
                let span = Span { start, end: start + text.len() as u32, ..span };
                Expression { text: text.to_owned(), span, aligned: true }
            }
            None => Expression { text: text.to_owned(), span: tree.node(id).span, aligned: false },
        }
    }
}

/// Whether a scalar in a data position is an expression: `=...`, but not `==...`.
pub fn is_expression(text: &str) -> bool {
    text.starts_with('=') && !text.starts_with("==")
}

impl Data {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Data::Literal(value, _) => value.span,
            Data::Expression(expression) => expression.span,
            Data::Secret(text) => text.span,
            Data::Array(_, span) | Data::Object(_, span) => *span,
        }
    }

    fn of(tree: &Tree, id: NodeId, environment: &Environment) -> Data {
        let node = tree.node(id);
        match &node.content {
            Content::Sequence(items) => {
                Data::Array(items.iter().map(|item| Data::of(tree, *item, environment)).collect(), node.span)
            }
            Content::Mapping(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (name(tree, *key), Data::of(tree, *value, environment)));
                Data::Object(entries.collect(), node.span)
            }
            Content::Scalar { text, .. } if is_expression(text) => Data::Expression(Expression::of(tree, id)),
            Content::Scalar { text, style } => Data::scalar(tree, id, text, *style, environment),
            Content::Refused => {
                Data::Literal(Spanned { value: Value::Null, span: node.span }, Written::Quoted)
            }
        }
    }

    fn scalar(tree: &Tree, id: NodeId, text: &str, style: Style, environment: &Environment) -> Data {
        let plain = if style == Style::Plain { resolve(text) } else { Scalar::Text };
        let value = match plain {
            Scalar::Null => Value::Null,
            Scalar::Bool(truth) => Value::Bool(truth),
            Scalar::Integer | Scalar::Decimal => match Number::parse(text) {
                Some(number) => Value::Number(number),
                None => Value::from(text),
            },
            Scalar::Ambiguous | Scalar::Text if text.starts_with("==") => Value::from(&text[1..]),
            Scalar::Ambiguous | Scalar::Text => {
                let text = Text::of(tree, id, environment);
                match text.plain() {
                    Some(plain) => Value::from(plain),
                    None => return Data::Secret(text),
                }
            }
        };
        let written = if style == Style::Plain { Written::Bare } else { Written::Quoted };
        Data::Literal(Spanned { value, span: tree.node(id).span }, written)
    }
}

fn name(tree: &Tree, id: NodeId) -> Name {
    Spanned { value: tree.text_of(id).to_owned(), span: tree.node(id).span }
}

/// The two words of `schema as name`, each with its place.
pub fn schema_as_name(tree: &Tree, id: NodeId) -> Option<(Name, Name)> {
    let text = tree.text_of(id);
    let (schema, bound) = text.split_once(" as ")?;
    let (schema, bound) = (schema.trim(), bound.trim());
    if schema.is_empty() || bound.is_empty() || schema.contains(' ') || bound.contains(' ') {
        return None;
    }
    let word = |word: &str, at: usize| {
        let span = match tree.aligned(id) {
            Some(span) => {
                let start = span.start + at as u32;
                Span { start, end: start + word.len() as u32, ..span }
            }
            None => tree.node(id).span,
        };
        Spanned { value: word.to_owned(), span }
    };
    let (at_schema, at_name) = (text.find(schema)?, text.rfind(bound)?);
    Some((word(schema, at_schema), word(bound, at_name)))
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        Ok(Text::of(&reading.tree, id, &reading.environment))
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        Ok(Expression::of(&reading.tree, id))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        Ok(Data::of(&reading.tree, id, &reading.environment))
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        let text = |id: &NodeId| Text::of(&reading.tree, *id, &reading.environment);
        Ok(Texts(each(&reading.tree, &id).iter().map(text).collect()))
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        Ok(Names(each(&reading.tree, &id).iter().map(|id| name(&reading.tree, *id)).collect()))
    }
}

/// The entries of a list, or the one thing that stands here instead.
fn each<'a>(tree: &'a Tree, id: &'a NodeId) -> &'a [NodeId] {
    match &tree.node(*id).content {
        Content::Sequence(items) => items,
        _ => std::slice::from_ref(id),
    }
}

impl<'de> Deserialize<'de> for FlowInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, reading) = reading::node(deserializer)?;
        let tree = &reading.tree;
        if let Content::Mapping(entries) = &tree.node(id).content {
            let names = entries.iter().map(|(key, value)| (name(tree, *key), name(tree, *value)));
            return Ok(FlowInput::Named(names.collect()));
        }
        let one = schema_as_name(tree, id).map(|(schema, name)| FlowInput::One { schema, name });
        one.ok_or_else(|| de::Error::custom("write `schema as name`"))
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneKey;
        impl<'de> de::Visitor<'de> for OneKey {
            type Value = Step;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a step: one key that names it")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
                let entry = map.next_entry::<Name, Spanned<StepBody>>()?;
                let (name, body) = entry.ok_or_else(|| de::Error::custom("a step needs a name"))?;
                Ok(Step { name, body })
            }
        }
        deserializer.deserialize_map(OneKey)
    }
}

macro_rules! schemas {
    ($($ty:ty, $name:literal, $generator:ident => $schema:expr;)*) => {$(
        impl JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}
schemas! {
    Text, "text", _generator => json_schema!({
        "type": "string",
        "description": "A text; `${NAME}`, `${NAME:-default}` and `${secret:name}` may stand in it.",
        "x-kind": "text",
    });
    Expression, "expression", _generator => json_schema!({
        "type": ["string", "boolean", "number"],
        "description": "An expression of the mapping language: `account.creditStatus == \"ok\"`.",
        "x-kind": "expression",
    });
    Data, "data", _generator => json_schema!({
        "description": "Any data; a text that begins with `=` is an expression, `==` is a literal `=`.",
        "x-kind": "data",
    });
    Texts, "texts", _generator => json_schema!({
        "description": "A text, or a list of them.",
        "anyOf": [
            { "type": "string", "x-kind": "text" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "x-kind": "text" } },
        ],
        "x-kind": "one_or_list",
    });
    Names, "names", _generator => json_schema!({
        "description": "A name, or a list of them.",
        "anyOf": [{ "type": "string" }, { "type": "array", "minItems": 1, "items": { "type": "string" } }],
        "x-kind": "one_or_list",
    });
    FlowInput, "flow_input", _generator => json_schema!({
        "description": "`schema as name`, or names and their types.",
        "anyOf": [
            { "type": "string", "pattern": "^\\S+ as \\S+$" },
            { "type": "object", "additionalProperties": { "type": "string" } },
        ],
        "x-kind": "flow_input",
    });
    Step, "step", generator => {
        let body = generator.subschema_for::<StepBody>();
        json_schema!({
            "type": "object",
            "description": "One key that names the step and its result, and the step under it.",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": body,
            "x-kind": "step",
        })
    };
}
