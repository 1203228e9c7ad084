//! `set`: the result is this data.

use super::{Kind, Node};
use crate::config::declarations::flow::StepBody;
use crate::flow::compile::{Compiler, Made};
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

pub(super) const KIND: Kind = Kind {
    name: "set",
    help: "the result is this data: literals and expressions",
    stands: |body| body.set.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let made = body.set.as_ref().and_then(|data| compiler.data(data));
    let Some((formula, typed)) = made else { return Made::broken() };
    Made { result: Some(typed), ..Made::quiet(Node::Set(SetNode { formula })) }
}
