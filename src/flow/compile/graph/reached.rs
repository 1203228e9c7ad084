//! What may have happened on a way to each step: which creates stand with nothing to undo them (M24),
//! and whether the caller has its answer.
//!
//! A flow that parks (`raise`, a call that pauses) leaves nothing behind: somebody goes on with it. One
//! that is refused does: a `reject`, a `respond` with an error, a call that says `on_exhausted: fail`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Place, last};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::definition::{Definition, StepIndex};
use crate::flow::step::Node;
use crate::flow::step::call::{CallNode, OnExhausted};
use crate::flow::step::respond::RespondNode;
use crate::system::Effect;

/// Steps that are entered at most: branches and rounds are walked twice, and those inside them again.
pub(super) const MAX_VISITS: usize = 200_000;

/// What flows that run a flow need to know of it.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Remains {
    /// Creates that nothing undoes and that may have been done when it is over.
    pub created: Vec<Arc<str>>,
    /// A step that may refuse the flow.
    pub refuses: Option<Arc<str>>,
}

/// What may have happened on the ways to a place.
#[derive(Clone, Default)]
pub(super) struct Reached {
    /// Creates that were done and that nothing undoes: their steps' paths.
    pub open: BTreeMap<Arc<str>, Open>,
    /// An answer has been given, and the flow went on.
    pub answered: Option<Span>,
}

/// A create that was done.
#[derive(Clone)]
pub(super) struct Open {
    /// Which step of this flow did it.
    step: StepIndex,
    /// What happened since.
    trail: Vec<String>,
}

impl Reached {
    /// The ways of both.
    pub fn merge(&mut self, other: Reached) {
        for (path, open) in other.open {
            self.open.entry(path).or_insert(open);
        }
        self.answered = self.answered.or(other.answered);
    }

    /// Notes what happens next.
    pub fn then(mut self, what: &str) -> Reached {
        self.open.values_mut().for_each(|open| open.trail.push(what.to_owned()));
        self
    }
}

/// What a definition may leave behind, and what is wrong.
pub(super) fn check(definition: &Definition, places: &[Place]) -> (Remains, Vec<Diagnostic>) {
    let mut walk = Walk {
        definition,
        places,
        failing: Vec::new(),
        catches: 0,
        refuses: None,
        told: BTreeSet::new(),
        twice: BTreeSet::new(),
        visits: 0,
        findings: Vec::new(),
    };
    let end = walk.block(0, Reached::default()).unwrap_or_default();
    if walk.visits > MAX_VISITS {
        let message = "the steps of this flow stand inside each other in more ways than can be followed";
        let help = "move some of them into a flow of their own and `run` it";
        walk.findings.push(Diagnostic::new(&codes::TOO_COMPLEX, definition.span(), message).help(help));
    }
    let created = end.open.into_keys().collect();
    (Remains { created, refuses: walk.refuses }, walk.findings)
}

pub(super) struct Walk<'d> {
    pub definition: &'d Definition,
    places: &'d [Place],
    /// Of each `try` around, the innermost last: what may have happened when something in it fails.
    pub failing: Vec<Reached>,
    /// How many `catch` are around.
    pub catches: usize,
    refuses: Option<Arc<str>>,
    /// Creates that have been spoken of.
    told: BTreeSet<Arc<str>>,
    twice: BTreeSet<Span>,
    /// Steps that were entered.
    pub visits: usize,
    findings: Vec<Diagnostic>,
}

