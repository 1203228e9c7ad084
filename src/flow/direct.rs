//! Runs a flow in memory, inside the request that waits for it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::machine::{self, Action, Call, CallId, Event, Now, Start, TimerId};
use super::{Definition, Failure, FailureKind, FlowEnd};
use crate::clock::{BoxFuture, Clock};
use crate::mapping::{self, Tables};
use crate::system::{CallContext, OperationName, Outcome};
use crate::value::{Map, Value};

/// Makes one attempt at an operation; never retries.
pub trait Caller: Send + Sync {
    /// One attempt. `inputs` are in the order of the operation's `takes`. Dropping the future
    /// cancels the attempt. An operation that is not there (any more) is `Invalid`. The outcome
    /// comes no later than the context's deadline.
    fn call<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome>;

    /// One attempt at the probe that `create` declares, with the inputs that the create was (or is
    /// to be) sent with: the probe's `with` is evaluated over them. `Ok` with an absent value or an
    /// empty list: nothing was created; with a value or a list of one: that was created.
    fn probe<'a>(
        &'a self,
        create: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome>;
}

/// What goes with a run of a flow (M30).
#[derive(Debug, Clone)]
pub struct FlowContext {
    /// The instance: idempotency keys and jitter derive from it.
    pub instance: uuid::Uuid,
    pub account: Option<Arc<str>>,
    /// The client's name.
    pub client: Option<Arc<str>>,
    pub correlation_id: Arc<str>,
    /// W3C Trace Context of the request's span.
    pub traceparent: Option<Arc<str>>,
    /// On [`Clock::monotonic`]: when the caller stops waiting.
    pub deadline: Duration,
    /// Whether every input is certainly of its type: validated, or proven of what was validated.
    pub trusted: bool,
}

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    pub caller: &'a dyn Caller,
    pub clock: &'a dyn Clock,
    pub tables: &'a Tables,
    pub observer: &'a dyn Observer,
}

/// One attempt that is over.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    pub context: &'a FlowContext,
    pub operation: &'a OperationName,
    /// From 1.
    pub attempt: u32,
    pub outcome: &'a Outcome,
    pub took: Duration,
}

/// Is told what a run does, for traces, metrics and coverage.
pub trait Observer: Send + Sync {
    /// Whether steps that are no calls matter too (coverage, traces). Costs time.
    fn wants_steps(&self) -> bool {
        false
    }
    /// A step begins.
    fn step_started(&self, _path: &str) {}
    /// A step is over: `done`, `skipped`, `failed`, `ended`, `cancelled`.
    fn step_ended(&self, _path: &str, _how: &'static str) {}
    /// One attempt came to an outcome.
    fn attempted(&self, _attempted: &Attempted<'_>) {}
    /// An operation will be asked again after `wait`; `attempt` failed.
    fn retrying(&self, _operation: &OperationName, _attempt: u32, _wait: Duration) {}
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// Runs `definition` to its end. `inputs` are in the order of [`Definition::inputs`]. Dropping the
/// future cancels every call.
pub async fn run<'a>(
    definition: &'a Definition,
    inputs: Vec<Option<Value>>,
    context: &'a FlowContext,
    tools: Tools<'a>,
) -> FlowEnd {
    let trusted = context.trusted && definition.is_sound();
    if definition.events().chain(definition.hears()).next().is_some() {
        // Only the engine has a store to put events into.
        let detail = "this flow must be run by the engine";
        return FlowEnd::Failed(Failure::new(FailureKind::TooMuch, definition.name().clone(), detail));
    }
    let mut driver =
        Driver { context, tools, trusted, calls: Vec::with_capacity(1), timers: Vec::new(), answer: None };
    let start = Start {
        instance: context.instance,
        seed: context.instance.as_u64_pair().1,
        inputs,
        client: definition.reads_client().then(|| client(context)).flatten(),
        correlation_id: context.correlation_id.clone(),
        deadline: context.deadline,
        trace: tools.observer.wants_steps(),
        durable: false,
    };
    let mut actions = Vec::with_capacity(2);
    let mut state = machine::start(definition, start, &driver.now(), &mut actions);
    loop {
        if let Some(end) = driver.perform(&mut actions) {
            return end;
        }
        for event in poll_fn(|task| driver.poll(task)).await {
            machine::apply(definition, &mut state, event, &driver.now(), &mut actions);
        }
    }
}

/// `client` in expressions: `{ name, account }`.
fn client(context: &FlowContext) -> Option<Value> {
    let mut map = Map::with_capacity(2);
    map.insert("name", Value::String(context.client.clone()?));
    if let Some(account) = &context.account {
        map.insert("account", Value::String(account.clone()));
    }
    Some(Value::object(map))
}

/// Calls and timers under way, in the order in which they began.
struct Driver<'a> {
    context: &'a FlowContext,
    tools: Tools<'a>,
    /// Whether every value in the flow is certainly of its type.
    trusted: bool,
    calls: Vec<Running<'a>>,
    timers: Vec<(TimerId, BoxFuture<'static, ()>)>,
    /// What was answered by a flow that goes on.
    answer: Option<FlowEnd>,
}

/// An attempt under way.
struct Running<'a> {
    id: CallId,
    operation: &'a OperationName,
    attempt: u32,
    since: Duration,
    future: BoxFuture<'a, Outcome>,
}

impl<'a> Driver<'a> {
    fn now(&self) -> Now<'a> {
        Now {
            at: self.tools.clock.monotonic(),
            context: mapping::Context::new(self.tools.clock.now(), self.tools.tables),
        }
    }

