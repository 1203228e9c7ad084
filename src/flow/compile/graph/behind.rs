//! `behind`: what an operation says must have held before any flow calls it (M27, M28).

use super::after::{Named, Proof};
use super::{Place, Shape, last, shape};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::definition::{Definition, StepIndex};
use crate::flow::step::Node;

/// Every step of a definition that does what stands behind a guard, and is reached without it.
pub(super) fn check(definition: &Definition, places: &[Place]) -> Vec<Diagnostic> {
    let proof = Proof::of(definition, places);
    let mut findings = Vec::new();
    for (step, place) in places.iter().enumerate() {
        let guards = place.behind.iter();
        findings.extend(guards.filter_map(|(guard, what)| unproven(&proof, step as StepIndex, guard, what)));
    }
    findings
}

fn unproven(proof: &Proof<'_>, step: StepIndex, guard: &str, what: &str) -> Option<Diagnostic> {
    let guards = requires(proof.definition, guard);
    let mut gaps = Vec::new();
    for named in &guards {
        gaps.push((named, proof.gap(step, named)?));
    }
    let path = &proof.definition.steps[step as usize].path;
    let message = match gaps.is_empty() {
        true => {
            format!("{what} stands behind `{guard}`, and no `require` of that name comes before `{path}`")
        }
        false => format!("{what} stands behind `{guard}`, and `{path}` can be reached without it"),
    };
    let finding = Diagnostic::new(&codes::NOT_BEHIND, proof.places[step as usize].span, message);
    let finding = match gaps.into_iter().next() {
        Some((named, gap)) => proof.told(finding, step, named, gap),
        None => finding.help(format!("require it before, in this flow or in one that it runs: `- {guard}: {{ require: ..., else: {{ raise: ... }} }}`")),
    };
    Some(finding)
}

/// Every `require` of a name, here and in the flows that this one runs.
fn requires<'d>(definition: &'d Definition, guard: &str) -> Vec<Named<'d>> {
    let mut found = Vec::new();
    for (number, step) in definition.steps.iter().enumerate() {
        let number = number as StepIndex;
        if matches!(step.node, Node::Require(_)) && last(&step.path) == guard {
            found.push(Named { step: number, below: None });
        }
        if let Shape::Run(child) = shape(definition, number) {
            let inner = requires(child, guard).into_iter();
            found.extend(inner.map(|inner| Named { step: number, below: Some((child, Box::new(inner))) }));
        }
    }
    found
}
