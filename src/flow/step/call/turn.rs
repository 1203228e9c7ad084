//! The turns of one call: sending, waiting, probing, settling.

pub(super) mod given_up;

use std::sync::Arc;
use std::time::Duration;

use super::{CallNode, OnExhausted, Pending, Phase, WhenUnknown};
use crate::flow::definition::Definition;
use crate::flow::environment::longest_wait;
use crate::flow::machine::{
    Action, Call, CallId, Entry, Frame, Run, Signal, Thread, ThreadId, Undo, broken_at,
};
use crate::flow::step::Node;
use crate::flow::{Failure, FailureKind, FlowEnd};
use crate::system::{self, Effect, Jitter, Outcome, RetryPolicy};
use crate::value::Value;

/// An event for a call: the thread it belongs to, and its state off the stack.
pub(super) struct Turn {
    pub id: ThreadId,
    pub pending: Box<Pending>,
}

/// A call came to an outcome.
pub(in crate::flow) fn outcome(
    run: &mut Run<'_, '_>,
    id: ThreadId,
    thread: &mut Thread,
    outcome: Outcome,
) -> Signal {
    let Some(turn) = take(id, thread) else { return Signal::Wait };
    match turn.pending.phase {
        Phase::Sending(_) => turn.sent(run, thread, outcome),
        Phase::Probing(_) => turn.probed(run, thread, outcome),
        Phase::Waiting(_) | Phase::Settling(_) => turn.put_back(thread),
    }
}

/// A wait is over.
pub(in crate::flow) fn fired(run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread) -> Signal {
    let Some(turn) = take(id, thread) else { return Signal::Wait };
    match turn.pending.phase {
        Phase::Waiting(_) if turn.is_loose(thread) => turn.unclear_loose(run, thread),
        // Nothing was sent so far, and what it was to be made with is good no more.
        Phase::Waiting(_) if turn.is_unsent() && run.reads_expired(thread, turn.pending.step) => {
            run.enter_with_good(id, thread, (turn.pending.step, 0, Entry::Held))
        }
        Phase::Waiting(_) => turn.send(run, thread),
        Phase::Settling(_) => turn.find_out(run, thread),
        Phase::Sending(_) | Phase::Probing(_) => turn.put_back(thread),
    }
}

fn take(id: ThreadId, thread: &mut Thread) -> Option<Turn> {
    match thread.frames.pop() {
        Some(Frame::Call(pending)) => Some(Turn { id, pending }),
        other => {
            thread.frames.extend(other);
            None
        }
    }
}

impl Turn {
    fn put_back(self, thread: &mut Thread) -> Signal {
        thread.frames.push(Frame::Call(self.pending));
        Signal::Wait
    }

    /// Whether every attempt so far was held: the call may still be made with other inputs.
    fn is_unsent(&self) -> bool {
        self.pending.attempt == 0 && !self.pending.open && !self.pending.undo
    }

