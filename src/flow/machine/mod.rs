//! The pure state machine: `(state, event) → (state, actions)`. No I/O, no clock, no chance besides
//! the seed in the state. [`State`] is plain data that names steps by number: a driver may keep it
//! in memory or write it down, and go on with the same [`Definition`].

mod command;
mod hearing;
mod held;
mod join;
mod park;
mod recover;
mod renew;
mod run;
mod saved;
mod state;
mod undo;

use std::sync::Arc;
use std::time::Duration;

pub use command::{Refused, Rerun};
pub(super) use hearing::Occurrence;
pub use hearing::{Emission, Listen, ListenId, MAX_WANTS, Want};
pub(super) use join::{Child, Join, Joined, Verdict};
pub use park::{Cause, Parked};
pub use recover::recover;
pub(super) use renew::{Entry, Good, Renewing};
pub(super) use run::{Run, Signal, broken_at};
pub use saved::{Saver, blobs_of, digest, load, load_end, save_end};
pub use state::State;
pub(super) use state::{Frame, Thread, ThreadId, Undo};

use serde::{Deserialize, Serialize};

use super::{Definition, FailureKind, FlowEnd};
use crate::mapping;
use crate::system::{OperationName, Outcome};
use crate::value::Value;

/// Steps carried out in one run; beyond it the flow fails as `too_much`.
pub const MAX_STEPS: u32 = 200_000;
/// Items that one `for` goes over.
pub const MAX_ITEMS: usize = 10_000;
/// Branches and rounds at once in one run.
pub const MAX_THREADS: usize = 1_024;
/// Rounds of one `for` at once.
pub const MAX_CONCURRENCY: u32 = 64;
/// What a `catch` may take when the time of what it catches is over: undoing what was begun must not
/// fail because the caller stopped waiting.
pub const CATCH_TIME: Duration = Duration::from_secs(30);
/// Steps inside steps, and flows inside flows.
pub const MAX_NESTING: usize = 32;

/// Number of a call, unique in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u32);

/// Number of a timer, unique in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerId(pub u32);

/// Number of a place where a run is parked, unique in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParkId(pub u32);

/// When an event happens, and what expressions see besides variables.
#[derive(Clone, Copy)]
pub struct Now<'a> {
    /// On a clock that never goes back, the same for all events of a run.
    pub at: Duration,
    pub context: mapping::Context<'a>,
}

/// What a run begins with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Idempotency keys derive from it.
    pub instance: uuid::Uuid,
    /// Jitter derives from it.
    pub seed: u64,
    /// In the order of [`Definition::inputs`].
    pub inputs: Vec<Option<Value>>,
    /// `client` in expressions.
    pub client: Option<Value>,
    /// `correlation_id` in expressions.
    pub correlation_id: Arc<str>,
    /// On the clock of [`Now::at`]: no wait crosses it.
    pub deadline: Duration,
    /// Whether [`Action::StepStarted`] and [`Action::StepEnded`] are wanted.
    pub trace: bool,
    /// Whether the run outlives its caller and the process: it then waits out outages, parks where somebody
    /// must act, and undoes what it did when it ends without having come to its end.
    pub durable: bool,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A call came to an outcome.
    Outcome { call: CallId, outcome: Outcome },
    /// A timer is due.
    Fired { timer: TimerId },
    /// It need not wait for others any more: its first step begins.
    Turn,
    /// Somebody lets a parked step be tried again.
    /// `effects`: as in [`Rerun`].
    Retry { park: ParkId, effects: Vec<(Arc<str>, Option<Value>)> },
    /// Somebody says what a parked step comes to; the flow goes on behind it.
    Skip { park: ParkId, result: Option<Value> },
    /// Somebody gives an input of the flow another value, for every step still to come.
    Amend { input: usize, value: Option<Value> },
    /// Somebody wants the flow to go on from one of its outermost steps.
    Rerun(Rerun),
    /// The flow is to end; `undo`: what it did is undone first.
    Stop { undo: bool, reason: Arc<str> },
    /// An event reached a listen. `number`: the event's in the store; 0 where it has none.
    Occurred { listen: ListenId, event: Arc<str>, number: u64, payload: Value },
}

