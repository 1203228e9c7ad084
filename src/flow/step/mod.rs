//! The kinds of step, a file each, in one sorted table that feeds checker, help and machine.

pub(super) mod call;
pub(super) mod r#do;
pub(super) mod emit;
pub(super) mod r#for;
pub(super) mod fork;
pub(super) mod listen;
pub(super) mod raise;
pub(super) mod reject;
pub(super) mod require;
pub(super) mod respond;
pub(super) mod run;
pub(super) mod set;
pub(super) mod switch;
pub(super) mod r#try;
pub(super) mod wait;

use super::compile::{Compiler, Made};
use super::definition::StepIndex;
use super::machine::{Run, Signal, Thread, ThreadId};

use crate::config::declarations::flow::StepBody;

/// One kind of step.
pub(super) struct Kind {
    /// The key that makes a step one of this kind.
    pub name: &'static str,
    /// One line, for help.
    pub help: &'static str,
    /// Whether the key stands in a step.
    pub stands: fn(&StepBody) -> bool,
    pub compile: fn(&mut Compiler<'_>, &StepBody) -> Made,
}

/// Every kind that is built, sorted by name.
pub(super) static KINDS: &[Kind] = &[
    call::KIND,
    r#do::KIND,
    emit::KIND,
    r#for::KIND,
    fork::KIND,
    listen::KIND,
    raise::KIND,
    reject::KIND,
    require::KIND,
    respond::KIND,
    run::KIND,
    set::KIND,
    switch::KIND,
    r#try::KIND,
    wait::KIND,
];

impl Kind {
    /// The kind of a step; `do` beside `for` belongs to the `for`.
    pub fn of(body: &StepBody) -> Option<&'static Kind> {
        let mut standing = KINDS.iter().filter(|kind| (kind.stands)(body));
        standing.next()
    }
}

/// What a compiled step does.
#[derive(Debug)]
pub(super) enum Node {
    Call(call::CallNode),
    Do(r#do::DoNode),
    Emit(Box<emit::EmitNode>),
    For(r#for::ForNode),
    Fork(fork::ForkNode),
    Listen(Box<listen::ListenNode>),
    Raise(raise::RaiseNode),
    Reject(reject::RejectNode),
    Require(require::RequireNode),
    Respond(respond::RespondNode),
    Run(run::RunNode),
    Set(set::SetNode),
    Switch(switch::SwitchNode),
    Try(r#try::TryNode),
    Wait(wait::WaitNode),
}

impl Node {
    /// Begins the step.
    pub fn enter<'d>(
        &'d self,
        run: &mut Run<'d, '_>,
        id: ThreadId,
        thread: &mut Thread,
        index: StepIndex,
    ) -> Signal {
        let step = run.step(thread, index);
        match self {
            Node::Call(node) => node.enter(run, id, thread, index),
            Node::Do(node) => node.enter(),
            Node::Emit(node) => node.enter(run, thread, index),
            Node::For(node) => node.enter(run, id, thread, index, step),
            Node::Fork(node) => node.enter(run, id, thread, index, step),
            Node::Listen(node) => node.enter(run, id, thread, index),
            Node::Raise(node) => node.enter(run, thread, step),
            Node::Reject(node) => node.enter(run, thread, step),
            Node::Require(node) => node.enter(run, thread, step),
            Node::Respond(node) => node.enter(run, thread, step),
            Node::Run(node) => node.enter(run, thread, index, step),
            Node::Set(node) => node.enter(run, thread, step),
            Node::Switch(node) => node.enter(run, thread, step),
            Node::Try(node) => node.enter(thread, index),
            Node::Wait(node) => node.enter(run, id, thread, step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_and_explained() {
        assert!(KINDS.is_sorted_by_key(|kind| kind.name));
        assert!(KINDS.iter().all(|kind| !kind.help.is_empty()));
    }
}
