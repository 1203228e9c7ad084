//! Counts what calls to systems come to: handles kept by system and operation.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::system::{BreakerState, CacheUse, Observer, Outcome};
use crate::telemetry::{Metrics, OperationMetrics};

/// Counts attempts, breakers, caches and waits into [`Metrics`].
#[derive(Debug)]
pub struct Watch {
    metrics: Arc<Metrics>,
    /// By system, then operation: names of files, so there are few.
    handles: RwLock<HashMap<String, HashMap<String, OperationMetrics>>>,
}

impl Watch {
    /// Counts into `metrics`.
    pub fn new(metrics: Arc<Metrics>) -> Watch {
        Watch { metrics, handles: RwLock::default() }
    }

    fn add(&self, system: &str, operation: &str) -> OperationMetrics {
        let handle = self.metrics.operation(system, operation);
        let mut handles = self.handles.write().unwrap_or_else(PoisonError::into_inner);
        handles.entry(system.to_owned()).or_default().insert(operation.to_owned(), handle.clone());
        handle
    }
}

impl Observer for Watch {
    fn on_attempt(&self, system: &str, operation: &str, outcome: &Outcome, took: Duration) {
        let handles = self.handles.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handles.get(system).and_then(|own| own.get(operation)) {
            return handle.attempted(outcome.name(), took);
        }
        drop(handles);
        self.add(system, operation).attempted(outcome.name(), took);
    }

    fn on_breaker(&self, system: &str, state: BreakerState) {
        let number = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        self.metrics.breaker(system, number);
        tracing::warn!(target: "crossdock::system", system, breaker = state.name(), "the breaker changed");
    }

    fn on_cache(&self, system: &str, operation: &str, use_: CacheUse) {
        self.metrics.cache(system, operation, use_.name());
    }

    fn on_wait(&self, system: &str, waited: Duration) {
        self.metrics.waited(system, waited);
    }

    fn on_violation(&self, system: &str, operation: &str, what: &str) {
        tracing::warn!(target: "crossdock::contract", system, operation, what, "an answer breaks its contract");
    }
}
