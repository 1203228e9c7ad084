//! Every system compiled, and what flows and routes know of its operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use crate::config::declarations::system::SystemFile;
use crate::flow::{self, ProbeSignature, Signature};
use crate::system::{self, Deps, Operation, OperationName, System};

/// The systems of a project by name.
pub(super) type Systems = BTreeMap<Arc<str>, Arc<System>>;

/// Compiles every system file. Those with errors are left out.
pub(super) fn link(files: &[SystemFile], deps: &Deps<'_>, findings: &mut Findings) -> Systems {
    let compiled = files.iter().filter_map(|file| findings.take(system::compile(file, deps)));
    compiled.map(|system| (system.name.clone(), Arc::new(system))).collect()
}

/// What flows know of every operation.
pub(super) fn signatures(systems: &Systems) -> BTreeMap<OperationName, Signature> {
    let operations = systems
        .values()
        .flat_map(|system| system.operations.values().map(move |operation| (system, operation)));
    operations
        .map(|(system, operation)| (name(system, &operation.name), signature(system, operation)))
        .collect()
}

fn name(system: &System, operation: &Arc<str>) -> OperationName {
    OperationName { system: system.name.clone(), operation: operation.clone() }
}

fn signature(system: &System, operation: &Operation) -> Signature {
    let take = |take: &system::Take| flow::Take {
        name: take.name.clone(),
        ty: take.ty.clone(),
        required: take.required,
    };
    Signature {
        takes: operation.takes.iter().map(take).collect(),
        gives: operation.gives.clone(),
        may_be_absent: operation.may_be_absent,
        effect: operation.effect,
        cached: operation.cache.is_some(),
        retry: retry(&operation.retry),
        timeout: operation.timeout,
        probe: operation.probe.as_ref().map(|probe| ProbeSignature {
            operation: name(system, &probe.call),
            settle: probe.settle,
            first: probe.first,
        }),
    }
}

fn retry(policy: &system::RetryPolicy) -> flow::RetryPolicy {
    flow::RetryPolicy {
        attempts: policy.attempts,
        first: policy.first,
        longest: policy.longest,
        jitter: policy.jitter,
    }
}
