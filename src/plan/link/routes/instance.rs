//! Routes to an instance of a durable flow: where it stands, and taking it back.

use std::sync::Arc;

use super::Shop;
use crate::config::declarations::Name;
use crate::config::declarations::route::{Route as Declared, RouteFile, Status};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::Definition;
use crate::http::Method;
use crate::plan::link::findings::Findings;
use crate::plan::{Idempotency, Parameter, ParameterKind, Route, StatusBy, Target};

/// Which of the two a route does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Status,
    Cancel,
}

impl Doing {
    fn key(self) -> &'static str {
        match self {
            Doing::Status => "status_of",
            Doing::Cancel => "cancel",
        }
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Doing::Status => &[Method::GET],
            Doing::Cancel => &[Method::DELETE, Method::POST],
        }
    }
}

/// The target of `status_of` or `cancel`. `None` when there is no such flow or instance.
pub(super) fn link(
    doing: Doing,
    one: &Declared,
    (name, method, path): (&Name, &Method, &Name),
    params: &[Parameter],
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    let bad = |span: Span, message: String| Diagnostic::new(&codes::BAD_INSTANCE_ROUTE, span, message);
    if !doing.methods().contains(method) {
        let methods = doing.methods().iter().map(|known| format!("`{}`", known.as_str().to_lowercase()));
        let help = format!("write {}", methods.collect::<Vec<_>>().join(" or "));
        findings.add(bad(path.span, format!("`{}` does not go with this method", doing.key())).help(help));
    }
    strangers(doing, one, findings);
    let Some(flow) = shop.flows.get(name.value.as_str()) else {
        let known = shop.flows.keys().map(|flow| &**flow);
        let otherwise = "write the name at the head of a file in `flows/`";
        findings.unknown(&codes::UNKNOWN_FLOW, "flow", name, known, otherwise);
        return None;
    };
    if !flow.is_durable() {
        let message =
            format!("flow `{}` only reads: it is answered at once and has no instances", flow.name());
        findings.add(bad(name.span, message).related(flow.span(), "this flow").help("take the route out"));
        return None;
    }
    if doing == Doing::Cancel && flow.cancel_until().is_none() {
        let message = format!("clients cannot cancel `{}`: it does not say until when", flow.name());
        let help =
            "name the first step that can no longer be taken back, in the flow: `cancel_until: confirmed`";
        findings.add(bad(name.span, message).related(flow.span(), "this flow").help(help));
    }
    let by = findings.keep(by(flow, path, params))?;
    let flow = Arc::clone(flow.name());
    Some(match doing {
        Doing::Status => Target::Status { flow, by },
        Doing::Cancel => Target::Cancel { flow, by },
    })
}

/// What the only path parameter names.
fn by(flow: &Definition, path: &Name, params: &[Parameter]) -> Result<StatusBy, Diagnostic> {
    let bad = |message: String| Diagnostic::new(&codes::BAD_INSTANCE_ROUTE, path.span, message);
    let [parameter] = params else {
        let message = format!("the path has {} parameters, and one names the instance", params.len());
        return Err(bad(message).help(
            "write one: the flow's business key, `/v1/bookings/{reference}`, or the instance's own `{id}`",
        ));
    };
    let text = parameter.kind == ParameterKind::String;
    if *parameter.name == *"id" {
        let finding = bad("the id of an instance is a text".to_owned()).help("take `id` out of `params`");
        return if text { Ok(StatusBy::Instance) } else { Err(finding) };
    }
    let Some(key) = flow.business_key() else {
        let message =
            format!("flow `{}` has no business key that `{}` could be", flow.name(), parameter.name);
        let help = "say what makes two runs the same one, in the flow: `business_key: booking.reference`; or call the parameter `{id}`, the instance's own";
        return Err(bad(message).related(flow.span(), "this flow").help(help));
    };
    let number = matches!(parameter.kind, ParameterKind::Integer | ParameterKind::Decimal);
    match (key.number, number, text) {
        (true, true, _) | (false, _, true) => Ok(StatusBy::BusinessKey),
        (true, ..) => {
            let help = format!("write `params: {{ {}: integer }}`, or `decimal`", parameter.name);
            Err(bad(format!("the business key of `{}` is a number", flow.name())).help(help))
        }
        (false, ..) => {
            let help = format!("take `{}` out of `params`", parameter.name);
            Err(bad(format!("the business key of `{}` is a text", flow.name())).help(help))
        }
    }
}

/// Keys that say nothing beside `status_of` and `cancel`.
fn strangers(doing: Doing, one: &Declared, findings: &mut Findings) {
    let shape = |shape: &Option<crate::config::declarations::Shape>| {
        let shape = shape.as_ref()?;
        let named = shape.map.as_ref().or(shape.schema.as_ref()).map(|name| name.span);
        Some(named.or(shape.validate.as_ref().map(|validate| validate.span)).unwrap_or_default())
    };
    let keys = [
        ("body", one.body.as_ref().map(|name| name.span)),
        ("query", one.query.keys().next().map(|name| name.span)),
        ("request", shape(&one.request)),
        ("response", shape(&one.response)),
        ("with", one.with.keys().next().map(|name| name.span)),
    ];
    for (key, span) in keys.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        let message = format!("`{key}` does not go with `{}`", doing.key());
        let help = "take it out: the path's parameter is all that such a route takes, and the gateway says what it answers";
        findings.add(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
    }
}

/// Whether callers of a route send an `Idempotency-Key`: only where something is changed.
pub(super) fn idempotency(one: &Declared, target: &Target, findings: &mut Findings) -> Option<Idempotency> {
    let said = one.idempotency.as_ref()?;
    let why = match target {
        Target::Run { flow, .. } if flow.is_durable() => return Some(said.value),
        Target::Run { flow, .. } => format!("flow `{}` only reads, and may be asked again", flow.name()),
        _ => "a key is kept with the instance of a flow, and this route runs none".to_owned(),
    };
    let message = format!("`idempotency` does nothing here: {why}");
    let help = "take it out; it goes with `run:` of a flow that changes something";
    findings.add(Diagnostic::new(&codes::MISPLACED_KEY, said.span, message).help(help));
    None
}

/// Warns of flows whose callers may get a 202 and have nowhere to look.
pub(super) fn unseen(files: &[RouteFile], routes: &[Arc<Route>], findings: &mut Findings) {
    // A route that shows one and has errors of its own is not also missing.
    let served = files.iter().filter(|file| matches!(file.status.value, Status::Active | Status::Deprecated));
    let shown: Vec<&str> = served
        .flat_map(|file| &file.routes)
        .filter_map(|route| Some(route.status_of.as_ref()?.value.as_str()))
        .collect();
    let mut told: Vec<&str> = Vec::new();
    for route in routes {
        let Target::Run { flow, .. } = &route.target else { continue };
        if !flow.is_durable() || shown.contains(&&**flow.name()) || told.contains(&&**flow.name()) {
            continue;
        }
        told.push(flow.name());
        let message =
            format!("a caller of `{}` may get a 202, and no route shows what became of it", flow.name());
        let help = match flow.business_key() {
            Some(_) => format!(
                "add a route such as `get: /v1/things/{{reference}}` with `status_of: {}`",
                flow.name()
            ),
            None => format!("add a route such as `get: /v1/things/{{id}}` with `status_of: {}`", flow.name()),
        };
        findings.add(Diagnostic::new(&codes::NO_STATUS_ROUTE, route.span, message).help(help));
    }
}
