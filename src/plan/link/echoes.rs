//! Leaves out findings that only repeat another one: a flow that did not compile is not also an
//! unknown flow, and what only a broken file uses is not unused.

use std::collections::BTreeSet;

use crate::config::Project;
use crate::diagnostic::{Code, Diagnostic, Severity, codes};

/// Codes that may follow from a broken file below each path.
const FOLLOWS: [(&str, &[&Code]); 7] = [
    ("events/", &[&codes::UNKNOWN_EVENT]),
    ("exceptions", &[&codes::UNKNOWN_EXCEPTION, &codes::UNKNOWN_REJECTION]),
    ("flows/", &[&codes::UNKNOWN_FLOW]),
    (
        "gateway.yaml",
        &[&codes::MISSING_GATEWAY, &codes::UNHELD_SCOPE, &codes::UNKNOWN_AUTH, &codes::UNKNOWN_CORS],
    ),
    ("mappings/", &[&codes::UNKNOWN_MAPPING]),
    ("specs/", &[&codes::UNKNOWN_SCHEMA]),
    ("systems/", &[&codes::UNKNOWN_OPERATION, &codes::UNKNOWN_SYSTEM]),
];

/// Codes that say that nothing uses something.
const UNUSED: [&Code; 8] = [
    &codes::UNHELD_SCOPE,
    &codes::UNUSED_EVENT,
    &codes::UNUSED_EXCEPTION,
    &codes::UNUSED_FLOW,
    &codes::UNUSED_MAPPING,
    &codes::UNUSED_REJECTION,
    &codes::UNUSED_SCHEMA,
    &codes::UNUSED_TABLE,
];

/// `linked` without what only follows from errors in `loaded` or in `linked` itself.
pub(in crate::plan) fn without_echoes(
    project: &Project,
    loaded: &[Diagnostic],
    linked: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let errors = |findings: &[Diagnostic]| -> BTreeSet<String> {
        let errors = findings.iter().filter(|finding| finding.severity() == Severity::Error);
        errors
            .filter_map(|finding| Some(project.sources.get(finding.span?.source)?.path.to_string()))
            .collect()
    };
    let (unread, mut broken) = (errors(loaded), errors(&linked));
    broken.extend(unread.iter().cloned());
    let follows = |finding: &Diagnostic| {
        let mut from = FOLLOWS.iter().filter(|(_, follow)| follow.contains(&finding.code));
        from.any(|(start, _)| {
            let mut unread = unread.iter().filter(|path| path.starts_with(start));
            unread.any(|path| may_declare(project, path, finding))
        }) || (!broken.is_empty() && UNUSED.contains(&finding.code))
            || names_a_broken_file(project, finding, &broken)
    };
    let told = |finding: Diagnostic| match follows(&finding) {
        true => unknown_in_broken(project, &finding),
        false => Some(finding),
    };
    linked.into_iter().filter_map(told).collect()
}

/// The words that a finding is about, without quotes around them.
fn words<'p>(project: &'p Project, finding: &Diagnostic) -> Option<&'p str> {
    let span = finding.span?;
    let words = project.sources.get(span.source)?.text.get(span.start as usize..span.end as usize)?;
    Some(words.trim_matches(['"', '\'']))
}

/// Whether a file that could not be read may declare what a finding calls unknown: it holds its words.
fn may_declare(project: &Project, path: &str, finding: &Diagnostic) -> bool {
    let Some(words) = words(project, finding) else { return true };
    let mut files = project.sources.iter().filter(|(_, source)| &*source.path == path);
    files.any(|(_, source)| path.contains(words) || words.split('.').all(|word| source.text.contains(word)))
}

/// A system with errors is not at hand, but its file says which operations it has: one that it has not
/// is unknown all the same.
fn unknown_in_broken(project: &Project, finding: &Diagnostic) -> Option<Diagnostic> {
    if finding.code != &codes::UNKNOWN_OPERATION && finding.code != &codes::UNKNOWN_SYSTEM {
        return None;
    }
    let (system, operation) = words(project, finding)?.split_once('.')?;
    let file = project.systems.iter().find(|file| file.system.value == system)?;
    if file.operations.keys().any(|name| name.value == operation) {
        return None;
    }
    let message = format!("system `{system}` has no operation `{operation}`");
    let known = file.operations.keys().map(|name| name.value.as_str());
    let finding = Diagnostic::new(&codes::UNKNOWN_OPERATION, finding.span?, message);
    Some(finding.nearest(operation, known).help("write `system.operation`, as declared under `systems/`"))
}

/// Whether a finding says that something is unknown which is declared in a file with errors.
fn names_a_broken_file(project: &Project, finding: &Diagnostic, broken: &BTreeSet<String>) -> bool {
    let Some(declared) = words(project, finding) else { return false };
    let is_broken = |span: crate::diagnostic::Span| {
        project.sources.get(span.source).is_some_and(|source| broken.contains(&*source.path))
    };
    if finding.code == &codes::UNKNOWN_FLOW {
        return project.flows.iter().any(|file| file.flow.value == declared && is_broken(file.flow.span));
    }
    if finding.code == &codes::UNKNOWN_EVENT {
        let event = project.events.events.get_key_value(declared);
        return event.is_some_and(|(name, _)| is_broken(name.span));
    }
    if finding.code == &codes::UNKNOWN_OPERATION || finding.code == &codes::UNKNOWN_SYSTEM {
        let system = declared.split('.').next().unwrap_or(declared);
        return project.systems.iter().any(|file| file.system.value == system && is_broken(file.system.span));
    }
    if finding.code == &codes::UNKNOWN_MAPPING {
        let mut files = project
            .mappings
            .iter()
            .filter(|file| super::mappings::declared_name(&file.text) == Some(declared));
        return files.any(|file| {
            project.sources.get(file.source).is_some_and(|source| broken.contains(&*source.path))
        });
    }
    if finding.code == &codes::UNKNOWN_SCHEMA || finding.code == &codes::UNKNOWN_TABLE {
        let files = if finding.code == &codes::UNKNOWN_TABLE { &project.tables } else { &project.schemas };
        // It is there and was not compiled: what is wrong with it, or with what it refers to, has been said.
        let bare = declared.trim_end_matches('?').trim_end_matches("[]");
        return files.iter().any(|file| &*file.name == bare);
    }
    false
}
