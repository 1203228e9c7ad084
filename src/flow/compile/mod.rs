//! From a flow file to a definition, with every finding.

use super::{Definition, Environment};
use crate::config::declarations::flow::FlowFile;
use crate::diagnostic::Diagnostic;

/// Compiles one flow. The flows that it runs are in `environment.flows`. With an error there is no
/// definition.
pub fn compile(_file: &FlowFile, _environment: &Environment<'_>) -> (Option<Definition>, Vec<Diagnostic>) {
    todo!("flow: lands next")
}

/// Compiles all flows of a project, each after those it runs; cycles are refused by name.
/// `environment.flows` gets every flow that compiled.
pub fn compile_all(_files: &[FlowFile], _environment: &mut Environment<'_>) -> Vec<Diagnostic> {
    todo!("flow: lands next")
}
