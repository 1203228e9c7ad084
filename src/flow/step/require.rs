//! `require`: this must hold, or `else` happens, which never comes back.

use crate::flow::definition::{BlockIndex, Step};
use crate::flow::formula::Formula;
use crate::flow::machine::{Run, Signal, Thread, broken_at};

/// A compiled `require`.
#[derive(Debug)]
pub(in crate::flow) struct RequireNode {
    pub condition: Formula,
    pub otherwise: BlockIndex,
}

impl RequireNode {
    /// Decides.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        match self.condition.holds(&thread.slots, &run.now.context) {
            Ok(true) => Signal::Done(None),
            Ok(false) => Signal::Block(self.otherwise),
            Err(broken) => broken_at(broken, &step.path),
        }
    }
}
