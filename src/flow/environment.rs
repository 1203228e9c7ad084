//! What a flow may call and name: operations, flows, mappings, schemas, codes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Definition;
use crate::event::EventTypes;
use crate::mapping;
use crate::schema::Type;
use crate::system::{Effect, Operation, OperationName, RetryPolicy, System, Take};

/// Everything a flow file may refer to.
#[derive(Debug)]
pub struct Environment<'a> {
    /// Operations of every system by name.
    pub operations: BTreeMap<OperationName, Signature>,
    /// Flows that are compiled already, for `run`. [`super::compile_all`] fills it in the right order.
    pub flows: BTreeMap<Arc<str>, Arc<Definition>>,
    /// Mappings by name, for `respond`.
    pub mappings: &'a BTreeMap<Arc<str>, Arc<mapping::Mapping>>,
    /// Event types by name.
    pub events: &'a EventTypes,
    /// Schemas, tables and the codes of business answers.
    pub mapping: mapping::Environment<'a>,
    /// Schemas that belong to one system (named by its `request` or `response`), and the system:
    /// a flow must not name them (M32).
    pub vendor_schemas: BTreeMap<Arc<str>, Arc<str>>,
    /// Codes of exceptions in `exceptions.yaml`.
    pub exceptions: &'a BTreeSet<Arc<str>>,
}

/// What the checker and the machine know about an operation. Where it is and how it is called is
/// the system's business, looked up when it is called.
#[derive(Debug, Clone)]
pub struct Signature {
    /// What it takes and gives, as written.
    pub contract: Arc<str>,
    /// Inputs, in the order in which [`super::direct::Caller`] gets them.
    pub takes: Vec<Take>,
    /// What it gives; `None` when it gives nothing.
    pub gives: Option<Type>,
    /// Whether a good answer may be absent (`not_found` is declared).
    pub may_be_absent: bool,
    pub effect: Effect,
    /// The name of a `require` that every flow holds before it calls this.
    pub behind: Option<Arc<str>>,
    /// For each of `takes`, whether more than the body is written with it.
    pub heads: Vec<bool>,
    /// Whether answers may come from a cache.
    pub cached: bool,
    /// Whether what it gives is certainly of its type.
    pub trusted: bool,
    pub retry: RetryPolicy,
    /// For one attempt.
    pub timeout: Duration,
    pub probe: Option<ProbeSignature>,
}

/// How a create is looked for after an answer that leaves open whether it was done. The call itself
/// goes through [`super::direct::Caller::probe`] of the create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeSignature {
    /// Wait before asking.
    pub settle: Duration,
    /// Ask before the first send too.
    pub first: bool,
    /// For one attempt at the probe.
    pub timeout: Duration,
}

impl Signature {
    /// The signature of a compiled operation of `system`.
    pub fn of(system: &System, operation: &Operation) -> Signature {
        let probe = operation.probe.as_ref().map(|probe| ProbeSignature {
            settle: probe.settle,
            first: probe.first,
            timeout: system.operation(&probe.call).map_or(operation.timeout, |probe| probe.timeout),
        });
        Signature {
            contract: Arc::clone(&operation.contract),
            takes: operation.takes.clone(),
            gives: operation.gives.clone(),
            may_be_absent: operation.may_be_absent,
            effect: operation.effect,
            behind: operation.behind.clone(),
            heads: operation.heads(),
            cached: operation.cache.is_some(),
            trusted: operation.gives_what_it_says(),
            retry: operation.retry,
            timeout: operation.timeout,
            probe,
        }
    }
}

/// The longest that the wait after `attempt` (from 1) can be, unless the system asks for more.
pub(super) fn longest_wait(retry: &RetryPolicy, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1);
    retry.first.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(retry.longest)
}

/// The longest time all attempts and waits can take, each attempt lasting `timeout`.
pub(super) fn worst_case(retry: &RetryPolicy, timeout: Duration) -> Duration {
    let again = 1..retry.attempts.clamp(1, 1000);
    let again = again.map(|attempt| longest_wait(retry, attempt).saturating_add(timeout));
    again.fold(timeout, Duration::saturating_add)
}