/// What the driver is to do.
#[derive(Debug, Clone)]
pub enum Action<'d> {
    /// Make one attempt and tell its outcome.
    Call(Call<'d>),
    /// Forget a call; its outcome is no longer wanted.
    CancelCall(CallId),
    /// Tell when so much time has passed.
    Timer { id: TimerId, after: Duration },
    /// Forget a timer.
    CancelTimer(TimerId),
    /// Nothing to do: the system of `operation` is away; the step waits without using up attempts.
    /// `again`: it was away when it was looked at before.
    Holding {
        operation: &'d OperationName,
        path: &'d Arc<str>,
        kind: FailureKind,
        wait: Duration,
        again: bool,
    },
    /// Nothing to do: the probe found what the call with this key had created.
    Adopted { path: &'d Arc<str>, key: Arc<str>, result: Value },
    /// Answer the caller; the flow goes on.
    Respond(FlowEnd),
    /// Somebody must act: open a case.
    Parked(Parked),
    /// Nobody must act any more: close the case.
    Unparked(ParkId),
    /// Nothing to do: what the step gave has expired, and is made anew for a later one.
    Expired { path: &'d Arc<str> },
    /// Nothing to do: what was done at the step is undone now.
    Undoing { path: &'d Arc<str> },
    /// Publish an event.
    Emit(Emission<'d>),
    /// Tell of every event that matches: those that came early and are still buffered, and those to come.
    Listen(Listen<'d>),
    /// Forget a listen.
    CancelListen(ListenId),
    /// Nothing to do: `operation` will be asked again after `wait`; `attempt` failed.
    Retrying { operation: &'d OperationName, attempt: u32, wait: Duration },
    /// Nothing to do: a step began.
    StepStarted { path: &'d Arc<str> },
    /// Nothing to do: a step is over: `done`, `skipped`, `failed`, `ended`, `cancelled`.
    StepEnded { path: &'d Arc<str>, how: &'static str },
    /// The run is over. Nothing follows.
    End(FlowEnd),
}

/// One attempt at an operation, or at the probe of a create.
#[derive(Debug, Clone)]
pub struct Call<'d> {
    pub id: CallId,
    pub operation: &'d OperationName,
    /// What the operation took and gave when the flow was compiled.
    pub contract: &'d Arc<str>,
    /// The step's path, and the rounds and runs it is in.
    pub path: &'d Arc<str>,
    pub lineage: Vec<u32>,
    /// Whether it undoes the step.
    pub undo: bool,
    /// Ask the probe of `operation` instead.
    pub probe: bool,
    /// In the order of the operation's `takes`.
    pub inputs: Arc<[Option<Value>]>,
    /// From 1.
    pub attempt: u32,
    /// Whether it looks whether a system is back that was away.
    pub looks: bool,
    /// On the clock of [`Now::at`].
    pub deadline: Duration,
    pub fresh: bool,
    /// Whether the inputs certainly fit, if every value in the flow is of its type.
    pub proven: bool,
    /// For operations that change something: the same for every attempt.
    pub idempotency_key: Option<Arc<str>>,
}

/// Begins a run of `definition`, appending to `actions` what is to be done first.
pub fn start<'d>(
    definition: &'d Definition,
    start: Start,
    now: &Now<'_>,
    actions: &mut Vec<Action<'d>>,
) -> State {
    let mut state = queue(definition, start);
    apply(definition, &mut state, Event::Turn, now, actions);
    state
}

/// A run of `definition` that waits for its turn ([`Event::Turn`]): no step has begun.
pub fn queue(definition: &Definition, start: Start) -> State {
    let mut state = State::new(&start);
    let mut slots = Vec::with_capacity(start.inputs.len() + 8);
    slots.push(start.client);
    slots.push(Some(Value::String(start.correlation_id)));
    slots.extend(start.inputs);
    slots.resize(2 + definition.inputs().len(), None);
    state.threads.push(Some(Thread::root(slots, start.deadline)));
    state.queued = true;
    state
}

/// Carries a run on with an event. Events about calls, timers and parked steps that are gone change nothing.
pub fn apply<'d>(
    definition: &'d Definition,
    state: &mut State,
    event: Event,
    now: &Now<'_>,
    actions: &mut Vec<Action<'d>>,
) {
    if state.over {
        return;
    }
    let mut run = Run::new(definition, state, now, actions);
    match event {
        Event::Outcome { call, outcome } => {
            let Some(thread) = run.state.take_call(call) else { return };
            run.push(thread, Signal::Outcome(outcome));
        }
        Event::Fired { timer } => {
            let Some(thread) = run.state.take_timer(timer) else { return };
            run.push(thread, Signal::Fired(timer));
        }
        Event::Occurred { listen, event, number, payload } => {
            let Some(thread) = run.state.listener(listen) else { return };
            run.push(thread, Signal::Occurred(listen, Occurrence { event, number, payload }));
        }
        Event::Turn if std::mem::take(&mut run.state.queued) => run.push(0, Signal::Block(0)),
        Event::Turn => {}
        Event::Retry { park, effects } => run.retry(park, effects),
        Event::Skip { park, result } => run.skip(park, result),
        Event::Amend { input, value } => run.amend(input, value),
        Event::Rerun(rerun) => run.rerun(rerun),
        Event::Stop { undo, reason } => run.stop(undo, reason),
    }
    run.settle();
}

#[cfg(test)]
pub(in crate::flow) mod tests;
