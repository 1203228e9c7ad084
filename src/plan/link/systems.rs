//! Every system compiled, and what flows and routes know of its operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use crate::config::declarations::system::SystemFile;
use crate::flow::Signature;
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
    let of = |system: &System, operation: &Operation| {
        let name = OperationName { system: system.name.clone(), operation: operation.name.clone() };
        (name, Signature::of(system, operation))
    };
    let operations =
        systems.values().map(|system| system.operations.values().map(move |one| of(system, one)));
    operations.flatten().collect()
}