    fn node<'d>(&self, run: &Run<'d, '_>, thread: &Thread) -> (&'d CallNode, &'d Arc<str>) {
        let definition: &'d Definition = run.definition(thread);
        let step = &definition.steps[self.pending.step as usize];
        let node = match &step.node {
            Node::Call(node) if self.pending.undo => node.compensate.as_deref(),
            Node::Call(node) => Some(node),
            _ => None,
        };
        (node.expect("a pending call stands at a call step"), &step.path)
    }

    pub fn send(mut self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, path) = self.node(run, thread);
        if run.now.at >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to ask");
        }
        self.pending.attempt += 1;
        let call = self.request(run, thread, (node, path), false);
        self.pending.open |= node.effect == Effect::Create;
        self.pending.phase = Phase::Sending(call);
        self.put_back(thread)
    }

    pub fn probe(mut self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, path) = self.node(run, thread);
        if run.now.at >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to find out");
        }
        let call = self.request(run, thread, (node, path), true);
        self.pending.phase = Phase::Probing(call);
        self.put_back(thread)
    }

    fn request<'d>(
        &self,
        run: &mut Run<'d, '_>,
        thread: &Thread,
        (node, path): (&'d CallNode, &'d Arc<str>),
        probe: bool,
    ) -> CallId {
        let attempt = if probe { self.pending.probes + 1 } else { self.pending.attempt };
        let idempotency_key = self.pending.key.clone().filter(|_| !probe);
        run.send(self.id, |id| Call {
            id,
            operation: &node.operation,
            contract: &node.contract,
            path,
            lineage: thread.lineage.clone(),
            undo: self.pending.undo,
            probe,
            inputs: self.pending.inputs.clone(),
            attempt,
            looks: self.pending.held > 0,
            deadline: thread.deadline,
            fresh: node.fresh || probe,
            proven: node.proven && !probe,
            idempotency_key,
        })
    }

    fn sent(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, outcome: Outcome) -> Signal {
        let (node, _) = self.node(run, thread);
        if !matches!(outcome, Outcome::Unknown(_)) {
            self.pending.open = false;
        }
        match outcome {
            Outcome::Ok { value, .. } => self.done(run, thread, value),
            Outcome::Unknown(_) if node.probe.is_none() && self.is_loose(thread) => {
                self.unclear_loose(run, thread)
            }
            other if !matches!(other, Outcome::Unknown(_)) && self.is_loose(thread) => Turn::was_not_done(),
            Outcome::Rejected { status, message } => {
                self.fail(run, thread, FailureKind::Rejected(status), message, None)
            }
            Outcome::Declined { code, text, facts } => self.declined(run, thread, (code, text, facts)),
            Outcome::Invalid(failure) => self.give_up(run, thread, failure),
            Outcome::NotDone(failure) => self.again(run, thread, failure),
            Outcome::Held(failure) if run.state.is_durable() => self.hold(run, thread, failure),
            Outcome::Held(failure) => {
                self.pending.attempt -= 1;
                self.pending.held += 1;
                if self.pending.held >= node.retry.attempts {
                    return self.give_up(run, thread, failure);
                }
                let number = self.pending.held;
                self.wait(run, thread, failure, number)
            }
            Outcome::Unknown(failure) if node.effect != Effect::Create => self.again(run, thread, failure),
            Outcome::Unknown(failure) => match node.probe {
                Some(probe) => {
                    let wait = probe.settle.max(failure.retry_after.unwrap_or_default());
                    self.pending.last = Some(failure);
                    self.settle(run, thread, wait)
                }
                None => self.unclear(run, thread, failure),
            },
        }
    }

    /// Asks again after a failure that used up an attempt, if there are more.
    fn again(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        let (node, _) = self.node(run, thread);
        if run.state.is_durable() && failure.kind.is_outage() {
            return self.hold(run, thread, failure);
        }
        if self.pending.attempt >= node.retry.attempts {
            return self.give_up(run, thread, failure);
        }
        let number = self.pending.attempt;
        if run.state.is_durable() {
            // It was there, and failed otherwise.
            self.pending.held = 0;
        }
        self.wait(run, thread, failure, number)
    }

    /// Waits before the next send; `number` waits have been or are now.
    fn wait(
        mut self,
        run: &mut Run<'_, '_>,
        thread: &mut Thread,
        failure: system::Failure,
        number: u32,
    ) -> Signal {
        let (node, _) = self.node(run, thread);
        let wait = pause(run, &node.retry, number).max(failure.retry_after.unwrap_or_default());
        if run.now.at.saturating_add(wait) >= thread.deadline {
            return self.give_up(run, thread, failure);
        }
        run.note_retry(&node.operation, self.pending.attempt, wait);
        let timer = run.set_timer(self.id, wait);
        self.pending.last = Some(failure);
        self.pending.phase = Phase::Waiting(timer);
        self.put_back(thread)
    }

    fn settle(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, wait: Duration) -> Signal {
        if run.now.at.saturating_add(wait) >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to find out");
        }
        let timer = run.set_timer(self.id, wait);
        self.pending.phase = Phase::Settling(timer);
        self.put_back(thread)
    }

    fn probed(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, outcome: Outcome) -> Signal {
        let (node, _) = self.node(run, thread);
        match outcome {
            Outcome::Ok { value, .. } => match found(value) {
                Found::None if self.is_loose(thread) => Turn::was_not_done(),
                Found::None => {
                    self.pending.open = false;
                    self.pending.probes = 0;
                    match self.pending.last.take() {
                        Some(last) => self.again(run, thread, last),
                        None => self.send(run, thread),
                    }
                }
                Found::One(value) => {
                    let (_, path) = self.node(run, thread);
                    if let Some(key) = self.pending.key.clone().filter(|_| run.state.is_durable()) {
                        run.act(Action::Adopted { path, key, result: value.clone() });
                    }
                    self.done(run, thread, Some(value))
                }
                Found::Several(count) => {
                    let detail = format!("the probe found {count} where at most one may be");
                    self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
                }
            },
            Outcome::NotDone(failure) | Outcome::Unknown(failure) | Outcome::Held(failure) => {
                let is_away = run.state.is_durable() && failure.kind.is_outage();
                self.pending.probes += 1;
                if self.pending.probes >= node.retry.attempts.max(3) && !is_away {
                    return self.no_answer(run, thread, failure);
                }
                let number = self.pending.probes;
                if is_away {
                    let wait = self.patience(run, thread, &failure, number);
                    return self.settle(run, thread, wait);
                }
                let wait = pause(run, &node.retry, number).max(failure.retry_after.unwrap_or_default());
                self.settle(run, thread, wait)
            }
            Outcome::Invalid(failure) => self.no_answer(run, thread, failure),
            Outcome::Declined { code, text, facts } if !self.pending.open => {
                self.declined(run, thread, (code, text, facts))
            }
            Outcome::Declined { code, .. } => {
                let detail = format!("the probe could not be asked: `{code}`");
                self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
            }
            Outcome::Rejected { status, message } => {
                let failure = system::Failure {
                    kind: system::FailureKind::Error,
                    message: format!("the probe was refused with status {status}: {message}"),
                    retry_after: None,
                };
                self.no_answer(run, thread, failure)
            }
        }
    }

    /// The probe does not say. Where nothing was sent yet, that is an ordinary failure.
    fn no_answer(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        if !self.pending.open {
            return self.give_up(run, thread, failure);
        }
        let detail = format!("the probe gave no answer: {}", failure.message);
        self.fail(run, thread, FailureKind::UnknownOutcome, detail, failure.retry_after)
    }

    fn out_of_time(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, detail: &str) -> Signal {
        if self.pending.open {
            return self.fail(run, thread, FailureKind::UnknownOutcome, detail.to_owned(), None);
        }
        match self.pending.last.take() {
            Some(last) => self.give_up(run, thread, last),
            None => {
                let kind = FailureKind::System(system::FailureKind::Timeout);
                self.fail(run, thread, kind, detail.to_owned(), None)
            }
        }
    }

    fn give_up(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        self.fail(run, thread, FailureKind::System(failure.kind), failure.message, failure.retry_after)
    }

    fn fail(
        self,
        run: &mut Run<'_, '_>,
        thread: &mut Thread,
        kind: FailureKind,
        detail: String,
        retry_after: Option<Duration>,
    ) -> Signal {
        let (node, path) = self.node(run, thread);
        let failure = Failure {
            kind,
            step: path.clone(),
            operation: Some(node.operation.clone()),
            detail,
            attempts: self.pending.attempt,
            retry_after,
        };
        if run.state.is_durable() && self.is_loose(thread) {
            thread.frames.push(Frame::Call(self.pending));
            return run.park_loose(thread, failure);
        }
        let (pauses, is_unhandled) = (node.on_exhausted == OnExhausted::Pause, run.is_unhandled(thread));
        self.leave_unclear(run, thread, kind, pauses && is_unhandled);
        if !run.state.is_durable() || pauses || !is_unhandled {
            return Signal::Fail(failure);
        }
        run.state.undo_failures(node.on_exhausted == OnExhausted::Compensate);
        Signal::End(FlowEnd::Failed(failure))
    }

    /// What the same call came to before, when its step is run again on purpose.
    pub fn known(&self, run: &Run<'_, '_>) -> Option<Option<Value>> {
        let key = self.pending.key.as_ref()?;
        run.state.effects.iter().find(|(known, _)| known == key).map(|(_, result)| result.clone())
    }

    /// It is done: notes how it can be undone.
    pub fn done(self, run: &mut Run<'_, '_>, thread: &Thread, value: Option<Value>) -> Signal {
        let (node, path) = self.node(run, thread);
        let (index, round) = (self.pending.step, self.pending.round);
        let step = run.step(thread, index);
        let undo = node.compensate.as_deref().filter(|_| run.state.is_durable());
        let expires = step.expires.is_some() && !self.pending.undo && !self.is_loose(thread);
        if undo.is_none() && !expires {
            return Signal::Done(value);
        }
        let mut slots = thread.slots.clone();
        slots.truncate(thread.sees_until(index).unwrap_or(usize::MAX));
        if step.has_result {
            slots.push(value.clone());
        }
        if expires && let Err(broken) = run.note_good(thread, index, &slots) {
            return broken_at(broken, path);
        }
        match undo.map(|undo| undo.inputs_over(run, &slots)) {
            None => Signal::Done(value),
            Some(Ok(inputs)) => {
                let (flow, lineage) = (thread.flow.clone(), thread.lineage.clone());
                run.note_undo(Undo { flow, lineage, step: index, inputs, round });
                Signal::Done(value)
            }
            Some(Err(broken)) => broken_at(broken, path),
        }
    }

    /// Waits for a system that is away, as long as it takes: no attempt is used up.
    fn hold(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        let (node, path) = self.node(run, thread);
        self.pending.attempt = self.pending.attempt.saturating_sub(1);
        self.pending.held = self.pending.held.saturating_add(1);
        let wait = self.patience(run, thread, &failure, self.pending.held);
        run.note_hold(&node.operation, path, failure.kind, wait, self.pending.held > 1);
        if run.now.at.saturating_add(wait) >= thread.deadline {
            return self.give_up(run, thread, failure);
        }
        let timer = run.set_timer(self.id, wait);
        self.pending.last = Some(failure);
        self.pending.phase = Phase::Waiting(timer);
        self.put_back(thread)
    }

    /// How long to leave a system alone that is away, for the `number`th time: as its policy says, and never
    /// less than doubling from a second to half a minute where it says nothing.
    fn patience(
        &self,
        run: &mut Run<'_, '_>,
        thread: &Thread,
        failure: &system::Failure,
        number: u32,
    ) -> Duration {
        let (node, _) = self.node(run, thread);
        let own = pause(run, &node.retry, number);
        let least = if node.retry.longest.is_zero() {
            Duration::from_secs(1u64.checked_shl(number.saturating_sub(1)).unwrap_or(30).clamp(1, 30))
        } else {
            Duration::from_millis(50)
        };
        own.max(least).max(failure.retry_after.unwrap_or_default())
    }

    /// A create without a probe came to an unknown outcome.
    fn unclear(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        let (node, _) = self.node(run, thread);
        match node.unknown {
            WhenUnknown::Resend if run.state.is_durable() => return self.again(run, thread, failure),
            WhenUnknown::Drop if run.state.is_durable() => return Signal::Done(None),
            _ => {}
        }
        let detail = format!("a create without a probe came to: {}", failure.message);
        self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
    }

    /// A mapping of the operation gave a business answer: so does the flow; one that undoes is somebody's to look at.
    fn declined(
        self,
        run: &mut Run<'_, '_>,
        thread: &mut Thread,
        (code, text, facts): (Arc<str>, Arc<str>, Vec<(Arc<str>, Value)>),
    ) -> Signal {
        if self.pending.undo {
            let detail = format!("undoing it was declined: `{code}`");
            return self.fail(run, thread, FailureKind::Rejected(0), detail, None);
        }
        let facts = facts.into_iter().collect();
        Signal::End(FlowEnd::Rejected { code, facts, pointer: None, text: Some(text) })
    }
}

