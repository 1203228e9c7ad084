//! Path patterns: `/v1/bookings/{reference}`.

use std::collections::BTreeMap;

use super::parameters;
use crate::config::declarations::Name;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::plan::link::findings::Findings;
use crate::plan::{Parameter, ParameterKind};

/// The parameters of a path in their order, with the types that `params` gives them. `None` when the
/// path is no pattern.
pub(super) fn parameters(
    path: &Name,
    declared: &BTreeMap<Name, Name>,
    findings: &mut Findings,
) -> Option<Vec<Parameter>> {
    let names = names(path, findings)?;
    for name in declared.keys().filter(|name| !names.contains(&name.value.as_str())) {
        findings.add(
            Diagnostic::new(
                &codes::UNKNOWN_PARAMETER,
                name.span,
                format!("the path `{}` has no parameter `{}`", path.value, name.value),
            )
            .nearest(&name.value, names.iter().copied())
            .help(format!("write it into the path, `…/{{{}}}`, or remove it here", name.value)),
        );
    }
    let mut kind = |name: &str| match declared.iter().find(|(own, _)| own.value == name) {
        Some((_, ty)) => findings.keep(parameters::kind(ty, &ty.value)).unwrap_or(ParameterKind::String),
        None => ParameterKind::String,
    };
    let parameter = |name: &str| Parameter { name: name.into(), kind: kind(name), optional: false };
    Some(names.into_iter().map(parameter).collect())
}

/// Where a parameter stands in its path.
pub(super) fn span_of(path: &Name, parameter: &str) -> Span {
    let found = path.value.find(&format!("{{{parameter}}}"));
    // A path in quotes or with escapes is longer in the file than it reads.
    let exact = (path.span.end - path.span.start) as usize == path.value.len();
    match found.filter(|_| exact) {
        Some(at) => {
            let start = path.span.start as usize + at + 1;
            Span::new(path.span.source, start, start + parameter.len())
        }
        None => path.span,
    }
}

/// The parameters' names; what is wrong with the pattern is found.
fn names<'p>(path: &'p Name, findings: &mut Findings) -> Option<Vec<&'p str>> {
    let mut names: Vec<&str> = Vec::new();
    if let Some((why, help)) = fault(&path.value) {
        findings
            .add(Diagnostic::new(&codes::BAD_PATH, path.span, format!("`{}` {why}", path.value)).help(help));
        return None;
    }
    for name in path.value.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
        if names.contains(&name) {
            findings.add(
                Diagnostic::new(
                    &codes::BAD_PATH,
                    path.span,
                    format!("`{}` has the parameter `{name}` twice", path.value),
                )
                .help("give each parameter a name of its own"),
            );
        } else {
            names.push(name);
        }
    }
    Some(names)
}

/// What is wrong with a pattern, and what to write.
fn fault(path: &str) -> Option<(&'static str, String)> {
    if !path.starts_with('/') {
        return Some(("does not begin with `/`", format!("write `/{path}`")));
    }
    if path.contains(['?', '#', ' ']) {
        return Some(("is more than a path", "declare query parameters under `query:`".to_owned()));
    }
    if path.len() > 1 && path.split('/').skip(1).any(str::is_empty) {
        return Some((
            "has an empty segment",
            format!(
                "write `/{}`",
                path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
            ),
        ));
    }
    path.split('/').find_map(segment_fault)
}

fn segment_fault(segment: &str) -> Option<(&'static str, String)> {
    if let Some(name) = segment.strip_prefix(':').filter(|name| !name.is_empty()) {
        return Some(("writes a parameter with a colon", format!("write `{{{name}}}` for `:{name}`")));
    }
    if !segment.contains(['{', '}']) {
        return None;
    }
    let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Some((
            "has a parameter that does not fill its segment",
            "let a parameter stand alone between two `/`: `/v1/bookings/{reference}`".to_owned(),
        ));
    };
    let snake = name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_');
    let starts = name.chars().next().is_some_and(|sign| sign.is_ascii_lowercase());
    (!(snake && starts)).then(|| {
        (
            "has a parameter whose name is not in snake_case",
            "write small letters, digits and `_`: `{booking_reference}`".to_owned(),
        )
    })
}
