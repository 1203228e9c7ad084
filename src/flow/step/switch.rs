//! `switch`: the first case whose `when` holds, or `else`; the result is that of its last step.

use crate::flow::definition::{BlockIndex, Step};
use crate::flow::formula::Formula;
use crate::flow::machine::{Run, Signal, Thread, broken_at};

/// A compiled `switch`.
#[derive(Debug)]
pub(in crate::flow) struct SwitchNode {
    pub cases: Vec<(Formula, BlockIndex)>,
    pub otherwise: Option<BlockIndex>,
}

impl SwitchNode {
    /// Decides, in the order written.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        for (when, block) in &self.cases {
            match when.holds(&thread.slots, &run.now.context) {
                Ok(true) => return Signal::Block(*block),
                Ok(false) => {}
                Err(broken) => return broken_at(broken, &step.path),
            }
        }
        self.otherwise.map_or(Signal::Done(None), Signal::Block)
    }
}