impl Walk<'_> {
    /// The path of a step.
    pub fn path(&self, step: StepIndex) -> &Arc<str> {
        &self.definition.steps[step as usize].path
    }

    /// A step that has no steps inside: what may have happened behind it; `None` when it ends the flow.
    pub fn plain(&mut self, step: StepIndex, mut reached: Reached) -> Option<Reached> {
        let definition = self.definition;
        match &definition.steps[step as usize].node {
            Node::Call(call) => self.call(step, call, &mut reached),
            Node::Respond(answer) => return self.respond(step, answer, reached),
            Node::Reject(_) => {
                let how = format!("`{}` rejects", last(self.path(step)));
                self.refused(step, &reached, &how);
                return None;
            }
            Node::Raise(_) => return None,
            _ => {}
        }
        Some(reached)
    }

    fn call(&mut self, step: StepIndex, call: &CallNode, reached: &mut Reached) {
        let name = last(self.path(step)).to_owned();
        match call.on_exhausted {
            OnExhausted::Pause => {}
            OnExhausted::Fail => {
                self.refused(step, reached, &format!("`{name}` fails (`on_exhausted: fail`)"))
            }
            OnExhausted::Compensate => {
                self.refused(step, reached, &format!("`{name}` fails (`on_exhausted: compensate`)"));
            }
        }
        self.changed(reached, call.effect != Effect::Read);
        let stays = self.places[step as usize].stays;
        if call.effect == Effect::Create && call.compensate.is_none() && !stays {
            self.created(step, self.path(step).clone(), reached);
        }
    }

    /// Another flow, with what may remain of it.
    pub fn run(&mut self, step: StepIndex, child: &Definition, mut reached: Reached) -> Option<Reached> {
        let name = last(self.path(step)).to_owned();
        if let Some(inner) = &child.remains.refuses {
            self.refused(step, &reached, &format!("`{name}` is refused at its `{inner}`"));
        }
        self.changed(&mut reached, child.effectful());
        for path in &child.remains.created {
            self.created(step, format!("{}.{path}", self.path(step)).into(), &mut reached);
        }
        (!child.always_ends()).then_some(reached)
    }

    /// What changes something in a `catch` takes back what was done: which of it, nobody can know here.
    fn changed(&self, reached: &mut Reached, changes: bool) {
        if changes && self.catches > 0 {
            reached.open.clear();
        }
    }

    fn created(&self, step: StepIndex, path: Arc<str>, reached: &mut Reached) {
        let trail = vec![format!("`{}`", last(&path))];
        reached.open.entry(path).or_insert(Open { step, trail });
    }

    fn respond(&mut self, step: StepIndex, answer: &RespondNode, mut reached: Reached) -> Option<Reached> {
        let span = self.places[step as usize].span;
        if let Some(first) = reached.answered
            && self.twice.insert(span)
        {
            let message = match first == span {
                true => format!("`{}` may answer its caller again in the next round", self.path(step)),
                false => format!("`{}` may answer a caller that has its answer", self.path(step)),
            };
            let finding = Diagnostic::new(&codes::RESPONDS_TWICE, span, message);
            let finding = finding.related(first, "answered here, and the flow goes on");
            let help = "a caller gets one answer: take one of them out, or let the first end the flow";
            self.findings.push(finding.help(help));
        }
        if answer.continues {
            reached.answered = Some(span);
            return Some(reached);
        }
        if answer.status >= 400 {
            let how = format!("`{}` answers {}", last(self.path(step)), answer.status);
            self.refused(step, &reached, &how);
        }
        None
    }

    /// The flow is refused at `step`: what stands then stays.
    fn refused(&mut self, step: StepIndex, reached: &Reached, how: &str) {
        if self.refuses.is_none() {
            self.refuses = Some(self.path(step).clone());
        }
        for (path, open) in &reached.open {
            if self.told.insert(path.clone()) {
                let finding = self.orphan(path, open, step, how);
                self.findings.push(finding);
            }
        }
    }

    fn orphan(&self, path: &Arc<str>, open: &Open, step: StepIndex, how: &str) -> Diagnostic {
        let message = format!("what `{path}` creates would be left behind when {how}");
        let mut way = open.trail.clone();
        way.push(how.to_owned());
        Diagnostic::new(&codes::ORPHAN_CREATE, self.places[open.step as usize].span, message)
            .label("creates something, and nothing says how it is undone")
            .related(self.places[step as usize].span, "the flow is refused here")
            .help(format!("the way there: {}", way.join(" → ")))
            .help("say how it is undone, `compensate: { call: ... }` beside the call; or end with `raise`, so that somebody goes on with it; or write `compensate: none` where nothing has to be undone")
    }
}
