//! One turn of the machine: signals go to threads until every thread waits or is over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Action, Call, CallId, Child, Entry, Frame, Joined, ListenId, MAX_STEPS, MAX_THREADS, Now, Occurrence,
    State, Thread, ThreadId, TimerId,
};
use crate::flow::definition::{BlockIndex, Definition, Gives, Step, StepIndex};
use crate::flow::formula::Broken;
use crate::flow::step::{Node, call, r#for, fork, listen, r#try, wait};
use crate::flow::{Failure, FailureKind, FlowEnd};
use crate::system::{OperationName, Outcome};
use crate::value::Value;

/// What a thread is told, or says to itself.
#[derive(Debug)]
pub(in crate::flow) enum Signal {
    /// Enter a step.
    Step(StepIndex),
    /// Enter the parked step once more.
    Again,
    /// The parked step is done, with this result.
    Instead(Option<Value>),
    /// Enter a block.
    Block(BlockIndex),
    /// Enter a block whose scope begins at a slot below the present ones.
    BlockFrom(BlockIndex, u32),
    /// The innermost step is done; its result.
    Done(Option<Value>),
    /// The innermost step failed.
    Fail(Failure),
    /// The flow is over.
    End(FlowEnd),
    /// Nothing more until an event.
    Wait,
    /// A call that the innermost step waits for.
    Outcome(Outcome),
    /// A timer of some open step.
    Fired(TimerId),
    /// An event for a listen of some open step.
    Occurred(ListenId, Occurrence),
    /// A branch or round is over: its thread, its number in the join, how it came out.
    Joined(ThreadId, u32, Joined),
}

/// One turn.
pub(in crate::flow) struct Run<'d, 'a> {
    root: &'d Definition,
    pub state: &'a mut State,
    pub now: &'a Now<'a>,
    actions: &'a mut Vec<Action<'d>>,
    ready: VecDeque<(ThreadId, Signal)>,
    /// Whether the call that is entered next may have been done before.
    pub unclear: bool,
    /// Whether calls that are given up while they may have been done are found out.
    pub(super) keeps: bool,
}

impl<'d, 'a> Run<'d, 'a> {
    pub(super) fn new(
        root: &'d Definition,
        state: &'a mut State,
        now: &'a Now<'a>,
        actions: &'a mut Vec<Action<'d>>,
    ) -> Run<'d, 'a> {
        Run { root, state, now, actions, ready: VecDeque::new(), unclear: false, keeps: true }
    }

    /// Tells a thread something, in its turn.
    pub fn push(&mut self, thread: ThreadId, signal: Signal) {
        self.ready.push_back((thread, signal));
    }

    /// Adds a thread and its first signal; `None` when there are too many.
    pub fn spawn(&mut self, thread: Thread, first: Signal) -> Option<ThreadId> {
        let id = self.place(thread)?;
        self.push(id, first);
        Some(id)
    }

    /// Adds a thread that waits; `None` when there are too many.
    pub(super) fn place(&mut self, thread: Thread) -> Option<ThreadId> {
        let id = match self.state.free.pop() {
            Some(id) => id,
            None if self.state.threads.len() >= MAX_THREADS => return None,
            None => {
                self.state.threads.push(None);
                self.state.threads.len() as ThreadId - 1
            }
        };
        self.state.threads[id as usize] = Some(thread);
        Some(id)
    }

    /// Whether signals are under way.
    pub(super) fn expects_more(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Asks something of the driver.
    pub(in crate::flow) fn act(&mut self, action: Action<'d>) {
        self.actions.push(action);
    }

    /// Gives signals out until there are none.
    pub(super) fn settle(&mut self) {
        while let Some((id, signal)) = self.ready.pop_front() {
            if self.state.over {
                return;
            }
            self.turn(id, signal);
        }
    }

    /// The definition whose steps the innermost frames of `thread` are.
    pub fn definition(&self, thread: &Thread) -> &'d Definition {
        thread.flow.iter().fold(self.root, |at, child| &at.children[*child as usize])
    }

    /// One step of a definition.
    pub fn step(&self, thread: &Thread, step: StepIndex) -> &'d Step {
        &self.definition(thread).steps[step as usize]
    }

    /// Runs one thread until it waits or is over.
    fn turn(&mut self, id: ThreadId, first: Signal) {
        let Some(mut thread) = self.state.threads.get_mut(id as usize).and_then(Option::take) else { return };
        let mut signal = first;
        loop {
            signal = match signal {
                Signal::Step(step) => self.enter(id, &mut thread, step),
                Signal::Again => self.again(id, &mut thread),
                Signal::Instead(result) => {
                    self.close_as(&mut thread, "skipped");
                    match thread.frames.last() {
                        Some(Frame::Call(_)) => call::loose_again(self, id, &mut thread, Some(result)),
                        _ => Signal::Done(result),
                    }
                }
                Signal::Block(block) => self.open(&mut thread, block, None),
                Signal::BlockFrom(block, base) => self.open(&mut thread, block, Some(base)),
                Signal::Done(value) if thread.frames.is_empty() => {
                    return self.over(id, thread, Joined::Done(value));
                }
                Signal::Done(value) => self.done(id, &mut thread, value),
                Signal::Fail(failure) if self.state.durable && self.is_unhandled(&thread) => {
                    self.park_failure(&mut thread, failure)
                }
                Signal::Fail(failure) if thread.frames.is_empty() => {
                    return self.over(id, thread, Joined::Failed(failure));
                }
                Signal::Fail(failure) => self.fail(&mut thread, failure),
                Signal::End(FlowEnd::Raised { code, facts })
                    if self.state.durable && !thread.frames.is_empty() =>
                {
                    self.park_raise(&mut thread, code, facts)
                }
                Signal::End(end) => {
                    self.unwind(&mut thread, 0, "ended");
                    return self.over(id, thread, Joined::Ended(end));
                }
                Signal::Wait => {
                    self.state.threads[id as usize] = Some(thread);
                    return;
                }
                Signal::Outcome(outcome) => call::outcome(self, id, &mut thread, outcome),
                Signal::Fired(timer) => self.fired(id, &mut thread, timer),
                Signal::Occurred(id, occurrence) => listen::occurred(self, &mut thread, id, occurrence),
                Signal::Joined(child, number, joined) => {
                    self.joined(id, &mut thread, (child, number), joined)
                }
            }
        }
    }

    /// Enters the step that is parked; a create that may have been done is looked for first.
    fn again(&mut self, id: ThreadId, thread: &mut Thread) -> Signal {
        let unclear =
            matches!(thread.frames.last(), Some(Frame::Parked(parked)) if parked.cause.is_unclear());
        self.close_as(thread, "again");
        if let Some(Frame::Call(_)) = thread.frames.last() {
            return call::loose_again(self, id, thread, None);
        }
        if let Some(Frame::Undo { .. }) = thread.frames.last() {
            self.unclear = unclear;
            return self.undo_now(id, thread);
        }
        if let Some(Frame::Renew(_)) = thread.frames.last() {
            self.unclear = unclear;
            return self.renew_now(id, thread);
        }
        let Some(step) = self.current(thread) else { return Signal::Done(None) };
        self.unclear = unclear;
        self.enter(id, thread, step)
    }

    fn enter(&mut self, id: ThreadId, thread: &mut Thread, index: StepIndex) -> Signal {
        let step = self.step(thread, index);
        self.unclear &= matches!(step.node, Node::Call(_));
        self.state.steps += 1;
        if self.state.steps > MAX_STEPS {
            let detail = "too many steps in one run";
            return Signal::Fail(Failure::new(FailureKind::TooMuch, step.path.clone(), detail));
        }
        self.enter_with_good(id, thread, (index, 0, Entry::Whole))
    }

    /// Begins a step all of whose results are good.
    pub(super) fn begin_step(&mut self, id: ThreadId, thread: &mut Thread, index: StepIndex) -> Signal {
        let step = self.step(thread, index);
        if let Some(when) = &step.when {
            match when.holds(&thread.slots, &self.now.context) {
                Ok(true) => {}
                Ok(false) => {
                    self.trace_end(&step.path, "skipped");
                    return Signal::Done(None);
                }
                Err(broken) => return broken_at(broken, &step.path),
            }
        }
        self.open_step(id, thread, index, step);
        step.node.enter(self, id, thread, index)
    }

    /// Opens a step that has a timeout, or that is traced.
    pub(super) fn open_step(&mut self, id: ThreadId, thread: &mut Thread, index: StepIndex, step: &'d Step) {
        if step.timeout.is_none() && !self.state.trace {
            return;
        }
        if self.state.trace {
            self.actions.push(Action::StepStarted { path: &step.path });
        }
        let outer = thread.deadline;
        let timer = step.timeout.map(|timeout| {
            thread.deadline = outer.min(self.now.at.saturating_add(timeout));
            self.set_timer(id, timeout)
        });
        thread.frames.push(Frame::Step { step: index, timer, outer });
    }

    fn open(&mut self, thread: &mut Thread, block: BlockIndex, base: Option<u32>) -> Signal {
        let base = base.unwrap_or(thread.slots.len() as u32);
        thread.frames.push(Frame::Block { block, next: 0, base });
        self.advance(thread, None)
    }

    /// The next step of the block on top, or its end; `last` is the result of the step before.
    fn advance(&mut self, thread: &mut Thread, last: Option<Value>) -> Signal {
        let definition = self.definition(thread);
        let Some(Frame::Block { block, next, base }) = thread.frames.last_mut() else {
            return Signal::Done(last);
        };
        let block = &definition.blocks[*block as usize];
        if let Some(step) = block.steps.get(*next as usize) {
            *next += 1;
            return Signal::Step(*step);
        }
        let base = *base as usize;
        let result = match &block.gives {
            Gives::Nothing => Ok(None),
            Gives::Last => Ok(last),
            Gives::Formula(formula) => formula.eval(&thread.slots, &self.now.context),
        };
        thread.frames.pop();
        thread.slots.truncate(base);
        match result {
            Ok(value) => Signal::Done(value),
            Err(broken) => broken_at(broken, &definition.name),
        }
    }

    /// What a result means to the step around it.
    fn done(&mut self, id: ThreadId, thread: &mut Thread, value: Option<Value>) -> Signal {
        match thread.frames.last() {
            Some(Frame::Block { block, next, .. }) => {
                let definition = self.definition(thread);
                let block = &definition.blocks[*block as usize];
                let before = block.steps.get((*next as usize).wrapping_sub(1));
                let takes_slot = before.is_some_and(|step| definition.steps[*step as usize].has_result);
                let is_last = *next as usize >= block.steps.len();
                let last = (is_last && matches!(block.gives, Gives::Last)).then(|| value.clone()).flatten();
                if takes_slot {
                    thread.slots.push(value);
                }
                self.advance(thread, last)
            }
            Some(Frame::Undo { .. }) => self.undo_next(id, thread),
            Some(Frame::Renew(_)) => self.renew_next(id, thread, value),
            Some(Frame::Listen(_)) => listen::stepped(self, thread),
            _ => {
                self.pop(thread, "done");
                Signal::Done(value)
            }
        }
    }

    /// Looks outwards for a `try`.
    fn fail(&mut self, thread: &mut Thread, failure: Failure) -> Signal {
        let caught = match thread.frames.last() {
            Some(Frame::Try { step }) => Some(*step),
            _ => None,
        };
        self.pop(thread, "failed");
        match caught {
            Some(step) => r#try::caught(self, thread, step, failure),
            None => Signal::Fail(failure),
        }
    }

    fn fired(&mut self, id: ThreadId, thread: &mut Thread, timer: TimerId) -> Signal {
        let own = |frame: &Frame| matches!(frame, Frame::Step { timer: Some(known), .. } if *known == timer);
        if let Some(at) = thread.frames.iter().position(own) {
            return self.step_timeout(thread, at);
        }
        if listen::is_timer(thread, timer) {
            return listen::fired(self, thread, timer);
        }
        match thread.frames.last() {
            Some(Frame::Wait(known)) if *known == timer => wait::fired(thread),
            Some(Frame::Call(_)) => call::fired(self, id, thread),
            Some(Frame::Join(_)) => fork::fired(self, thread),
            _ => Signal::Wait,
        }
    }

    fn step_timeout(&mut self, thread: &mut Thread, at: usize) -> Signal {
        let open = self.unwind(thread, at + 1, "cancelled");
        let path = match thread.frames.last() {
            Some(Frame::Step { step, .. }) => self.step(thread, *step).path.clone(),
            _ => self.definition(thread).name.clone(),
        };
        self.pop(thread, "failed");
        let (kind, detail) = match open {
            true => (FailureKind::UnknownOutcome, "the step's time ran out while a create was under way"),
            false => (FailureKind::StepTimeout, "the step's time ran out"),
        };
        Signal::Fail(Failure::new(kind, path, detail))
    }

    fn joined(
        &mut self,
        id: ThreadId,
        thread: &mut Thread,
        (child, number): (ThreadId, u32),
        joined: Joined,
    ) -> Signal {
        let Some(Frame::Join(join)) = thread.frames.last() else { return Signal::Wait };
        match join.children.get(number as usize) {
            // Only now is its place free: until here its number stands in the join.
            Some(Child::Running(known)) if *known == child => self.state.free.push(child),
            _ => return Signal::Wait,
        }
        match &self.step(thread, join.step).node {
            Node::For(node) => r#for::joined(self, id, thread, node, number, joined),
            Node::Fork(node) => fork::joined(self, thread, node, number, joined),
            _ => Signal::Wait,
        }
    }

    // A thread is over: tells its parent, or ends the run.
    fn over(&mut self, id: ThreadId, thread: Thread, joined: Joined) {
        match thread.parent {
            Some((parent, number)) => self.push(parent, Signal::Joined(id, number, joined)),
            None if id != 0 => self.loose_over(id, joined),
            None => {
                let end = match joined {
                    Joined::Done(value) => FlowEnd::Completed(value),
                    Joined::Failed(failure) => FlowEnd::Failed(failure),
                    Joined::Ended(end) => end,
                };
                if self.state.durable {
                    return self.finish(end);
                }
                self.state.over = true;
                self.actions.push(Action::End(end));
            }
        }
    }

    /// Closes frames until `depth` are left. Gives whether a create was under way, so that nobody
    /// knows whether it was done.
    pub(super) fn unwind(&mut self, thread: &mut Thread, depth: usize, how: &'static str) -> bool {
        let mut open = false;
        while thread.frames.len() > depth {
            open |= self.pop(thread, how);
        }
        open
    }

    /// Closes the innermost frame and gives back what it holds. Gives whether a create was under way.
    fn pop(&mut self, thread: &mut Thread, how: &'static str) -> bool {
        match thread.frames.pop() {
            None | Some(Frame::Try { .. } | Frame::Undo { .. }) => false,
            Some(Frame::Renew(renewing)) => {
                thread.lineage = renewing.lineage;
                // What is not undone yet still is to be.
                self.state.undos.extend(renewing.undo);
                false
            }
            Some(Frame::Parked(parked)) => {
                self.actions.push(Action::Unparked(parked.id));
                let goes_on = matches!(how, "again" | "skipped");
                parked.cause.is_unclear() && !goes_on && !self.keep_parked(thread)
            }
            Some(Frame::Block { base, .. }) => {
                thread.slots.truncate(base as usize);
                false
            }
            Some(Frame::Step { step, timer, outer }) => {
                thread.deadline = outer;
                timer.into_iter().for_each(|timer| self.cancel_timer(timer));
                let path = &self.step(thread, step).path;
                self.trace_end(path, how);
                false
            }
            Some(Frame::Flow { slots }) => {
                thread.slots = slots;
                thread.flow.pop();
                thread.lineage.pop();
                false
            }
            Some(Frame::Wait(timer)) => {
                self.cancel_timer(timer);
                false
            }
            Some(Frame::Listen(listening)) => {
                listening.close(self, thread);
                false
            }
            Some(Frame::Call(pending)) => !self.keep_call(thread, &pending) && pending.cancel(self),
            Some(Frame::Join(join)) => {
                join.timer.into_iter().for_each(|timer| self.cancel_timer(timer));
                // Every child is cancelled, whatever the others say.
                join.running().map(|child| self.cancel(child)).filter(|open| *open).count() > 0
            }
        }
    }

    /// Closes frames until `depth` are left.
    pub fn close_to(&mut self, thread: &mut Thread, depth: usize) {
        self.unwind(thread, depth, "cancelled");
    }

    /// Closes the innermost frame, giving up what still runs below it.
    pub fn close(&mut self, thread: &mut Thread) {
        self.pop(thread, "cancelled");
    }

    /// Closes the innermost frame; `how` its step came out, if it is one.
    pub(super) fn close_as(&mut self, thread: &mut Thread, how: &'static str) {
        self.pop(thread, how);
    }

    /// Ends a thread and all that it waits for. Gives whether a create was under way.
    pub fn cancel(&mut self, id: ThreadId) -> bool {
        let thread = self.state.threads.get_mut(id as usize).and_then(Option::take);
        // Nothing more goes to it, nor from it: without a thread it is over already, and what it said
        // last would reach whichever join its parent has opened meanwhile.
        self.ready
            .retain(|(to, signal)| *to != id && !matches!(signal, Signal::Joined(from, _, _) if *from == id));
        // The outermost one's place is nobody else's: whoever ends there ends the run.
        if id != 0 {
            self.state.free.push(id);
        }
        thread.is_some_and(|mut thread| self.unwind(&mut thread, 0, "cancelled"))
    }

    /// Asks the driver for an attempt.
    pub fn send(&mut self, thread: ThreadId, make: impl FnOnce(CallId) -> Call<'d>) -> CallId {
        let id = self.state.call(thread);
        self.actions.push(Action::Call(make(id)));
        id
    }

    /// Takes an attempt back.
    pub fn cancel_call(&mut self, id: CallId) {
        if self.state.take_call(id).is_some() {
            self.actions.push(Action::CancelCall(id));
        }
    }

    /// Asks the driver for a timer.
    pub fn set_timer(&mut self, thread: ThreadId, after: Duration) -> TimerId {
        let id = self.state.timer(thread, self.now.at.saturating_add(after));
        self.actions.push(Action::Timer { id, after });
        id
    }

    /// Takes a timer back.
    pub fn cancel_timer(&mut self, id: TimerId) {
        if self.state.take_timer(id).is_some() {
            self.actions.push(Action::CancelTimer(id));
        }
    }

    /// Answers the caller while the flow goes on.
    pub fn respond(&mut self, answer: FlowEnd) {
        self.actions.push(Action::Respond(answer));
    }

    /// Tells observers that a system is away.
    pub fn note_hold(
        &mut self,
        operation: &'d OperationName,
        path: &'d Arc<str>,
        kind: crate::system::FailureKind,
        wait: Duration,
        again: bool,
    ) {
        let kind = FailureKind::System(kind);
        self.actions.push(Action::Holding { operation, path, kind, wait, again });
    }

    /// Tells observers of a retry.
    pub fn note_retry(&mut self, operation: &'d OperationName, attempt: u32, wait: Duration) {
        self.actions.push(Action::Retrying { operation, attempt, wait });
    }

    fn trace_end(&mut self, path: &'d Arc<str>, how: &'static str) {
        if self.state.trace {
            self.actions.push(Action::StepEnded { path, how });
        }
    }
}

/// A formula that gave nothing, as what happens to the step at `path`.
pub(in crate::flow) fn broken_at(broken: Broken, path: &Arc<str>) -> Signal {
    match broken.at(path) {
        Ok(failure) => Signal::Fail(failure),
        Err(end) => Signal::End(end),
    }
}

impl From<Joined> for Signal {
    fn from(joined: Joined) -> Signal {
        match joined {
            Joined::Done(value) => Signal::Done(value),
            Joined::Failed(failure) => Signal::Fail(failure),
            Joined::Ended(end) => Signal::End(end),
        }
    }
}
