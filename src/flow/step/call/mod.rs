//! `call`: one operation, asked again only where that is safe.
//!
//! The rules (design §4): *not done* may be asked again by anybody; *unknown* only by a read or an
//! idempotent operation; a create that is unknown waits `settle`, then asks its probe: none → sends
//! again, one → that is the result, several or no answer → `unknown_outcome`. *Held* (not sent: the
//! breaker is open, limits are full) uses up no attempt, but is asked again no more often than the
//! policy allows attempts. No wait crosses the deadline: it fails at once instead.

mod compile;
mod turn;
mod undo;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::flow::definition::StepIndex;
use crate::flow::environment::ProbeSignature;
use crate::flow::formula::{Broken, Formula};
use crate::flow::kept;
use crate::flow::machine::{CallId, Run, Signal, State, Thread, ThreadId, TimerId, broken_at};
use crate::flow::run_key::idempotency_key;
use crate::system::{self, Effect, OperationName, RetryPolicy};
use crate::value::Value;
use turn::Turn;
pub(in crate::flow) use turn::given_up::loose_again;
pub(in crate::flow) use turn::{fired, outcome, recover};

/// A compiled `call`.
#[derive(Debug)]
pub(in crate::flow) struct CallNode {
    pub operation: OperationName,
    /// What the operation took and gave when this was compiled.
    pub contract: Arc<str>,
    /// In the order of the operation's `takes`.
    pub inputs: Vec<Formula>,
    pub fresh: bool,
    /// Whether the inputs certainly fit what the operation takes.
    pub proven: bool,
    pub effect: Effect,
    pub retry: RetryPolicy,
    /// For one attempt.
    pub timeout: Duration,
    pub probe: Option<ProbeSignature>,
    /// What happens when it cannot be done; in durable flows.
    pub on_exhausted: OnExhausted,
    /// What happens when nobody can know whether it was done; in durable flows.
    pub unknown: WhenUnknown,
    /// How to undo it, once it is done: another call, whose inputs are over the scope behind this one (its
    /// result included).
    pub compensate: Option<Box<CallNode>>,
}

/// What happens to a durable flow when a call cannot be done and no `try` is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::flow) enum OnExhausted {
    /// The instance waits for somebody, with a case.
    #[default]
    Pause,
    /// The flow ends as failed, and what it did stays.
    Fail,
    /// What was done is undone, in reverse order, and the flow ends as failed.
    Compensate,
}

/// What happens to a durable flow when it is not known whether a create was done, and no probe tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::flow) enum WhenUnknown {
    /// The instance waits for somebody, with a case.
    #[default]
    Pause,
    /// It is sent again: twice does less harm than never.
    Resend,
    /// It counts as done, without a result: never does less harm than twice.
    Drop,
}

/// A call under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Pending {
    step: StepIndex,
    #[serde(with = "kept::inputs")]
    inputs: Arc<[Option<Value>]>,
    key: Option<Arc<str>>,
    phase: Phase,
    /// Sent so far, the one under way included.
    attempt: u32,
    /// Not sent so far, or sent to a system that is away.
    held: u32,
    /// Probes in a row that gave no answer.
    probes: u32,
    /// Whether a send came to an unknown outcome and no probe has said "none" since.
    open: bool,
    /// Whether it undoes the step.
    #[serde(default)]
    undo: bool,
    /// How often the step had been made anew.
    #[serde(default)]
    round: u32,
    last: Option<system::Failure>,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Sending(CallId),
    Waiting(TimerId),
    Probing(CallId),
    /// For `settle`, or before the probe is asked again.
    Settling(TimerId),
}

impl CallNode {
    /// Evaluates the inputs and makes the first attempt.
    pub fn enter(&self, run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread, step: StepIndex) -> Signal {
        match self.inputs_over(run, &thread.slots) {
            Ok(inputs) => self.begin(run, id, thread, step, (inputs, None)),
            Err(broken) => broken_at(broken, &run.step(thread, step).path),
        }
    }

