//! Everything that a flow's steps name, at any depth.

use crate::config::Spanned;
use crate::config::declarations::flow::{FlowFile, Step, StepBody};

/// Shows every step of a flow to `visit`, outer ones first.
pub(super) fn steps<'f>(file: &'f FlowFile, visit: &mut dyn FnMut(&'f StepBody)) {
    all(&file.steps, visit);
}

fn all<'f>(steps: &'f [Step], visit: &mut dyn FnMut(&'f StepBody)) {
    for step in steps {
        one(&step.body, visit);
    }
}

fn one<'f>(body: &'f Spanned<StepBody>, visit: &mut dyn FnMut(&'f StepBody)) {
    let body = &body.value;
    visit(body);
    for case in body.switch.iter().flatten() {
        all(&case.steps, visit);
    }
    for branch in body.fork.iter().flat_map(|branches| branches.values()) {
        one(branch, visit);
    }
    for inner in [&body.try_, &body.do_].into_iter().flatten() {
        all(inner, visit);
    }
    if let Some(listen) = &body.listen {
        listen.blocks().for_each(|steps| all(steps, visit));
        if let Some(unmatched) = &listen.unmatched {
            one(unmatched, visit);
        }
    }
    if let Some(catch) = &body.catch {
        all(&catch.steps, visit);
    }
    if let Some(otherwise) = &body.else_ {
        one(otherwise, visit);
    }
}
