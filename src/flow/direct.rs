//! Runs a flow in memory, inside the request that waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::{Definition, FlowEnd};
use crate::clock::{BoxFuture, Clock};
use crate::system::{CallContext, OperationName, Outcome};
use crate::value::Value;

/// Makes one attempt at an operation; never retries.
pub trait Caller: Send + Sync {
    /// One attempt. `inputs` are in the order of the operation's `takes`. Dropping the future
    /// cancels the attempt. An operation that is not there (any more) is `Invalid`.
    fn call<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Vec<Option<Value>>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome>;

    /// One attempt at the probe that `create` declares, with the inputs that the create was (or is
    /// to be) sent with: the probe's `with` is evaluated over them. `Ok` with an absent value or an
    /// empty list: nothing was created; with a value or a list of one: that was created.
    fn probe<'a>(
        &'a self,
        create: &'a OperationName,
        inputs: Vec<Option<Value>>,
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
    /// One attempt (from 1) came to an outcome after `took`.
    fn attempted(&self, _operation: &OperationName, _attempt: u32, _outcome: &Outcome, _took: Duration) {}
    /// An operation will be asked again after `wait`.
    fn retrying(&self, _operation: &OperationName, _attempt: u32, _wait: Duration) {}
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// Runs `definition` to its end. `inputs` are in the order of [`Definition::inputs`]. Dropping the
/// future cancels every call.
pub async fn run(
    _definition: &Definition,
    _inputs: Vec<Option<Value>>,
    _context: &FlowContext,
    _caller: &dyn Caller,
    _clock: &dyn Clock,
    _observer: &dyn Observer,
) -> FlowEnd {
    todo!("flow: lands next")
}
