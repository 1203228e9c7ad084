//! Path and query parameters and their types.

use std::collections::BTreeMap;

use crate::config::declarations::Name;
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::link::findings::Findings;
use crate::plan::{Parameter, ParameterKind};
use crate::schema::{Field, Type};

/// The words for types of parameters, sorted.
const KINDS: [(&str, ParameterKind); 6] = [
    ("boolean", ParameterKind::Boolean),
    ("date", ParameterKind::Date),
    ("date-time", ParameterKind::DateTime),
    ("decimal", ParameterKind::Decimal),
    ("integer", ParameterKind::Integer),
    ("string", ParameterKind::String),
];

/// What else people write for them, sorted.
const MEANT: [(&str, &str); 7] = [
    ("bool", "boolean"),
    ("datetime", "date-time"),
    ("float", "decimal"),
    ("int", "integer"),
    ("number", "decimal"),
    ("str", "string"),
    ("text", "string"),
];

/// The query parameters of a route, sorted by name.
pub(super) fn query(declared: &BTreeMap<Name, Name>, findings: &mut Findings) -> Vec<Parameter> {
    let parameter = |(name, ty): (&Name, &Name)| {
        let (word, optional) = match ty.value.strip_suffix('?') {
            Some(word) => (word, true),
            None => (ty.value.as_str(), false),
        };
        let kind = findings.keep(kind(ty, word))?;
        Some(Parameter { name: name.value.as_str().into(), kind, optional })
    };
    declared.iter().filter_map(parameter).collect()
}

/// The kind that a word names.
pub(super) fn kind(written: &Name, word: &str) -> Result<ParameterKind, Diagnostic> {
    let found = KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
    found.ok_or_else(|| {
        let finding = Diagnostic::new(&codes::UNKNOWN_TYPE, written.span, format!("`{word}` is no type for a parameter"));
        let finding = match MEANT.iter().find(|(other, _)| *other == word) {
            Some((_, meant)) => finding.label(format!("did you mean `{meant}`?")),
            None => finding.nearest(word, KINDS.iter().map(|(name, _)| *name)),
        };
        finding.help(
            "write `string`, `integer`, `decimal`, `boolean`, `date` or `date-time`; a `?` behind it makes a query parameter optional",
        )
    })
}

/// The type of an object that holds these parameters.
pub(super) fn object(parameters: &[Parameter]) -> Type {
    let field = |parameter: &Parameter| {
        (parameter.name.clone(), Field { ty: ty(parameter.kind), required: !parameter.optional })
    };
    Type::object(parameters.iter().map(field).collect())
}

/// The type of what a parameter's text becomes.
pub(super) fn ty(kind: ParameterKind) -> Type {
    match kind {
        ParameterKind::String => Type::text(),
        ParameterKind::Integer => Type::integer(),
        ParameterKind::Decimal => Type::number(),
        ParameterKind::Boolean => Type::Boolean,
        ParameterKind::Date => Type::formatted("date"),
        ParameterKind::DateTime => Type::formatted("date-time"),
    }
}
