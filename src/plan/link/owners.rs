//! Who answers for what, and names that are given twice.

use std::collections::BTreeMap;

use super::findings::{Findings, lacking};
use crate::config::Project;
use crate::config::declarations::Name;
use crate::diagnostic::{Diagnostic, codes};

/// Systems and flows without an owner, systems without a runbook.
pub(super) fn check(project: &Project, findings: &mut Findings) {
    for file in &project.systems {
        let what = format!("the system `{}`", file.system.value);
        if file.owner.is_none() {
            findings.add(lacking(
                &codes::MISSING_OWNER,
                file.system.span,
                &what,
                "owner",
                "name the team that answers for it: `owner: erp_platform`",
            ));
        }
        if file.runbook.is_none() {
            findings.add(lacking(&codes::MISSING_RUNBOOK, file.system.span, &what, "runbook", "add the address of the page that says what to do when it misbehaves: `runbook: https://wiki.example/erp`"));
        }
    }
    for file in project.flows.iter().filter(|file| file.owner.is_none()) {
        let what = format!("the flow `{}`", file.flow.value);
        findings.add(lacking(
            &codes::MISSING_OWNER,
            file.flow.span,
            &what,
            "owner",
            "name the team that answers for it: `owner: order_management`",
        ));
    }
}

/// APIs that share a name. (Systems and flows: loading says so.)
pub(super) fn check_names(project: &Project, findings: &mut Findings) {
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
