//! `set`: the result is this data.

use crate::flow::definition::Step;
use crate::flow::formula::Formula;
use crate::flow::machine::{Run, Signal, Thread, broken_at};

/// A compiled `set`.
#[derive(Debug)]
pub(in crate::flow) struct SetNode {
    pub formula: Formula,
}

impl SetNode {
    /// Evaluates the data.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        match self.formula.eval(&thread.slots, &run.now.context) {
            Ok(value) => Signal::Done(value),
            Err(broken) => broken_at(broken, &step.path),
        }
    }
}
