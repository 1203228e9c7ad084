//! The kinds of step, a file each, in one sorted table that feeds checker, help and machine.

pub(super) mod call;
pub(super) mod r#do;
pub(super) mod r#for;
pub(super) mod fork;
pub(super) mod raise;
pub(super) mod reject;
pub(super) mod require;
pub(super) mod respond;
pub(super) mod run;
pub(super) mod set;
pub(super) mod switch;
pub(super) mod r#try;

use super::definition::StepIndex;
use super::machine::{Run, Signal, Thread, ThreadId};

/// What a compiled step does.
#[derive(Debug)]
pub(super) enum Node {
    Call(call::CallNode),
    Do(r#do::DoNode),
    For(r#for::ForNode),
    Fork(fork::ForkNode),
    Raise(raise::RaiseNode),
    Reject(reject::RejectNode),
    Require(require::RequireNode),
    Respond(respond::RespondNode),
    Run(run::RunNode),
    Set(set::SetNode),
    Switch(switch::SwitchNode),
    Try(r#try::TryNode),
}

impl Node {
    /// Begins the step.
    pub fn enter(
        &self,
        run: &mut Run<'_, '_>,
        id: ThreadId,
        thread: &mut Thread,
        index: StepIndex,
    ) -> Signal {
        let step = run.step(thread, index);
        match self {
            Node::Call(node) => node.enter(run, id, thread, index),
            Node::Do(node) => node.enter(),
            Node::For(node) => node.enter(run, id, thread, index, step),
            Node::Fork(node) => node.enter(run, id, thread, index, step),
            Node::Raise(node) => node.enter(run, thread, step),
            Node::Reject(node) => node.enter(run, thread, step),
            Node::Require(node) => node.enter(run, thread, step),
            Node::Respond(node) => node.enter(run, thread, step),
            Node::Run(node) => node.enter(run, thread, index, step),
            Node::Set(node) => node.enter(run, thread, step),
            Node::Switch(node) => node.enter(run, thread, step),
            Node::Try(node) => node.enter(thread, index),
        }
    }
}
