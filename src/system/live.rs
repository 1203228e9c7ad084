//! What outlives reloads: breakers, queues, rates, caches and sessions, by system name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{
    BreakerState, CallContext, Failure, Observer, Operation, Outcome, System, Transport, WireResponse,
};
use crate::clock::Clock;
use crate::http::{Bytes, HeaderMap};
use crate::value::Value;

/// The process-wide state behind all systems. One for a process; systems come and go with reloads,
/// what is known about each name stays.
#[derive(Debug)]
pub struct Live {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    systems: Mutex<HashMap<Arc<str>, Arc<State>>>,
}

/// A system of one generation, with its secrets and something that carries requests to it.
#[derive(Debug)]
pub struct Connection {
    pub system: Arc<System>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) state: Arc<State>,
}

/// What is known about one system by name.
#[derive(Debug)]
pub(super) struct State {}

impl Live {
    /// Nothing known yet.
    pub fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Arc<Live> {
        Arc::new(Live { clock, observer, systems: Mutex::default() })
    }

    /// Joins a system of a new generation with what is known about its name. Opens nothing: a
    /// system that is down is noticed by its first call (M76). `secret` gives a secret by name; the
    /// error names each one that is missing and each variable without a value.
    pub fn connect(
        &self,
        _system: &Arc<System>,
        _transport: Arc<dyn Transport>,
        _secret: &dyn Fn(&str) -> Option<Arc<str>>,
    ) -> Result<Connection, Vec<String>> {
        todo!("system: lands next")
    }

    /// One attempt at an operation; never retries. `inputs` are in the order of its `takes`.
    /// Dropping the future cancels the attempt.
    pub async fn attempt(
        &self,
        _connection: &Connection,
        _operation: &Operation,
        _inputs: &[Option<Value>],
        _context: &CallContext,
    ) -> Outcome {
        todo!("system: lands next")
    }

    /// One attempt at the probe of a create, with the inputs that the create is sent with.
    /// `Ok` with an absent value or an empty list: nothing was created.
    pub async fn probe(
        &self,
        _connection: &Connection,
        _create: &Operation,
        _inputs: &[Option<Value>],
        _context: &CallContext,
    ) -> Outcome {
        todo!("system: lands next")
    }

    /// Sends a body's bytes unchanged and gives the answer's: path, query and headers are those of
    /// the operation, `headers` adds the caller's (content type, accept). Limits, breaker and proof
    /// of identity are those of any attempt.
    pub async fn forward(
        &self,
        _connection: &Connection,
        _operation: &Operation,
        _inputs: &[Option<Value>],
        _body: Bytes,
        _headers: HeaderMap,
        _context: &CallContext,
    ) -> Result<WireResponse, Failure> {
        todo!("system: lands next")
    }

    /// Every breaker's state, sorted by system.
    pub fn breakers(&self) -> Vec<(Arc<str>, BreakerState)> {
        let _ = &self.systems;
        todo!("system: lands next")
    }
}
