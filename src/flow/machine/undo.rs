//! Undoing: how a durable run ends when it does not come to its end. What was done is undone in the reverse
//! order; what was given up while it may have been done is settled first, and then undone.

use std::time::Duration;

use super::{Action, Frame, Joined, Run, Signal, Thread, ThreadId, TimerId};
use crate::flow::FlowEnd;
use crate::flow::definition::StepIndex;
use crate::flow::machine::state::Undo;
use crate::flow::step::Node;
use crate::flow::step::call::{CallNode, Pending};

impl<'d> Run<'d, '_> {
    /// Notes that a call was done and how it can be undone.
    pub fn note_undo(&mut self, undo: Undo) {
        let same = |known: &Undo| {
            (known.step, &known.flow, &known.lineage, known.round)
                == (undo.step, &undo.flow, &undo.lineage, undo.round)
        };
        self.state.undos.retain(|known| !same(known));
        self.state.undos.push(undo);
    }

    /// The outermost thread came to an end: what is open is settled, what was done is undone if need be.
    pub(super) fn finish(&mut self, end: FlowEnd) {
        let undo = match &end {
            FlowEnd::Rejected { .. } => true,
            FlowEnd::Failed(_) | FlowEnd::Cancelled { .. } => self.state.undo,
            FlowEnd::Responded { .. } | FlowEnd::Completed(_) | FlowEnd::Raised { .. } => false,
        };
        if !undo {
            self.state.undos.clear();
        }
        self.state.ending = Some(end);
        self.conclude();
    }

    /// A thread that belongs to no other is over, and not the outermost.
    pub(super) fn loose_over(&mut self, id: ThreadId, joined: Joined) {
        self.state.free.push(id);
        match self.state.ending {
            Some(_) => self.conclude(),
            // It was given up, turned out to be done, and nobody wants it.
            None if matches!(joined, Joined::Done(Some(_)) | Joined::Done(None))
                && !self.state.undos.is_empty() =>
            {
                self.begin_undo(1);
            }
            None => {}
        }
    }

    /// Ends the run when nothing is left to do.
    fn conclude(&mut self) {
        if self.state.threads.iter().any(Option::is_some) || self.expects_more() {
            return;
        }
        if !self.state.undos.is_empty() {
            return self.begin_undo(u32::MAX);
        }
        if let Some(end) = self.state.ending.take() {
            self.state.over = true;
            self.act(Action::End(end));
        }
    }

    fn begin_undo(&mut self, left: u32) {
        let mut thread = Thread::root(Vec::new(), Duration::MAX);
        thread.frames.push(Frame::Undo { left, now: None });
        // Threads that are over have given their places back: there is room for one.
        let _ = self.spawn(thread, Signal::Done(None));
    }

    /// Undoes the next call; [`Frame::Undo`] is on top.
    pub(super) fn undo_next(&mut self, id: ThreadId, thread: &mut Thread) -> Signal {
        let Some(Frame::Undo { left, now }) = thread.frames.last_mut() else { return Signal::Done(None) };
        let next = if *left > 0 { self.state.undos.pop() } else { None };
        *left = left.saturating_sub(1);
        *now = next.map(Box::new);
        self.undo_now(id, thread)
    }

    /// Undoes what [`Frame::Undo`] is at.
    pub(super) fn undo_now(&mut self, id: ThreadId, thread: &mut Thread) -> Signal {
        let Some(Frame::Undo { now: Some(undo), .. }) = thread.frames.last() else {
            thread.frames.pop();
            return Signal::Done(None);
        };
        let undo = Undo::clone(undo);
        (thread.flow, thread.lineage) = (undo.flow, undo.lineage);
        let step = self.step(thread, undo.step);
        let Node::Call(CallNode { compensate: Some(node), .. }) = &step.node else {
            return Signal::Done(None);
        };
        self.act(Action::Undoing { path: &step.path });
        node.begin(self, id, thread, undo.step, (undo.inputs, Some(undo.round)))
    }

    /// Keeps a call that is given up while it may have been done, if it can be undone: a thread of its own
    /// finds out. Gives whether it is kept.
    pub(super) fn keep_call(&mut self, thread: &Thread, pending: &Pending) -> bool {
        if !self.keeps || !self.state.durable || !pending.may_be_done() || pending.is_undo() {
            return false;
        }
        let Node::Call(call) = &self.step(thread, pending.step()).node else { return false };
        if call.compensate.is_none() {
            return false;
        }
        let mut loose = loose(thread, pending.step());
        loose.frames.push(Frame::Call(Box::new(pending.clone())));
        let Some(id) = self.place(loose) else { return false };
        pending.hand_over(self.state, id);
        true
    }

    /// Keeps the call of a parked step that is given up while it may have been done, like [`Run::keep_call`].
    pub(super) fn keep_parked(&mut self, thread: &Thread) -> bool {
        if !self.keeps {
            return false;
        }
        let Some(step) = self.current(thread) else { return false };
        let Node::Call(call) = &self.step(thread, step).node else { return false };
        if call.compensate.is_none() {
            return false;
        }
        let after = Duration::ZERO;
        self.keep(thread, step, after, |run, timer| Pending::unclear(run, thread, (step, call), timer))
    }

    /// Keeps a call that fails while it may have been done, where its flow goes on or ends without it.
    pub fn keep_failed(&mut self, thread: &Thread, after: Duration, pending: &Pending) {
        self.keep(thread, pending.step(), after, |_, timer| Some(pending.settling(timer)));
    }

    /// A thread of its own finds out after a while. Gives whether there is one.
    fn keep(
        &mut self,
        thread: &Thread,
        step: StepIndex,
        after: Duration,
        make: impl FnOnce(&Self, TimerId) -> Option<Pending>,
    ) -> bool {
        let Some(id) = self.place(loose(thread, step)) else { return false };
        let timer = self.set_timer(id, after);
        let made = make(self, timer);
        match (self.state.take_thread(id), made) {
            (Some(mut own), Some(pending)) => {
                own.frames.push(Frame::Call(Box::new(pending)));
                self.state.put_thread(id, own);
                true
            }
            // Without its inputs nobody can ask for it.
            _ => {
                self.cancel_timer(timer);
                self.state.free.push(id);
                false
            }
        }
    }
}

/// A thread of its own that sees what the call at `step` sees in `thread`.
fn loose(thread: &Thread, step: StepIndex) -> Thread {
    let mut loose = Thread::root(thread.slots.clone(), Duration::MAX);
    loose.slots.truncate(thread.sees_until(step).unwrap_or(usize::MAX));
    (loose.flow, loose.lineage) = (thread.flow.clone(), thread.lineage.clone());
    loose
}
