//! Routes that pass a body's bytes unchanged to an operation.

use super::Shop;
use super::run::{self, Ends, Taken, Taker};
use crate::config::declarations::Name;
use crate::config::declarations::route::{Layer, Route, RouteFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::link::findings::Findings;
use crate::plan::{Argument, Target};
use crate::system::OperationName;

/// The operation of a `forward` and what it gets. `None` when there is no such operation.
pub(super) fn link(
    file: &RouteFile,
    one: &Route,
    name: &Name,
    path: &Name,
    ends: &Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    if file.layer.value == Layer::Experience {
        findings.add(
            Diagnostic::new(&codes::SKIPPED_LAYER, name.span, format!("an experience route forwards straight to the operation `{}`", name.value))
                .related(file.layer.span, "the layer of this API")
                .help("`run` a flow, which speaks canonical entities; or, for callers of our own, declare the API with `layer: system`"),
        );
    }
    let operation = operation(name, shop, findings)?;
    let signature = shop.operations.get(&operation)?;
    if let Some(guard) = &signature.behind {
        let message = format!("`{}` stands behind `{guard}`, and this route calls it without", name.value);
        let help = format!("`run` a flow that requires `{guard}` before it calls `{}`", name.value);
        findings.add(Diagnostic::new(&codes::NOT_BEHIND, name.span, message).help(help));
    }
    let takes = signature.takes.iter().map(|take| Taken {
        name: take.name.clone(),
        ty: take.ty.clone(),
        required: take.required,
        schema: None,
    });
    let taker = Taker { what: format!("the operation `{}`", name.value), span: None, takes: takes.collect() };
    let mut inputs = run::bind(&taker, name, &one.with, path, ends, shop, findings);
    // The body itself is passed on: who reads nothing else of it needs no value of it.
    for (input, head) in inputs.iter_mut().zip(&signature.heads) {
        if matches!((&*input, head), (Argument::Body, false)) {
            *input = Argument::Absent;
        }
    }
    let reads_body = inputs.iter().any(Argument::reads_body);
    Some(Target::Forward { operation, inputs, reads_body })
}

/// The operation that a name means.
fn operation(name: &Name, shop: &Shop<'_>, findings: &mut Findings) -> Option<OperationName> {
    let Some((system, operation)) = name.value.split_once('.') else {
        findings.add(
            Diagnostic::new(
                &codes::UNKNOWN_OPERATION,
                name.span,
                format!("`{}` does not name an operation", name.value),
            )
            .help("write the system and its operation: `erp.create_order`"),
        );
        return None;
    };
    let Some(declared) = shop.systems.iter().find(|file| file.system.value == system) else {
        let known: Vec<String> =
            shop.operations.keys().map(|known| format!("{}.{}", known.system, known.operation)).collect();
        findings.unknown(
            &codes::UNKNOWN_SYSTEM,
            "system of the operation",
            name,
            known.iter().map(String::as_str),
            "write the name at the head of a file in `systems/`",
        );
        return None;
    };
    if !declared.operations.contains_key(operation) {
        let known: Vec<String> =
            declared.operations.keys().map(|known| format!("{system}.{}", known.value)).collect();
        findings.unknown(
            &codes::UNKNOWN_OPERATION,
            "operation",
            name,
            known.iter().map(String::as_str),
            "declare it under `operations:` of the system",
        );
        return None;
    }
    Some(OperationName { system: system.into(), operation: operation.into() })
}