    /// Does what the machine asks; gives the end when it has come.
    fn perform(&mut self, actions: &mut Vec<Action<'a>>) -> Option<FlowEnd> {
        let observer = self.tools.observer;
        let mut end = None;
        for action in actions.drain(..) {
            match action {
                Action::Call(call) => self.begin(call),
                Action::CancelCall(id) => self.calls.retain(|call| call.id != id),
                Action::Timer { id, after } => self.timers.push((id, self.tools.clock.sleep(after))),
                // Flows that ask for these are refused before they begin.
                Action::Emit(_) | Action::Listen(_) | Action::CancelListen(_) => {}
                Action::CancelTimer(id) => self.timers.retain(|(timer, _)| *timer != id),
                Action::Retrying { operation, attempt, wait } => observer.retrying(operation, attempt, wait),
                // Said only by runs that are durable.
                Action::Adopted { .. }
                | Action::Expired { .. }
                | Action::Holding { .. }
                | Action::Parked(_)
                | Action::Unparked(_)
                | Action::Undoing { .. } => {}
                Action::Respond(answer) => self.answer = self.answer.take().or(Some(answer)),
                Action::StepStarted { path } => observer.step_started(path),
                Action::StepEnded { path, how } => observer.step_ended(path, how),
                Action::End(how) => end = Some(self.answer.take().unwrap_or(how)),
            }
        }
        end
    }

    fn begin(&mut self, call: Call<'a>) {
        let context = CallContext {
            account: self.context.account.clone(),
            client: self.context.client.clone(),
            correlation_id: self.context.correlation_id.clone(),
            traceparent: self.context.traceparent.clone(),
            idempotency_key: call.idempotency_key,
            deadline: call.deadline,
            contract: None,
            fresh: call.fresh,
            trusted: call.proven && self.trusted,
            tape: None,
        };
        let future = match call.probe {
            false => self.tools.caller.call(call.operation, call.inputs, context),
            true => self.tools.caller.probe(call.operation, call.inputs, context),
        };
        let since = self.tools.clock.monotonic();
        let Call { id, operation, attempt, .. } = call;
        self.calls.push(Running { id, operation, attempt, since, future });
    }

    /// Every call that is over, in the order in which they began; when there is none, every timer
    /// that is due. So what happens at the same time is told in the same order every time, and an
    /// answer that comes together with the end of its time counts.
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Vec<Event>> {
        let mut events = Vec::new();
        let (clock, observer, context) = (self.tools.clock, self.tools.observer, self.context);
        self.calls.retain_mut(|call| match call.future.as_mut().poll(task) {
            Poll::Pending => true,
            Poll::Ready(outcome) => {
                let took = clock.monotonic().saturating_sub(call.since);
                let (operation, attempt) = (call.operation, call.attempt);
                observer.attempted(&Attempted { context, operation, attempt, outcome: &outcome, took });
                events.push(Event::Outcome { call: call.id, outcome });
                false
            }
        });
        if events.is_empty() {
            self.timers.retain_mut(|(id, sleep)| match sleep.as_mut().poll(task) {
                Poll::Pending => true,
                Poll::Ready(()) => {
                    events.push(Event::Fired { timer: *id });
                    false
                }
            });
        }
        if events.is_empty() { Poll::Pending } else { Poll::Ready(events) }
    }
}

#[cfg(test)]
mod tests;
