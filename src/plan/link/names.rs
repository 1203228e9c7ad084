//! APIs that share a name. (Systems and flows: loading says so.)

use std::collections::BTreeMap;

use super::findings::Findings;
use crate::config::Project;
use crate::config::declarations::Name;
use crate::diagnostic::{Diagnostic, codes};

/// Finds every second one.
pub(super) fn check(project: &Project, findings: &mut Findings) {
    let mut first: BTreeMap<&str, &Name> = BTreeMap::new();
    for name in project.routes.iter().map(|file| &file.api) {
        match first.get(name.value.as_str()) {
            Some(other) => findings.add(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    name.span,
                    format!("there are two APIs `{}`", name.value),
                )
                .related(other.span, "the first one")
                .help("give one of them another name"),
            ),
            None => drop(first.insert(&name.value, name)),
        }
    }
}
