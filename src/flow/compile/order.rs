//! Which flow is compiled when: each after those it runs.

use std::collections::BTreeMap;

use crate::config::declarations::Name;
use crate::config::declarations::flow::{FlowFile, Step, StepBody};
use crate::diagnostic::{Diagnostic, codes};

/// How far the walk is with a flow.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Open,
    Over,
}

struct Walk<'f, 'o> {
    flows: &'o BTreeMap<&'f str, &'f FlowFile>,
    marks: BTreeMap<&'f str, Mark>,
    open: Vec<&'f str>,
    order: Vec<&'f str>,
    findings: &'o mut Vec<Diagnostic>,
}

/// The flows in an order in which each stands after those it runs. Circles become findings.
pub(super) fn order<'f>(
    flows: &BTreeMap<&'f str, &'f FlowFile>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<&'f str> {
    let mut walk = Walk { flows, marks: BTreeMap::new(), open: Vec::new(), order: Vec::new(), findings };
    for name in flows.keys() {
        walk.visit(name);
    }
    walk.order
}

impl<'f> Walk<'f, '_> {
    fn visit(&mut self, name: &'f str) {
        if self.marks.contains_key(name) {
            return;
        }
        self.marks.insert(name, Mark::Open);
        self.open.push(name);
        for run in runs(&self.flows[name].steps) {
            let Some((next, _)) = self.flows.get_key_value(run.as_str()) else { continue };
            match self.marks.get(next) {
                Some(Mark::Open) => self.circle(next, run),
                // Chains longer than any definition may be deep are refused where they are compiled.
                _ if self.open.len() < 256 => self.visit(next),
                _ => {}
            }
        }
        self.open.pop();
        self.marks.insert(name, Mark::Over);
        self.order.push(name);
    }

    fn circle(&mut self, back: &str, run: &Name) {
        let from = self.open.iter().position(|name| *name == back).unwrap_or(0);
        let mut names: Vec<String> = self.open[from..].iter().map(|name| format!("`{name}`")).collect();
        names.push(format!("`{back}`"));
        let message = match names.len() {
            2 => format!("flow {} runs itself and would never end", names[0]),
            _ => format!("flows run each other in a circle: {}", names.join(" runs ")),
        };
        let help = "let one of them do its part without running the other; to go over a list, use `for`";
        self.findings.push(Diagnostic::new(&codes::FLOW_CYCLE, run.span, message).help(help));
    }
}

/// Every `run` in steps, at any depth.
pub(super) fn runs(steps: &[Step]) -> Vec<&Name> {
    let mut found = Vec::new();
    steps.iter().for_each(|step| runs_of(&step.body, &mut found));
    found
}

fn runs_of<'f>(body: &'f StepBody, found: &mut Vec<&'f Name>) {
    found.extend(&body.run);
    let lists = [&body.do_, &body.try_].into_iter().flatten();
    let cases = body.switch.iter().flatten().map(|case| &case.value.steps);
    let catch = body.catch.iter().map(|catch| &catch.steps);
    let heard = body.listen.iter().flat_map(|listen| listen.blocks());
    for step in lists.chain(cases).chain(catch).chain(heard).flatten() {
        runs_of(&step.body, found);
    }
    let branches = body.fork.iter().flat_map(|fork| fork.values());
    let unmatched = body.listen.iter().filter_map(|listen| listen.unmatched.as_deref());
    for body in branches.chain(body.else_.as_deref()).chain(unmatched) {
        runs_of(body, found);
    }
}
