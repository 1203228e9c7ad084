//! `require`: this must hold, or `else` happens, which never comes back.

use super::{Kind, Node};
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made};
use crate::flow::definition::{BlockIndex, Gives, Step};
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

pub(super) const KIND: Kind = Kind {
    name: "require",
    help: "this must hold; otherwise `else` happens and the flow goes no further",
    stands: |body| body.require.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(expression) = &body.require else { return Made::broken() };
    let condition = compiler.decision(expression);
    let Some(otherwise) = &body.else_ else {
        let message = "`require` lacks the key `else`: nothing says what happens when it does not hold";
        let help = "write `else: { reject: some_code }`, with a code of `exceptions.yaml`";
        compiler.find(Diagnostic::new(&codes::MISSING_KEY, expression.span, message).help(help));
        compiler.narrow(expression);
        return Made::quiet(Node::Require(RequireNode { condition, otherwise: 0 }));
    };
    let blocked = compiler.only("else", otherwise);
    if !blocked.ends {
        let message = "`else` goes on to the next step, as if what is required held";
        let help =
            "end the flow there with `reject`, `raise` or `respond`; to choose between ways, use `switch`";
        compiler.find(Diagnostic::new(&codes::CONTINUING_ELSE, otherwise.span, message).help(help));
    }
    let otherwise = compiler.block(blocked.steps, Gives::Nothing);
    compiler.narrow(expression);
    Made { worst: blocked.worst, ..Made::quiet(Node::Require(RequireNode { condition, otherwise })) }
}
