//! Scalars: texts, numbers, truths, expressions, data, one-line values with a unit.

use serde_json::Value as Json;

use super::object::quoted_name;
use super::{At, Walk, examples};
use crate::config::declarations::raw::{is_expression, schema_as_name};
use crate::config::declarations::{TextPart, scalars};
use crate::config::tree::scalar::{Scalar, quoted, resolve};
use crate::config::tree::{Content, NodeId, Style};
use crate::config::variables::{self, Placed};
use crate::config::{reading, traps};
use crate::diagnostic::{Diagnostic, Span, codes, short};

impl<'a> Walk<'a> {
    /// A scalar's text and style, when it is one.
    fn raw(&self, id: NodeId) -> Option<(&'a str, Style)> {
        match &self.tree.node(id).content {
            Content::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    /// A typed text: quoted where it could be taken for something else, and fully known. Gives the
    /// text with its variables expanded.
    pub(super) fn string(&mut self, id: NodeId, at: At<'_>) -> Option<String> {
        let Some((text, style)) = self.raw(id).filter(|_| !self.tree.is_null(id)) else {
            self.wrong_type(id, at, "a text");
            return None;
        };
        if style == Style::Plain && resolve(text) != Scalar::Text {
            self.number_for_text(id, text, at);
            return None;
        }
        let known = self.known(id, text, at)?;
        if known != text {
            self.out.expanded.insert(id, serde_yaml::Value::String(known.clone()));
        }
        Some(known)
    }

    /// Says to quote what one reader takes for a number and another for a text.
    fn quote_it(&mut self, id: NodeId, text: &str) {
        let word = short(text);
        let message = format!("`{word}` reads as one number to some and as another, or as a text, to others");
        let finding = Diagnostic::new(&codes::QUOTE_IT, self.tree.node(id).span, message).label("quote it");
        let finding = finding.help(format!("for a text, write `{}`", quoted(text)));
        self.push(finding.help("a number is written with digits and one point: `12`, `0.5`"));
    }

    /// Says to quote a text that YAML reads as a number or a truth.
    fn number_for_text(&mut self, id: NodeId, text: &str, at: At<'_>) {
        let read = match resolve(text) {
            Scalar::Bool(_) => "a truth value",
            _ => "a number",
        };
        let message = format!("{} is a text, and `{}` reads as {read}", quoted_name(at.name), short(text));
        let finding = Diagnostic::new(&codes::QUOTE_IT, self.tree.node(id).span, message);
        self.push(match examples::of_number(at.name, text) {
            Some(help) => finding.help(help),
            None => finding.label("quote it").help(format!("write `{}`", quoted(text))),
        });
    }

    /// Takes a scalar's references apart; what is malformed is reported.
    fn pieces(&mut self, id: NodeId, text: &str) -> Option<Vec<Placed>> {
        match variables::parse(text) {
            Ok(pieces) => Some(pieces),
            Err(malformed) => {
                let span = self.inside(id, malformed.start, malformed.end);
                let finding = Diagnostic::new(&codes::BAD_VARIABLE, span, malformed.message);
                self.push(finding.help(
                    "write `${NAME}`, `${NAME:-default}` or `${secret:name}`; a plain `${` is written `$${`",
                ));
                None
            }
        }
    }

    /// The span of some bytes of a scalar's text; of all of it when they do not line up.
    fn inside(&self, id: NodeId, start: usize, end: usize) -> Span {
        match self.tree.aligned(id) {
            Some(span) => Span { start: span.start + start as u32, end: span.start + end as u32, ..span },
            None => self.tree.node(id).span,
        }
    }

    /// The text with variables expanded, where a check cannot go on without it.
    fn known(&mut self, id: NodeId, text: &str, at: At<'_>) -> Option<String> {
        if !text.contains("${") {
            return Some(text.to_owned());
        }
        let pieces = self.pieces(id, text)?;
        let parts = variables::expand(pieces, self.environment);
        let span = self.tree.node(id).span;
        let mut known = String::new();
        for part in parts {
            match part {
                TextPart::Literal(text) => known.push_str(&text),
                TextPart::Secret(name) => {
                    let message = format!("a secret cannot stand in `{}`", at.name);
                    let finding = Diagnostic::new(&codes::MISPLACED_SECRET, span, message);
                    let help =
                        format!("write the value itself, or a variable: `${{{}}}`", name.to_uppercase());
                    self.push(finding.help(help));
                    return None;
                }
                TextPart::Missing(name) => {
                    let message = format!("`{}` cannot be checked: `{name}` has no value here", at.name);
                    let finding = Diagnostic::new(&codes::UNSET_VARIABLE, span, message);
                    let help = format!("give it a default, such as `${{{name}:-{}}}`", example(at.name));
                    self.push(finding.help(help));
                    return None;
                }
            }
        }
        Some(known)
    }

    /// A text in which secrets and missing variables may wait.
    pub(super) fn text(&mut self, id: NodeId, at: At<'_>) {
        let Some((text, style)) = self.raw(id).filter(|_| !self.tree.is_null(id)) else {
            return self.wrong_type(id, at, "a text");
        };
        if style == Style::Plain && resolve(text) != Scalar::Text {
            return self.number_for_text(id, text, at);
        }
        self.references(id, text);
    }

    /// Notes the secrets and the missing variables of a text.
    fn references(&mut self, id: NodeId, text: &str) {
        let Some(pieces) = self.pieces(id, text) else { return };
        let span = self.tree.node(id).span;
        for part in variables::expand(pieces, self.environment) {
            match part {
                TextPart::Literal(_) => {}
                TextPart::Secret(name) => self.out.secrets.push((name, span)),
                TextPart::Missing(name) => self.out.missing.push((name, span)),
            }
        }
    }

    pub(super) fn boolean(&mut self, id: NodeId, at: At<'_>) {
        let Some((text, style)) = self.raw(id).filter(|_| !self.tree.is_null(id)) else {
            return self.wrong_type(id, at, "`true` or `false`");
        };
        let Some(known) = self.known(id, text, at) else { return };
        let truth = match resolve(&known) {
            Scalar::Bool(truth) if style == Style::Plain || known != text => truth,
            _ => return self.wrong_type(id, at, "`true` or `false`"),
        };
        if known != text {
            self.out.expanded.insert(id, serde_yaml::Value::Bool(truth));
        }
    }

    pub(super) fn integer(&mut self, id: NodeId, schema: &Json, at: At<'_>) {
        let Some((text, style)) = self.raw(id).filter(|_| !self.tree.is_null(id)) else {
            return self.wrong_type(id, at, "a whole number such as `20`");
        };
        if style == Style::Plain && resolve(text) == Scalar::Ambiguous {
            return self.quote_it(id, text);
        }
        let Some(known) = self.known(id, text, at) else { return };
        let (least, most) = bounds(schema);
        let fits = known.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
        // A variable inside `{ }` must be quoted; what it stands for is still a number.
        let written = style == Style::Plain || known != text;
        if !written || resolve(&known) != Scalar::Integer || !fits {
            let range = if written {
                format!("a whole number from {least} to {most}")
            } else {
                "a whole number".to_owned()
            };
            return self.wrong_type(id, at, &range);
        }
        if known != text {
            self.out.expanded.insert(id, reading::plain(&known));
        }
    }

    /// A value with a unit, such as a duration.
    pub(super) fn one_line(&mut self, id: NodeId, kind: &str, schema: &Json, at: At<'_>) {
        let words = schema["description"].as_str().unwrap_or("a text");
        let Some((text, _)) = self.raw(id).filter(|_| !self.tree.is_null(id)) else {
            return self.wrong_type(id, at, words);
        };
        let Some(known) = self.known(id, text, at) else { return };
        if !scalars::fits(kind, &known) {
            return self.wrong_type(id, at, words);
        }
        if known != text {
            self.out.expanded.insert(id, serde_yaml::Value::String(known));
        }
    }

    pub(super) fn expression(&mut self, id: NodeId, at: At<'_>) {
        self.out.expressions.push(id);
        let Some((text, _)) = self.raw(id).filter(|(text, _)| {
            !text.trim_matches(['=', ' ', '\t', '\n']).is_empty() && !self.tree.is_null(id)
        }) else {
            return self.wrong_type(id, at, "an expression such as `status == 200`");
        };
        if text.starts_with("==") {
            let message =
                "an expression does not begin with `==`: that is how data begins with a literal `=`";
            let finding = Diagnostic::new(&codes::YAML_TRAP, self.tree.node(id).span, message);
            return self.push(finding.help(format!("write `{}`", text.trim_start_matches('=').trim_start())));
        }
        self.expression_traps(id, text);
    }

    fn expression_traps(&mut self, id: NodeId, text: &str) {
        if let Some(trap) = traps::expression(self.tree, id) {
            return self.push(trap);
        }
        if let Some(at) = text.find("${") {
            let end = text[at..].find('}').map_or(text.len(), |length| at + length + 1);
            let message = "variables and secrets do not stand in expressions";
            let finding = Diagnostic::new(&codes::BAD_VARIABLE, self.inside(id, at, end), message);
            self.push(
                finding.help("inside a text of an expression, `{name}` shows a value that is in scope"),
            );
        }
    }

    /// Data of any shape; its scalars are literals or expressions.
    pub(super) fn data(&mut self, id: NodeId) {
        if let Some(trap) = traps::split(self.tree, id) {
            return self.push(trap);
        }
        let tree = self.tree;
        match &tree.node(id).content {
            Content::Sequence(items) => items.iter().for_each(|item| self.data(*item)),
            Content::Mapping(entries) => entries.iter().for_each(|(_, value)| self.data(*value)),
            Content::Scalar { text, .. } if is_expression(text) => self.expression_traps(id, text),
            Content::Scalar { text, style: Style::Plain } if resolve(text) == Scalar::Ambiguous => {
                self.quote_it(id, text);
            }
            Content::Scalar { text, .. } if !text.starts_with("==") => self.references(id, text),
            Content::Scalar { .. } | Content::Refused => {}
        }
    }

    /// `schema as name`, or names and types.
    pub(super) fn flow_input(&mut self, id: NodeId, schema: &'a Json, at: At<'_>) {
        match &self.tree.node(id).content {
            Content::Mapping(_) => self.object(id, &schema["anyOf"][1], "", at),
            Content::Scalar { .. } if schema_as_name(self.tree, id).is_some() => {}
            _ => self.wrong_type(
                id,
                at,
                "a schema and a name such as `canonical/booking@1 as booking`, or a map such as `{ reference: string }`",
            ),
        }
    }

    /// `2h`, or `until:` an instant.
    pub(super) fn lapse_or_until(&mut self, id: NodeId, schema: &'a Json, at: At<'_>) {
        match &self.tree.node(id).content {
            Content::Mapping(_) => self.object(id, &schema["anyOf"][1], "", at),
            Content::Scalar { text, .. } if is_expression(text) => {
                let message = "an instant to wait for stands under `until`";
                let finding = Diagnostic::new(&codes::WRONG_TYPE, self.tree.node(id).span, message);
                let until = text.trim_start_matches('=').trim();
                self.push(
                    finding.help(format!("write `until: {until}` under `wait:`, on a line of its own")),
                );
            }
            _ => self.value(id, &schema["anyOf"][0], at),
        }
    }
}

/// The least and the most that a whole number may be.
fn bounds(schema: &Json) -> (i64, i64) {
    match schema["format"].as_str() {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint64") => (0, i64::MAX),
        Some("int64") => (i64::MIN, i64::MAX),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        _ => (0, u32::MAX.into()),
    }
}

/// A default to propose for a key.
fn example(key: &str) -> &'static str {
    match key {
        "rate" => "20/s",
        "header_size" | "body_size" | "response_size" => "1MB",
        "backoff" => "200ms..30s",
        "attempts" | "concurrency" | "burst" | "connections" | "requests" | "queue" | "depth" => "20",
        _ if key.contains("time") || matches!(key, "within" | "ttl" | "wait" | "drain" | "settle") => "5s",
        _ => "value",
    }
}
