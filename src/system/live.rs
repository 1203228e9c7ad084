//! What outlives reloads: breakers, queues, rates, caches and sessions, by system name.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::attempt;
use super::cache::Cache;
use super::cached;
use super::identity::{Identities, Identity, Source};
use super::request::{refused, slots, unbuilt};
use super::state::State;
use super::{
    BreakerState, CallContext, Failure, FailureKind, Observer, Operation, Outcome, System, Transport,
    WireResponse,
};
use crate::auth::{Secret, Vault};
use crate::clock::{Clock, Moment};
use crate::http::{Bytes, HeaderMap};
use crate::mapping::{self, Context, Program, Query};
use crate::value::Value;

/// The process-wide state behind all systems. One for a process; systems come and go with reloads,
/// what is known about each name stays.
#[derive(Debug)]
pub struct Live {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) cache: Cache,
    systems: Mutex<HashMap<Arc<str>, Arc<State>>>,
    rpc_id: AtomicI64,
}

/// A system of one generation, with its secrets and something that carries requests to it.
#[derive(Debug)]
pub struct Connection {
    pub system: Arc<System>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) state: Arc<State>,
    pub(super) identities: Identities,
    /// What never stands in a log.
    pub(super) redact: Arc<[Query]>,
}

impl Live {
    /// Nothing known yet.
    pub fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Arc<Live> {
        Arc::new(Live {
            clock,
            observer,
            cache: Cache::new(),
            systems: Mutex::default(),
            rpc_id: AtomicI64::new(0),
        })
    }

    /// Joins a system of a new generation with what is known about its name. Opens nothing: a
    /// system that is down is noticed by its first call (M76). `secret` gives a secret by name; the
    /// error has a sentence for each one that is missing, and for what no header can hold.
    pub fn connect(
        &self,
        system: &Arc<System>,
        transport: Arc<dyn Transport>,
        secret: &dyn Fn(&str) -> Option<Arc<str>>,
    ) -> Result<Connection, Vec<String>> {
        let secret = |name: &str| secret(name).map(|value| Secret::new(value.to_string()));
        self.join(system, transport, None, &secret)
    }

    /// As [`Live::connect`], with secrets that may change: the next call uses what they then are.
    pub fn connect_to(
        &self,
        system: &Arc<System>,
        transport: Arc<dyn Transport>,
        vault: &Arc<dyn Vault>,
    ) -> Result<Connection, Vec<String>> {
        self.join(system, transport, Some(Arc::clone(vault)), &|name| vault.get(name))
    }

    fn join(
        &self,
        system: &Arc<System>,
        transport: Arc<dyn Transport>,
        vault: Option<Arc<dyn Vault>>,
        secret: &dyn Fn(&str) -> Option<Secret>,
    ) -> Result<Connection, Vec<String>> {
        let state = self.state(&system.name);
        let source = Source { vault, secret, clock: &self.clock, sessions: &state.sessions };
        let identities = Identities::open(system, source)?;
        Ok(Connection { system: Arc::clone(system), transport, state, identities, redact: Arc::default() })
    }

    /// One attempt at an operation; never retries. `inputs` are in the order of its `takes`.
    /// Dropping the future cancels the attempt.
    pub async fn attempt(
        &self,
        connection: &Connection,
        operation: &Operation,
        inputs: &[Option<Value>],
        context: &CallContext,
    ) -> Outcome {
        let begun = self.clock.monotonic();
        let outcome = match &operation.cache {
            Some(settings) => cached::attempt(self, connection, operation, settings, inputs, context).await,
            None => attempt::once(self, connection, operation, inputs, context).await,
        };
        let took = self.clock.monotonic().saturating_sub(begun);
        self.observer.on_attempt(&connection.system.name, &operation.name, &outcome, took);
        outcome
    }

