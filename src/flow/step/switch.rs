//! `switch`: the first case whose `when` holds, or `else`; the result is that of its last step.

use super::{Kind, Node};
use crate::config::declarations::flow::{Case, StepBody};
use crate::flow::compile::{Blocked, Compiler, Made, Typed};
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

pub(super) const KIND: Kind = Kind {
    name: "switch",
    help: "the first case whose `when` holds, or `else`; its result is that of the case's last step",
    stands: |body| body.switch.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let mut ways: Vec<Blocked> = Vec::new();
    let mut cases = Vec::new();
    for (number, case) in body.switch.iter().flatten().enumerate() {
        let (when, blocked) = way(compiler, number + 1, case);
        cases.push((when, compiler.block_of(&blocked)));
        ways.push(blocked);
    }
    let otherwise = body.else_.as_ref().map(|otherwise| {
        let blocked = compiler.only("else", otherwise);
        let block = compiler.block_of(&blocked);
        ways.push(blocked);
        block
    });
    let ends = otherwise.is_some() && ways.iter().all(|way| way.ends);
    let worst = ways.iter().map(|way| way.worst).max().unwrap_or_default();
    // A way that ends the flow gives nothing, and nobody sees that it does.
    let mut results: Vec<_> = ways.into_iter().filter(|way| !way.ends).map(|way| way.result).collect();
    if otherwise.is_none() {
        results.push(None);
    }
    let result = Typed::either(results);
    Made { node: Node::Switch(SwitchNode { cases, otherwise }), result, ends, worst }
}

fn way(compiler: &mut Compiler<'_>, number: usize, case: &Case) -> (Formula, Blocked) {
    let mark = compiler.mark();
    compiler.down(&number.to_string());
    let when = compiler.condition_that_narrows(&case.when);
    let blocked = compiler.steps(&case.steps);
    compiler.restore(mark);
    (when, blocked)
}
