//! `run`: another flow, inside this one; the result is its output.

use crate::flow::definition::{Step, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{Frame, Run, Signal, Thread, broken_at};

/// A compiled `run`.
#[derive(Debug)]
pub(in crate::flow) struct RunNode {
    /// Number of the flow among the definition's children.
    pub child: u16,
    /// In the order of the flow's inputs.
    pub inputs: Vec<Formula>,
}

impl RunNode {
    /// Enters the other flow: it sees its inputs and nothing of this one's variables.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &mut Thread, index: StepIndex, step: &Step) -> Signal {
        let mut slots = Vec::with_capacity(self.inputs.len() + 8);
        slots.extend(thread.slots.iter().take(2).cloned());
        for input in &self.inputs {
            match input.eval(&thread.slots, &run.now.context) {
                Ok(value) => slots.push(value),
                Err(broken) => return broken_at(broken, &step.path),
            }
        }
        let slots = std::mem::replace(&mut thread.slots, slots);
        thread.frames.push(Frame::Flow { step: index, slots });
        thread.flow.push(self.child);
        thread.lineage.push(index);
        Signal::Block(0)
    }
}
