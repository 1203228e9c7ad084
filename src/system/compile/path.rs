//! `/api/v1/accounts/{number}`: literal stretches and expressions.

use std::sync::Arc;

use super::Findings;
use crate::config::declarations::{Expression, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::{self, Environment, Scope, Target};
use crate::schema::Type;
use crate::system::operation::Segment;
use crate::system::text;

/// The stretches of an operation's path.
pub(super) fn compile(
    path: &Text,
    scope: &Scope,
    environment: &Environment<'_>,
    findings: &mut Findings,
) -> Option<Vec<Segment>> {
    let bad = |message: String| Diagnostic::new(&codes::BAD_OPERATION_PATH, path.span, message);
    if text::secret(path).is_some() {
        let message = "the path holds a secret, which logs would show";
        let help = "move it into `auth` or `headers`";
        findings.add(Diagnostic::new(&codes::MISPLACED_SECRET, path.span, message).help(help));
        return None;
    }
    let whole = text::with(path, &Default::default());
    if !whole.starts_with('/') && !whole.is_empty() {
        findings.add(bad(format!("`{whole}` does not begin with `/`")).help(format!("write `/{whole}`")));
        return None;
    }
    if let Some(strange) = whole.split(['{', '}']).step_by(2).find_map(strange) {
        let help = "percent-encode it, or write it as a query parameter under `query:`";
        findings.add(bad(format!("the path holds {strange}")).help(help));
        return None;
    }
    if let Some(name) =
        whole.split('/').find_map(|segment| segment.strip_prefix(':')).filter(|name| !name.is_empty())
    {
        let help = format!("write `{{{name}}}` for `:{name}`");
        findings.add(bad(format!("`{whole}` writes a parameter with a colon")).help(help));
        return None;
    }
    let mut segments = Vec::new();
    let mut rest = whole.as_str();
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((words, after)) = after.split_once('}') else {
            findings.add(bad("a `{` in the path has no `}`".to_owned()));
            return None;
        };
        segments.push(Segment::Literal(literal.into()));
        segments.push(value(words.trim(), path, scope, environment, findings)?);
        rest = after;
    }
    segments.push(Segment::Literal(rest.into()));
    Some(segments)
}

/// What no path may hold as it is (RFC 3986 §3.3), in words.
fn strange(literal: &str) -> Option<&'static str> {
    literal.chars().find_map(|character| match character {
        '?' => Some("a `?`"),
        '#' => Some("a `#`"),
        character if character.is_whitespace() => Some("a space"),
        character if character.is_control() || !character.is_ascii() => Some("a character that is not ASCII"),
        _ => None,
    })
}

fn value(
    words: &str,
    path: &Text,
    scope: &Scope,
    environment: &Environment<'_>,
    findings: &mut Findings,
) -> Option<Segment> {
    let root = words.split(['.', '[']).next().unwrap_or_default();
    let names = || scope.names.iter().map(|name| &*name.name);
    let plain = !root.is_empty() && root.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if plain && !names().any(|name| name == root) {
        let message = format!("the path names `{root}`, which the operation does not take");
        let finding = Diagnostic::new(&codes::UNDECLARED_PARAMETER, path.span, message);
        let help = format!("add it to `takes`: `{root}: string`");
        findings.add(finding.nearest(root, names()).help(help));
        return None;
    }
    // Where inside the text it stands is not known: the text may be quoted, or hold variables.
    let expression = Expression { text: words.to_owned(), span: path.span, aligned: false };
    let target = Target {
        ty: Type::union([Type::text(), Type::number(), Type::Boolean]),
        required: true,
        what: format!("`{{{words}}}` in the path"),
    };
    let compiled = findings.take(mapping::compile_expression_to(&expression, &target, scope, environment))?;
    Some(Segment::Value(Arc::from(words), compiled))
}