/// The process ended while the call of a thread was under way. What it waits for is known; what was sent is
/// asked for again, or looked for.
pub(in crate::flow) fn recover(run: &mut Run<'_, '_>, id: ThreadId) {
    let Some(mut thread) = run.state.take_thread(id) else { return };
    let signal = match take(id, &mut thread) {
        None => Signal::Wait,
        Some(turn) => match turn.pending.phase {
            Phase::Waiting(_) | Phase::Settling(_) => turn.put_back(&mut thread),
            Phase::Sending(call) | Phase::Probing(call) => {
                run.state.take_call(call);
                turn.interrupted(run, &mut thread)
            }
        },
    };
    run.state.put_thread(id, thread);
    if !matches!(signal, Signal::Wait) {
        run.push(id, signal);
    }
}

impl Turn {
    fn interrupted(mut self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, _) = self.node(run, thread);
        match self.pending.phase {
            Phase::Probing(_) => self.probe(run, thread),
            _ if node.effect == Effect::Create => {
                let failure = system::Failure {
                    kind: system::FailureKind::Broken,
                    message: "the gateway ended while it was under way".to_owned(),
                    retry_after: None,
                };
                let Some(probe) = node.probe else {
                    return self.sent(run, thread, Outcome::Unknown(failure));
                };
                // The system may still be at it for as long as it would have been waited for.
                self.pending.last = Some(failure);
                self.settle(run, thread, node.timeout.saturating_add(probe.settle))
            }
            _ => {
                self.pending.attempt = self.pending.attempt.saturating_sub(1);
                self.send(run, thread)
            }
        }
    }
}

/// How long to wait after attempt `number`.
fn pause(run: &mut Run<'_, '_>, retry: &RetryPolicy, number: u32) -> Duration {
    let longest = longest_wait(retry, number);
    match retry.jitter {
        Jitter::None => longest,
        Jitter::Full => {
            let nanos = longest.as_nanos().min(u128::from(u64::MAX)) as u64;
            let share = u128::from(run.state.random()) * (u128::from(nanos) + 1);
            Duration::from_nanos((share >> 64) as u64)
        }
    }
}

/// What a probe says.
enum Found {
    None,
    One(Value),
    Several(usize),
}

fn found(value: Option<Value>) -> Found {
    match value {
        None | Some(Value::Null) => Found::None,
        Some(Value::Array(items)) => match items.as_slice() {
            [] => Found::None,
            [one] => Found::One(one.clone()),
            several => Found::Several(several.len()),
        },
        Some(one) => Found::One(one),
    }
}
