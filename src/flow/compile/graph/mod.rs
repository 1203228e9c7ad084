//! What can be proven of a whole flow: which steps are done before which, and what is left behind
//! when it ends. Both see the steps through [`shape`], so that a new kind of step has one line here.

mod after;
mod behind;
mod home;
mod reached;
mod ways;

use std::sync::Arc;

use super::Compiler;
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::promise::Compensate;
use crate::diagnostic::Span;
use crate::flow::definition::{BlockIndex, Definition, StepIndex};
use crate::flow::step::Node;
use crate::flow::step::fork::Rule;
#[cfg(test)]
pub(in crate::flow) use after::certainly;
pub(in crate::flow) use reached::Remains;

/// What stands in the file at a step, beside the [`Step`](crate::flow::definition::Step) of its number.
pub(in crate::flow) struct Place {
    pub span: Span,
    pub when: Option<Span>,
    pub after: Vec<Name>,
    /// Guards that what it does stands behind, and what that is, in backticks.
    pub behind: Vec<(Arc<str>, String)>,
    /// `compensate: none`.
    pub stays: bool,
    /// It has errors of its own: nothing is known of what stands in it.
    pub broken: bool,
}

impl Place {
    /// The place of a step; whether it is broken is not known yet.
    pub fn of(body: &Spanned<StepBody>) -> Place {
        let words = [&body.call, &body.run, &body.reject, &body.raise];
        let word = words.into_iter().flatten().next().map(|name| name.span);
        let answer = body.respond.as_ref().and_then(|respond| {
            let map = respond.map.as_ref().map(|map| map.span);
            map.or(respond.status.as_ref().map(|status| status.span))
        });
        let required = body.require.as_ref().map(|required| required.span);
        Place {
            span: word.or(answer).or(required).unwrap_or(body.span),
            when: body.when.as_ref().map(|when| when.span),
            after: body.after.clone(),
            behind: Vec::new(),
            stays: matches!(body.compensate, Some(Compensate::Nothing)),
            broken: false,
        }
    }
}

#[cfg(test)]
impl Place {
    /// For steps that stand in no file.
    fn nowhere() -> Place {
        let (span, after, behind) = (Span::default(), Vec::new(), Vec::new());
        Place { span, when: None, after, behind, stays: false, broken: false }
    }
}

/// How control goes through a step.
pub(super) enum Shape<'d> {
    /// In and out.
    Plain,
    /// The flow is over.
    Ends,
    /// One block.
    Block(BlockIndex),
    /// Out, or into a block that never comes back.
    Guard(BlockIndex),
    /// Into one of several blocks; without the last, perhaps into none.
    Ways { cases: Vec<BlockIndex>, otherwise: Option<BlockIndex> },
    /// Blocks for what is heard, each as often as it is; and one for when the time is over.
    Heard { blocks: Vec<BlockIndex>, otherwise: Option<BlockIndex> },
    /// A block as often as there are items.
    Rounds(BlockIndex),
    /// Blocks side by side; `all` waits for every one of them.
    Branches { branches: &'d [(Arc<str>, BlockIndex)], all: bool },
    /// A block, and another one when it fails; `all`: whatever the failure.
    Try { body: BlockIndex, catch: BlockIndex, all: bool },
    /// Another flow.
    Run(&'d Definition),
}

/// The shape of a step of `definition`.
pub(super) fn shape<'d>(definition: &'d Definition, step: StepIndex) -> Shape<'d> {
    match &definition.steps[step as usize].node {
        Node::Call(_) | Node::Emit(_) | Node::Set(_) | Node::Wait(_) => Shape::Plain,
        Node::Listen(node) => Shape::Heard {
            blocks: node.entries.iter().filter_map(|entry| entry.block).chain(node.unmatched).collect(),
            otherwise: node.otherwise,
        },
        Node::Respond(node) if node.continues => Shape::Plain,
        Node::Raise(_) | Node::Reject(_) | Node::Respond(_) => Shape::Ends,
        Node::Do(node) => Shape::Block(node.block),
        Node::For(node) => Shape::Rounds(node.block),
        Node::Fork(node) => Shape::Branches { branches: &node.branches, all: node.rule == Rule::All },
        Node::Require(node) => Shape::Guard(node.otherwise),
        Node::Run(node) => Shape::Run(&definition.children[usize::from(node.child)]),
        Node::Switch(node) => Shape::Ways {
            cases: node.cases.iter().map(|(_, block)| *block).collect(),
            otherwise: node.otherwise,
        },
        Node::Try(node) => Shape::Try { body: node.body, catch: node.catch, all: node.when.is_none() },
    }
}

/// Whether a block never comes to its end.
pub(super) fn ends(definition: &Definition, block: BlockIndex) -> bool {
    let steps = &definition.blocks[block as usize].steps;
    steps.iter().any(|step| definition.steps[*step as usize].when.is_none() && step_ends(definition, *step))
}

fn step_ends(definition: &Definition, step: StepIndex) -> bool {
    let ends = |block: &BlockIndex| ends(definition, *block);
    match shape(definition, step) {
        Shape::Ends => true,
        Shape::Block(block) => ends(&block),
        Shape::Ways { cases, otherwise } => otherwise.as_ref().is_some_and(ends) && cases.iter().all(ends),
        Shape::Branches { branches, all } => all && branches.iter().any(|(_, block)| ends(block)),
        Shape::Try { body, catch, .. } => ends(&body) && ends(&catch),
        Shape::Run(child) => child.always_ends(),
        Shape::Plain | Shape::Guard(_) | Shape::Heard { .. } | Shape::Rounds(_) => false,
    }
}

impl Compiler<'_> {
    /// Notes that the step being compiled does something (`what`, in backticks) that stands behind a guard:
    /// the name of a `require` that must have held. To be called before any step inside it is compiled.
    pub fn stands_behind(&mut self, guard: Option<&Arc<str>>, what: &str) {
        if let (Some(guard), Some(place)) = (guard, self.places.last_mut()) {
            place.behind.push((guard.clone(), what.to_owned()));
        }
    }

    /// Proves what `after` says and that nothing is left behind; gives what flows that run this one
    /// need to know.
    pub(super) fn prove(&mut self, definition: &Definition) -> Remains {
        let places = std::mem::take(&mut self.places);
        self.findings.extend(after::check(definition, &places));
        self.findings.extend(behind::check(definition, &places));
        let (remains, found) = reached::check(definition, &places);
        self.findings.extend(found);
        remains
    }
}

/// The last name of a path; an `else` with the step it belongs to.
pub(super) fn last(path: &str) -> &str {
    let own = path.strip_suffix(".else").unwrap_or(path);
    own.rfind('.').map_or(path, |dot| &path[dot + 1..])
}