    /// One attempt at the probe of a create, with the inputs that the create is sent with.
    /// `Ok` with an absent value or an empty list: nothing was created.
    pub async fn probe(
        &self,
        connection: &Connection,
        create: &Operation,
        inputs: &[Option<Value>],
        context: &CallContext,
    ) -> Outcome {
        let Some(probe) = &create.probe else {
            return unbuilt(format!("`{}` has no probe", create.name));
        };
        let Some(operation) = connection.system.operation(&probe.call) else {
            return unbuilt(format!("`{}` is not an operation of this system", probe.call));
        };
        let (slots, now) = (slots(create, inputs, context), self.clock.now());
        let bound = probe.with.iter().map(|program| match program {
            Some(program) => connection.eval(&program.program, &slots, now),
            None => Ok(None),
        });
        let inputs: Vec<Option<Value>> = match bound.collect() {
            Ok(inputs) => inputs,
            Err(error) => return refused(error),
        };
        // Whether it was created is never a question for a cache.
        let context = CallContext { fresh: true, trusted: false, ..context.clone() };
        self.attempt(connection, operation, &inputs, &context).await
    }

    /// What makes two creates the same one: the operation's `key` over the inputs. `Ok(None)`: it
    /// has none, or it is absent.
    pub fn key(
        &self,
        connection: &Connection,
        operation: &Operation,
        inputs: &[Option<Value>],
        context: &CallContext,
    ) -> Result<Option<Value>, Outcome> {
        let Some(program) = &operation.key else { return Ok(None) };
        let slots = slots(operation, inputs, context);
        connection.eval(&program.program, &slots, self.clock.now()).map_err(refused)
    }

    /// Sends a body's bytes unchanged and gives the answer's as they came: path, query and headers are
    /// those of the operation, `headers` adds the caller's (content type, accept). Limits, breaker
    /// and proof of identity are those of any attempt.
    ///
    /// # Errors
    /// Why there is no answer. An answer of whatever status is no error.
    pub async fn forward(
        &self,
        connection: &Connection,
        operation: &Operation,
        inputs: &[Option<Value>],
        body: Bytes,
        headers: HeaderMap,
        context: &CallContext,
    ) -> Result<WireResponse, Failure> {
        let begun = self.clock.monotonic();
        let sent = attempt::forward(self, connection, operation, inputs, (body, headers), context).await;
        let (outcome, sent) = match sent {
            Ok(response) => (Outcome::Ok { value: None, age: None }, Ok(response)),
            Err(outcome) => {
                let failure = outcome.failure().cloned().unwrap_or_else(|| Failure {
                    kind: FailureKind::Request,
                    message: "an expression of the operation rejected the inputs".to_owned(),
                    retry_after: None,
                });
                (outcome, Err(failure))
            }
        };
        let took = self.clock.monotonic().saturating_sub(begun);
        self.observer.on_attempt(&connection.system.name, &operation.name, &outcome, took);
        sent
    }

    /// Every breaker's state, sorted by system.
    pub fn breakers(&self) -> Vec<(Arc<str>, BreakerState)> {
        let now = self.clock.monotonic();
        let systems = self.systems.lock().unwrap_or_else(PoisonError::into_inner);
        let mut states: Vec<_> =
            systems.iter().map(|(name, state)| (name.clone(), state.breaker(now))).collect();
        states.sort_by(|a, b| a.0.cmp(&b.0));
        states
    }

    pub(super) fn next_rpc_id(&self) -> i64 {
        self.rpc_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn state(&self, name: &Arc<str>) -> Arc<State> {
        let mut systems = self.systems.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(systems.entry(name.clone()).or_default())
    }
}

impl Connection {
    /// Never lets a log see what these find in an answer.
    #[must_use]
    pub fn redacting(mut self, redact: &Arc<[Query]>) -> Connection {
        self.redact = Arc::clone(redact);
        self
    }

    /// Who we are to the system now.
    pub(super) fn identity(&self) -> Arc<Identity> {
        self.identities.now(&self.system)
    }

    /// Runs a program of this system's, with its tables and secrets.
    pub(super) fn eval(
        &self,
        program: &Program,
        slots: &[Option<Value>],
        now: Moment,
    ) -> Result<Option<Value>, mapping::Error> {
        self.within(now, |context| program.eval(slots, context))
    }

    /// Works in the context of this system's programs: its tables and secrets.
    pub(super) fn within<T>(&self, now: Moment, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let identity = self.identity();
        let secret = |name: &str| identity.secrets.get(name).map(|value| Arc::from(value.reveal()));
        let mut context = Context::new(now, &self.system.tables);
        context.secrets = Some(&secret);
        work(&context)
    }
}
