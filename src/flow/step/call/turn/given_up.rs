//! Creates that were given up while they may have been done: what became of them is found out beside the flow,
//! and undone if it was done.

use super::{Turn, take};
use crate::flow::machine::{Run, Signal, Thread, ThreadId};
use crate::flow::{FailureKind, FlowEnd};
use crate::value::Value;

/// What was given up is looked for once more, or, with `said`, somebody says what it came to.
pub(in crate::flow) fn loose_again(
    run: &mut Run<'_, '_>,
    id: ThreadId,
    thread: &mut Thread,
    said: Option<Option<Value>>,
) -> Signal {
    match (take(id, thread), said) {
        (Some(turn), None) => turn.find_out(run, thread),
        (Some(turn), Some(Some(result))) => turn.done(run, thread, Some(result)),
        (Some(_), Some(None)) => Turn::was_not_done(),
        (None, _) => Signal::Wait,
    }
}

impl Turn {
    /// Whether nobody waits for it any more: its step was given up while it may have been done, and only what
    /// became of it is to be found out.
    pub(super) fn is_loose(&self, thread: &Thread) -> bool {
        self.id != 0 && thread.parent.is_none() && !self.pending.undo
    }

    /// It was given up and was not done: there is nothing to undo.
    pub(super) fn was_not_done() -> Signal {
        Signal::End(FlowEnd::Completed(None))
    }

    /// Asks the probe, where there is one.
    pub(super) fn find_out(self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, _) = self.node(run, thread);
        match node.probe {
            Some(_) => self.probe(run, thread),
            None => self.unclear_loose(run, thread),
        }
    }

    /// It was given up, and nothing says whether it was done.
    pub(super) fn unclear_loose(self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let detail = "its step was given up while it may have been done".to_owned();
        self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
    }

    /// Where the flow goes on, or ends, without knowing whether it was done, it is found out beside it, and undone
    /// if it was; what `parks` keeps its place.
    pub(super) fn leave_unclear(
        &self,
        run: &mut Run<'_, '_>,
        thread: &Thread,
        kind: FailureKind,
        parks: bool,
    ) {
        let (node, _) = self.node(run, thread);
        let is_lost = run.state.is_durable() && !parks && kind == FailureKind::UnknownOutcome;
        if let (true, Some(probe), Some(_)) = (is_lost, node.probe, &node.compensate) {
            let after = probe.settle.saturating_add(node.timeout);
            run.keep_failed(thread, after, &self.pending);
        }
    }
}
