//! What a flow may call and name: the signatures of operations and flows, schemas, codes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use crate::config::declarations::system::{Effect, Jitter};

use super::Definition;
use crate::schema::{Schemas, Type};
use crate::system::OperationName;

/// Everything a flow file may refer to.
#[derive(Debug)]
pub struct Environment<'a> {
    /// Operations of every system by name.
    pub operations: BTreeMap<OperationName, Signature>,
    /// Flows that are compiled already, for `run`. [`super::compile_all`] fills it in the right order.
    pub flows: BTreeMap<Arc<str>, Arc<Definition>>,
    pub schemas: &'a Schemas,
    /// Schemas that belong to one system (named by its `request` or `response`), and the system:
    /// a flow must not name them (M32).
    pub vendor_schemas: BTreeMap<Arc<str>, Arc<str>>,
    /// Codes of business answers in `exceptions.yaml`.
    pub rejections: BTreeSet<Arc<str>>,
    /// Codes of exceptions in `exceptions.yaml`.
    pub exceptions: BTreeSet<Arc<str>>,
}

/// What the checker and the machine know about an operation. Where it is and how it is called is
/// the system's business, looked up when it is called.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Inputs, in the order in which [`super::direct::Caller`] gets them.
    pub takes: Vec<Take>,
    /// What it gives; `None` when it gives nothing.
    pub gives: Option<Type>,
    /// Whether a good answer may be absent (`not_found` is declared).
    pub may_be_absent: bool,
    pub effect: Effect,
    /// Whether answers may come from a cache.
    pub cached: bool,
    pub retry: RetryPolicy,
    /// For one attempt.
    pub timeout: Duration,
    pub probe: Option<ProbeSignature>,
}

/// One input of an operation.
#[derive(Debug, Clone)]
pub struct Take {
    pub name: Arc<str>,
    pub ty: Type,
    pub required: bool,
}

/// How a create is looked for after an answer that leaves open whether it was done.
#[derive(Debug, Clone)]
pub struct ProbeSignature {
    /// For messages; the call itself goes through [`super::direct::Caller::probe`] of the create.
    pub operation: OperationName,
    /// Wait before asking.
    pub settle: Duration,
    /// Ask before the first send too.
    pub first: bool,
}

/// When and how often to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// In all, the first included; at least 1.
    pub attempts: u32,
    /// The first wait; doubles each time.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    pub jitter: Jitter,
}

impl RetryPolicy {
    /// One attempt.
    pub const NEVER: RetryPolicy =
        RetryPolicy { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO, jitter: Jitter::Full };

    /// The longest that the wait after `attempt` (from 1) can be, unless the system asks for more.
    pub fn wait(&self, attempt: u32) -> Duration {
        let doubled =
            self.first.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.longest)
    }

    /// The longest time all attempts and waits can take, each attempt lasting `timeout`.
    pub fn worst_case(&self, timeout: Duration) -> Duration {
        (1..self.attempts.max(1))
            .fold(timeout, |sum, attempt| sum.saturating_add(self.wait(attempt)).saturating_add(timeout))
    }
}
