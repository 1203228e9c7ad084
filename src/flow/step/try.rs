//! `try`: steps whose failure `catch` handles.

use crate::flow::Failure;
use crate::flow::definition::{BlockIndex, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{Frame, Run, Signal, Thread, broken_at};
use crate::flow::step::Node;

/// A compiled `try`.
#[derive(Debug)]
pub(in crate::flow) struct TryNode {
    pub body: BlockIndex,
    /// Only failures for which this holds; over the scope and, where it has a name, the failure.
    pub when: Option<Formula>,
    pub catch: BlockIndex,
    /// Whether the failure has a name inside `catch`, and so a slot.
    pub named: bool,
}

impl TryNode {
    /// Enters the steps.
    pub fn enter(&self, thread: &mut Thread, index: StepIndex) -> Signal {
        thread.frames.push(Frame::Try { step: index });
        Signal::Block(self.body)
    }
}

/// A failure came to the `try` at `index`.
pub(in crate::flow) fn caught(
    run: &Run<'_, '_>,
    thread: &mut Thread,
    index: StepIndex,
    failure: Failure,
) -> Signal {
    let step = run.step(thread, index);
    let Node::Try(node) = &step.node else { return Signal::Fail(failure) };
    let base = thread.slots.len();
    if node.named {
        thread.slots.push(Some(failure.value()));
    }
    let holds = node.when.as_ref().map_or(Ok(true), |when| when.holds(&thread.slots, &run.now.context));
    match holds {
        Ok(true) => Signal::BlockFrom(node.catch, base as u32),
        Ok(false) => {
            thread.slots.truncate(base);
            Signal::Fail(failure)
        }
        Err(broken) => {
            thread.slots.truncate(base);
            broken_at(broken, &step.path)
        }
    }
}
