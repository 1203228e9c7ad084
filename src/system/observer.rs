//! Who is told what calls to systems come to: metrics, traces, coverage.

use std::time::Duration;

use super::{BreakerState, Outcome};

/// Is told what happens in the system room. Every method does nothing unless overridden; they are
/// called on the request's path, so they must be quick and never block.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// One attempt came to an outcome after `took`, waiting for its turn included.
    fn on_attempt(&self, _system: &str, _operation: &str, _outcome: &Outcome, _took: Duration) {}
    /// A breaker changed its state.
    fn on_breaker(&self, _system: &str, _state: BreakerState) {}
    /// A read looked into the cache.
    fn on_cache(&self, _system: &str, _operation: &str, _use_: CacheUse) {}
    /// A call waited so long for its turn, whether or not it got one.
    fn on_wait(&self, _system: &str, _waited: Duration) {}
    /// Data broke its schema and passed nevertheless (`validate: warn`).
    fn on_violation(&self, _system: &str, _operation: &str, _what: &str) {}
}

/// What the cache gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// A fresh enough answer.
    Hit,
    /// Nothing: the system is asked.
    Miss,
    /// The answer to the same question that another caller was asking already.
    Joined,
    /// An old answer, because the system fails.
    Stale,
}

impl CacheUse {
    /// The word for metrics.
    pub fn name(self) -> &'static str {
        match self {
            CacheUse::Hit => "hit",
            CacheUse::Miss => "miss",
            CacheUse::Joined => "joined",
            CacheUse::Stale => "stale",
        }
    }
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
