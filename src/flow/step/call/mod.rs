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

use super::Kind;
use crate::flow::definition::StepIndex;
use crate::flow::environment::ProbeSignature;
use crate::flow::formula::Formula;
use crate::flow::machine::{CallId, Run, Signal, Thread, ThreadId, TimerId};
use crate::flow::run_key::idempotency_key;
use crate::system::{self, Effect, OperationName, RetryPolicy};
use crate::value::Value;
use turn::Turn;
pub(in crate::flow) use turn::{fired, outcome};

/// A compiled `call`.
#[derive(Debug)]
pub(in crate::flow) struct CallNode {
    pub operation: OperationName,
    /// In the order of the operation's `takes`.
    pub inputs: Vec<Formula>,
    pub fresh: bool,
    /// Whether the inputs certainly fit what the operation takes.
    pub proven: bool,
    pub effect: Effect,
    pub retry: RetryPolicy,
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
    /// The failure goes on outwards; the flow undoes what it did and ends as failed.
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
#[derive(Debug, Clone)]
pub(in crate::flow) struct Pending {
    step: StepIndex,
    inputs: Arc<[Option<Value>]>,
    key: Option<Arc<str>>,
    phase: Phase,
    /// Sent so far, the one under way included.
    attempt: u32,
    /// Not sent so far.
    held: u32,
    /// Probes in a row that gave no answer.
    probes: u32,
    /// Whether a send came to an unknown outcome and no probe has said "none" since.
    open: bool,
    last: Option<system::Failure>,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            match input.eval(&thread.slots, &run.now.context) {
                Ok(value) => inputs.push(value),
                Err(broken) => {
                    let path = &run.step(thread, step).path;
                    return crate::flow::machine::broken_at(broken, path);
                }
            }
        }
        let key = (self.effect != Effect::Read)
            .then(|| idempotency_key(run.state, run.definition(thread), thread, step));
        let pending = Pending {
            step,
            inputs: inputs.into(),
            key,
            phase: Phase::Sending(CallId(0)),
            attempt: 0,
            held: 0,
            probes: 0,
            open: false,
            last: None,
        };
        let turn = Turn { id, pending: Box::new(pending) };
        match self.probe {
            Some(probe) if probe.first => turn.probe(run, thread),
            _ => turn.send(run, thread),
        }
    }
}

impl Pending {
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
