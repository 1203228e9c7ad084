//! `do`: a group of steps with a scope of its own; its result is that of the last step.

use super::{Kind, Node};
use crate::config::declarations::flow::StepBody;
use crate::flow::compile::{Compiler, Made};
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

pub(super) const KIND: Kind = Kind {
    name: "do",
    help: "a group of steps with a scope of its own; its result is that of the last step",
    stands: |body| body.do_.is_some() && body.for_.is_none(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(steps) = &body.do_ else { return Made::broken() };
    let blocked = compiler.scoped(steps);
    let block = compiler.block_of(&blocked);
    let node = Node::Do(DoNode { block });
    Made { node, result: blocked.result, ends: blocked.ends, worst: blocked.worst }
}
