//! `try`: steps whose failure `catch` handles.

use super::Kind;
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::Failure;
use crate::flow::compile::{Compiler, Made, Typed};
use crate::flow::definition::{BlockIndex, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{CATCH_TIME, Frame, Run, Signal, Thread, broken_at};
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
        Ok(true) => {
            thread.deadline = thread.deadline.max(run.now.at.saturating_add(CATCH_TIME));
            Signal::BlockFrom(node.catch, base as u32)
        }
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

pub(super) const KIND: Kind = Kind {
    name: "try",
    help: "steps whose failure `catch` handles",
    stands: |body| body.try_.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(steps) = &body.try_ else { return Made::broken() };
    let around = compiler.caught;
    compiler.caught |= body.catch.as_ref().is_some_and(|catch| catch.when.is_none());
    let tried = compiler.scoped(steps);
    compiler.caught = around;
    let block = compiler.block_of(&tried);
    let Some(catch) = &body.catch else {
        let at = steps.first().map(|step| step.name.span).unwrap_or_default();
        let message = "`try` lacks the key `catch`: nothing handles a failure";
        let help = "write `catch: { do: [...] }` beside it";
        compiler.find(Diagnostic::new(&codes::MISSING_KEY, at, message).help(help));
        return Made { result: tried.result, ..Made::broken() };
    };
    let mark = compiler.mark();
    compiler.down("catch");
    if let Some(name) = &catch.as_ {
        compiler.take(name);
        compiler.declare(name, Typed::sure(Failure::ty()));
    }
    let when = catch.when.as_ref().map(|when| compiler.condition(when));
    let caught = compiler.steps(&catch.steps);
    compiler.restore(mark);
    let handler = compiler.block_of(&caught);
    let node = TryNode { body: block, when, catch: handler, named: catch.as_.is_some() };
    let ends = tried.ends && caught.ends;
    let worst = tried.worst.saturating_add(caught.worst);
    let ways = [tried, caught].into_iter().filter(|way| !way.ends).map(|way| way.result);
    let result = Typed::either(ways.collect());
    Made { node: Node::Try(node), result, ends, worst }
}
