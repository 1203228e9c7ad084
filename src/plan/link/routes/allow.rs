//! Who may call a route: its scope, its condition, or an account's own instances.

use super::{Shop, run};
use crate::config::Spanned;
use crate::config::declarations::route::{Layer, Route, RouteFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::Definition;
use crate::mapping;
use crate::plan::link::findings::Findings;
use crate::plan::{ANSWER, Allow, AllowWhen, AuthPolicy, NAMES, Target};
use crate::schema::Type;

/// The condition of a route.
pub(super) fn link(
    one: &Spanned<Route>,
    target: &Target,
    ends: &run::Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Allow> {
    let declared = one.allow.as_ref()?;
    let read = match target {
        Target::Run { flow, .. } if !flow.is_durable() => Some(answer(flow)),
        _ => None,
    };
    let scope = run::scope(ends);
    let scope = match read.clone() {
        Some(ty) => scope.with_optional(ANSWER, ty),
        None => scope,
    };
    let condition = findings.take(mapping::compile_condition(declared, &scope, &shop.language))?;
    let name = |slot: usize| NAMES.get(slot).copied().unwrap_or(ANSWER);
    let when = |slot: usize| match name(slot) {
        ANSWER => AllowWhen::Answer,
        "client" | "headers" => AllowWhen::Head,
        _ => AllowWhen::Request,
    };
    let when = condition.reads.iter().map(|read| when(read.slot)).max().unwrap_or(AllowWhen::Head);
    Some(Allow { condition, when })
}

/// Whatever a flow may answer.
fn answer(flow: &Definition) -> Type {
    let bodies = flow.answers().iter().filter_map(|answer| answer.body.clone());
    let all: Vec<Type> = bodies.chain(flow.output().map(|(ty, _)| ty.clone())).collect();
    if all.is_empty() { Type::Any } else { Type::union(all) }
}

/// An experience route that every client of every account may call says so, or says who may. Instances are shown to
/// their own account alone. Where callers prove that they know a secret, whoever has it may call.
pub(super) fn missing(
    file: &RouteFile,
    one: &Spanned<Route>,
    target: &Target,
    auth: Option<&AuthPolicy>,
    findings: &mut Findings,
) {
    // These show what is the caller's own account's, and nothing else.
    let own = matches!(
        target,
        Target::Status { .. } | Target::Cancel { .. } | Target::Stream { .. } | Target::Entity { .. }
    );
    let open = auth.is_none_or(|auth| auth.is_open() || !auth.knows_clients());
    if file.layer.value != Layer::Experience || own || open || one.scope.is_some() || one.allow.is_some() {
        return;
    }
    let span = super::span_of(one).unwrap_or(one.span);
    let message = "this route does not say which of its callers may do this";
    findings.add(
        Diagnostic::new(&codes::MISSING_ALLOW, span, message)
            .help("name what a client must be allowed to do, `scope: bookings:read`, or write a condition: `allow: client.account == path.account`"),
    );
}
