//! From flow files to definitions, with every finding.

mod compiler;
mod digest;
mod expiry;
mod file;
mod graph;
mod narrow;
mod order;
mod promise;
mod starts;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use compiler::{Blocked, Compiler, Made, Taint, Typed};
pub(super) use graph::Remains;
#[cfg(test)]
pub(super) use graph::certainly;
pub(super) use values::{Taken, data_span};

use super::{Definition, Environment};
use crate::config::declarations::flow::FlowFile;
use crate::config::side_by_side;
use crate::diagnostic::{Diagnostic, Severity, codes};

/// A definition, when there is no error, and what there is to say about it.
type Compiled = (Option<Definition>, Vec<Diagnostic>);

/// Compiles one flow. The flows that it runs are in `environment.flows`. With an error there is no
/// definition.
pub fn compile(file: &FlowFile, environment: &Environment<'_>) -> (Option<Definition>, Vec<Diagnostic>) {
    compile_among(file, environment, &BTreeSet::new())
}

/// Compiles all flows of a project: those that run no other side by side, each other one after those
/// it runs; cycles are refused by name.
/// `environment.flows` gets every flow that compiled.
pub fn compile_all(files: &[FlowFile], environment: &mut Environment<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut by_name: BTreeMap<&str, &FlowFile> = BTreeMap::new();
    for file in files {
        if let Some(first) = by_name.get(file.flow.as_str()) {
            let message = format!("there are two flows `{}`", *file.flow);
            let finding = Diagnostic::new(&codes::DUPLICATE_NAME, file.flow.span, message);
            findings.push(
                finding.related(first.flow.span, "the first one").help("give one of them another name"),
            );
        } else {
            by_name.insert(&file.flow, file);
        }
    }
    let known: BTreeSet<Arc<str>> = by_name.keys().map(|name| Arc::from(*name)).collect();
    let ordered = order::order(&by_name, &mut findings).into_iter().map(|name| by_name[name]);
    let (alone, after): (Vec<_>, Vec<_>) = ordered.partition(|file| order::runs(&file.steps).is_empty());
    let mut keep = |environment: &mut Environment<'_>, (definition, found): Compiled| {
        findings.extend(found);
        if let Some(definition) = definition {
            environment.flows.insert(definition.name.clone(), Arc::new(definition));
        }
    };
    for compiled in side_by_side(&alone, |file| compile_among(file, environment, &known)) {
        keep(environment, compiled);
    }
    for file in after {
        let compiled = compile_among(file, environment, &known);
        keep(environment, compiled);
    }
    findings
}

/// `known`: every flow of the project, so that one which did not compile is not called unknown.
fn compile_among(
    file: &FlowFile,
    environment: &Environment<'_>,
    known: &BTreeSet<Arc<str>>,
) -> (Option<Definition>, Vec<Diagnostic>) {
    let mut compiler = Compiler::new(environment, known);
    let definition = compiler.file(file);
    let findings = compiler.findings;
    let refused = findings.iter().any(|finding| finding.severity() == Severity::Error);
    (definition.filter(|_| !refused), findings)
}

#[cfg(test)]
mod tests;