    fn inputs_over(
        &self,
        run: &Run<'_, '_>,
        slots: &[Option<Value>],
    ) -> Result<Arc<[Option<Value>]>, Broken> {
        self.inputs.iter().map(|input| input.eval(slots, &run.now.context)).collect()
    }

    /// Makes the first attempt; `undo`: it undoes that round of the step.
    pub fn begin(
        &self,
        run: &mut Run<'_, '_>,
        id: ThreadId,
        thread: &mut Thread,
        step: StepIndex,
        (inputs, undo): (Arc<[Option<Value>]>, Option<u32>),
    ) -> Signal {
        let unclear = std::mem::take(&mut run.unclear);
        let definition = run.definition(thread);
        let round = undo.unwrap_or_else(|| run.state.round(thread, step));
        let undo = undo.is_some();
        let key = (self.effect != Effect::Read)
            .then(|| idempotency_key(run.state, definition, thread, step, (undo, round)));
        let (phase, open) = (Phase::Sending(CallId(0)), unclear && self.effect == Effect::Create);
        let pending = Pending {
            step,
            inputs,
            key,
            phase,
            attempt: 0,
            held: 0,
            probes: 0,
            open,
            undo,
            round,
            last: None,
        };
        let turn = Turn { id, pending: Box::new(pending) };
        if let Some(known) = turn.known(run) {
            return turn.done(run, thread, known);
        }
        match self.probe {
            Some(probe) if probe.first || open => turn.probe(run, thread),
            _ => turn.send(run, thread),
        }
    }
}

impl Pending {
    /// One that may have been done and that nobody waits for: found out once `timer` is due.
    pub fn unclear(
        run: &Run<'_, '_>,
        thread: &Thread,
        (step, node): (StepIndex, &CallNode),
        timer: TimerId,
    ) -> Option<Pending> {
        let inputs = node.inputs_over(run, &thread.slots).ok()?;
        let round = run.state.round(thread, step);
        let key = Some(idempotency_key(run.state, run.definition(thread), thread, step, (false, round)));
        let (phase, open) = (Phase::Settling(timer), true);
        let (attempt, held, probes, undo, last) = (1, 0, 0, false, None);
        Some(Pending { step, inputs, key, phase, attempt, held, probes, open, undo, round, last })
    }

    /// The same, found out once `timer` is due.
    pub fn settling(&self, timer: TimerId) -> Pending {
        Pending { phase: Phase::Settling(timer), open: true, probes: 0, ..self.clone() }
    }

    /// The step that calls.
    pub fn step(&self) -> StepIndex {
        self.step
    }

    /// The timer of a call whose system is away.
    pub fn held_until(&self) -> Option<TimerId> {
        match self.phase {
            // What may have been done is not asked about before it has settled.
            Phase::Waiting(timer) if self.held > 0 => Some(timer),
            _ => None,
        }
    }

    /// Whether it undoes the step.
    pub fn is_undo(&self) -> bool {
        self.undo
    }

    /// Whether a create was sent, and nothing says that it was not done.
    pub fn may_be_done(&self) -> bool {
        self.open
    }

    /// Lets another thread wait for it.
    pub fn hand_over(&self, state: &mut State, to: ThreadId) {
        match self.phase {
            Phase::Sending(call) | Phase::Probing(call) => state.give_call(call, to),
            Phase::Waiting(timer) | Phase::Settling(timer) => state.give_timer(timer, to),
        }
    }

    /// Gives up. Gives whether nobody knows whether a create was done.
    pub fn cancel(&self, run: &mut Run<'_, '_>) -> bool {
        match self.phase {
            Phase::Sending(call) | Phase::Probing(call) => run.cancel_call(call),
            Phase::Waiting(timer) | Phase::Settling(timer) => run.cancel_timer(timer),
        }
        // `key` stands with idempotent operations too; only creates ever become `open`, and a create
        // that is being sent may be done.
        self.open
    }
}

pub(super) const KIND: Kind = Kind {
    name: "call",
    help: "one operation of a system: `system.operation`",
    stands: |body| body.call.is_some(),
    compile: compile::compile,
};
