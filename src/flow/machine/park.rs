//! Parking: what a durable run does where it cannot go on and nobody inside it can help. It keeps its place,
//! and a person says how it goes on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Action, Frame, ParkId, Run, Signal, Thread};
use crate::flow::definition::StepIndex;
use crate::flow::kept;
use crate::flow::step::{Node, fork};
use crate::flow::{Failure, FailureKind, FlowEnd};
use crate::value::Map;

/// A place where somebody must act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    pub id: ParkId,
    /// The path of the step that is tried again, or skipped.
    pub step: Arc<str>,
    pub cause: Cause,
    /// Whether it undoes something.
    #[serde(default)]
    pub undo: bool,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cause {
    Failed(Failure),
    /// `raise`.
    Raised {
        code: Arc<str>,
        #[serde(with = "kept::map")]
        facts: Map,
    },
}

impl Cause {
    /// Whether a create may have been done, and nobody knows.
    pub fn is_unclear(&self) -> bool {
        matches!(self, Cause::Failed(failure) if failure.kind == FailureKind::UnknownOutcome)
    }
}

impl<'d> Run<'d, '_> {
    /// Whether nothing around a failure of `thread` handles it: no `try`, and no fork that goes on without it.
    pub fn is_unhandled(&self, thread: &Thread) -> bool {
        let mut at = thread;
        loop {
            if at.frames.iter().any(|frame| matches!(frame, Frame::Try { .. })) {
                return false;
            }
            let Some((parent, _)) = at.parent else { return true };
            let Some(above) = self.state.threads.get(parent as usize).and_then(Option::as_ref) else {
                return true;
            };
            if let Some(Frame::Join(join)) = above.frames.last()
                && let Node::Fork(fork) = &self.step(above, join.step).node
                && fork.rule != fork::Rule::All
            {
                return false;
            }
            at = above;
        }
    }

    /// Keeps the place of a failure.
    pub(super) fn park_failure(&mut self, thread: &mut Thread, failure: Failure) -> Signal {
        match self.unwind_to_step(thread) {
            true => self.park(thread, Cause::Failed(failure)),
            // The flow's own output: there is no step to try again.
            false => Signal::End(FlowEnd::Failed(failure)),
        }
    }

    /// Keeps the place of a `raise`. What stands in the `else` of a step says that the step did not hold:
    /// it is that step which is tried again.
    pub(super) fn park_raise(&mut self, thread: &mut Thread, code: Arc<str>, facts: Map) -> Signal {
        if !self.unwind_to_step(thread) {
            return Signal::End(FlowEnd::Raised { code, facts });
        }
        while self.stands_in_else(thread) {
            self.close(thread);
            self.unwind_to_step(thread);
        }
        self.park(thread, Cause::Raised { code, facts })
    }

    /// Keeps a call that was given up, and of which nobody knows whether it was done; it is on top.
    pub fn park_loose(&mut self, thread: &mut Thread, failure: Failure) -> Signal {
        self.park(thread, Cause::Failed(failure))
    }

    fn park(&mut self, thread: &mut Thread, cause: Cause) -> Signal {
        let undo = match thread.frames.last() {
            Some(Frame::Undo { .. }) => true,
            Some(Frame::Renew(renewing)) => renewing.undo.is_some(),
            _ => false,
        };
        let step = match self.current(thread) {
            Some(step) => self.step(thread, step).path.clone(),
            None => match &cause {
                Cause::Failed(failure) => failure.step.clone(),
                Cause::Raised { .. } => self.definition(thread).name.clone(),
            },
        };
        let parked = Parked { id: self.state.park(), step, cause, undo };
        self.act(Action::Parked(parked.clone()));
        thread.frames.push(Frame::Parked(Box::new(parked)));
        Signal::Wait
    }

    /// Closes what is open inside the innermost step of a block. Gives whether there is one.
    fn unwind_to_step(&mut self, thread: &mut Thread) -> bool {
        while let Some(frame) = thread.frames.last() {
            if matches!(frame, Frame::Block { .. } | Frame::Undo { .. } | Frame::Renew(_)) {
                return true;
            }
            self.close_as(thread, "failed");
        }
        false
    }

    /// Whether the innermost block is the `else` of a `require`, or of a `listen`, in the block around it.
    fn stands_in_else(&self, thread: &Thread) -> bool {
        let blocks = thread.frames.iter().rev().filter(|frame| matches!(frame, Frame::Block { .. }));
        let Some(Frame::Block { block, next, .. }) = blocks.into_iter().nth(1) else { return false };
        if thread.frames.iter().rev().take_while(|frame| !matches!(frame, Frame::Flow { .. })).count() < 2 {
            return false;
        }
        let definition = self.definition(thread);
        let steps = &definition.blocks[*block as usize].steps;
        let Some(step) = steps.get((*next as usize).wrapping_sub(1)) else { return false };
        let inner = self.current(thread).map(|step| &definition.steps[step as usize].path);
        let path = &definition.steps[*step as usize].path;
        matches!(definition.steps[*step as usize].node, Node::Require(_) | Node::Listen(_))
            && inner.is_some_and(|inner| {
                inner.strip_prefix(&**path).is_some_and(|rest| rest.starts_with(".else"))
            })
    }

    /// The step that the innermost block is at.
    pub(super) fn current(&self, thread: &Thread) -> Option<StepIndex> {
        let holds =
            |frame: &&Frame| matches!(frame, Frame::Block { .. } | Frame::Undo { .. } | Frame::Renew(_));
        let (block, next) = match thread.frames.iter().rev().find(holds)? {
            Frame::Block { block, next, .. } => (block, next),
            Frame::Renew(renewing) => return Some(renewing.step),
            _ => return None,
        };
        let steps = &self.definition(thread).blocks[*block as usize].steps;
        steps.get((*next as usize).wrapping_sub(1)).copied()
    }
}
