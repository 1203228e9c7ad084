//! `do`: a group of steps with a scope of its own; its result is that of the last step.

use crate::flow::definition::BlockIndex;
use crate::flow::machine::Signal;

/// A compiled `do`.
#[derive(Debug)]
pub(in crate::flow) struct DoNode {
    pub block: BlockIndex,
}

impl DoNode {
    /// Enters the group.
    pub fn enter(&self) -> Signal {
        Signal::Block(self.block)
    }
}
