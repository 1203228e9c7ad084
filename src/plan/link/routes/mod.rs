//! `routes/*.yaml` as the gateway serves them.

mod allow;
mod followed;
mod forward;
mod instance;
mod overlap;
mod parameters;
mod path;
mod publish;
mod run;
mod shape;
mod trust;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::clients::Doors;
use instance::Doing;

use super::findings::{Findings, lacking};
use super::mappings::Mappings;
use super::settings;
use crate::auth::header_name;
use crate::config::Spanned;
use crate::config::declarations::gateway::GatewayFile;
use crate::config::declarations::route::{self, RouteFile, Status};
use crate::config::declarations::system::SystemFile;
use crate::config::declarations::{Data, Name};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::event::EventTypes;
use crate::flow::{Definition, Signature};
use crate::http::Method;
use crate::mapping::Environment;
use crate::plan::{AuthPolicy, Bounds, Limit, Match, Route, Target};
use crate::system::OperationName;
use crate::value::{PointerBuf, Value};

/// What routes are made of.
pub(super) struct Shop<'a> {
    pub language: Environment<'a>,
    pub events: &'a EventTypes,
    pub mappings: &'a Mappings,
    pub flows: &'a BTreeMap<Arc<str>, Arc<Definition>>,
    pub operations: &'a BTreeMap<OperationName, Signature>,
    pub systems: &'a [SystemFile],
    pub doors: &'a Doors,
    pub gateway: &'a GatewayFile,
    pub bounds: &'a Bounds,
}

/// Every route that is served, in the order of declaration.
pub(super) fn link(files: &[RouteFile], shop: &Shop<'_>, findings: &mut Findings) -> Vec<Arc<Route>> {
    let mut routes = Vec::new();
    for file in files {
        if file.owner.is_none() {
            let what = format!("the API `{}`", file.api.value);
            findings.add(lacking(
                &codes::MISSING_OWNER,
                file.api.span,
                &what,
                "owner",
                "name the team that answers for it: `owner: digital_portal`",
            ));
        }
        let linked: Vec<Arc<Route>> = file
            .routes
            .iter()
            .filter_map(|one| Some(Arc::new(link_one(file, one, shop, findings)?)))
            .collect();
        if matches!(file.status.value, Status::Active | Status::Deprecated) {
            routes.extend(linked);
        }
    }
    overlap::check(&routes, findings);
    instance::unseen(files, &routes, findings);
    routes
}

/// One route. `None` when it lacks what a route cannot be without.
fn link_one(
    file: &RouteFile,
    one: &Spanned<route::Route>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Route> {
    let (method, path) = method(one, findings)?;
    let params = path::parameters(&path, &one.params, findings)?;
    let query = parameters::query(&one.query, findings);
    let auth = auth(file, one, shop, findings);
    let within = within(one, shop, findings);
    let (body, body_type) = shape::body(one, shop, findings);
    let answer = shape::answer(one, shop, findings);
    scope(one, auth.as_ref(), shop, findings);
    let ends = run::Ends {
        params: &params,
        query: &query,
        body: body_type,
        open: auth.as_ref().is_some_and(|auth| auth.takes_strangers()),
        claims: auth.as_ref().is_some_and(|auth| auth.brings_claims()),
        unproven: auth.as_ref().is_some_and(|auth| auth.is_open()),
    };
    let target = target(file, one, (&method, &path), &ends, shop, findings)?;
    let allowed = allow::link(one, &target, &ends, shop, findings);
    allow::missing(file, one, &target, auth.as_ref(), findings);
    publish::strangers(one, &target, findings);
    let body = publish::body(&target, body);
    let idempotency = instance::idempotency(one, &target, findings);
    if let Target::Run { flow, .. } = &target {
        shape::check_answers(flow, &answer, one, findings);
        let at = one.answer.as_ref().map_or(path.span, |answer| answer.within.span);
        // A durable flow that takes longer is answered with 202, and goes on.
        findings.extend(flow.over_budget(within, at).filter(|_| !flow.is_durable()));
    }
    let matches = matches(one, findings);
    let trusted = trust::target(&target, &ends, body.as_ref());
    let proven = trusted && trust::answer(&target, &answer);
    Some(Route {
        name: name_of(&method, &path.value, &matches),
        api: file.api.value.as_str().into(),
        layer: file.layer.value,
        owner: file.owner.as_ref().map(|owner| owner.value.as_str().into()),
        version: file.version.value,
        status: file.status.value,
        method,
        path: path.value.as_str().into(),
        matches,
        auth: auth?,
        scope: one.scope.as_ref().map(|scope| scope.value.as_str().into()),
        allow: allowed,
        cors: cors(file, one, shop, findings),
        limit: one.limit.as_ref().map(|limit| Limit {
            per: limit.per.value,
            quota: settings::quota(&limit.rate, limit.burst.as_ref(), findings),
        }),
        params,
        query,
        body,
        body_size: settings::size(one.body_size.as_ref(), shop.bounds.body_size, findings),
        target,
        idempotency,
        answer,
        trusted,
        proven,
        within,
        span: path.span,
    })
}

/// The one method of a route and its path.
fn method(one: &Spanned<route::Route>, findings: &mut Findings) -> Option<(Method, Spanned<String>)> {
    let given = [
        (Method::GET, &one.get),
        (Method::POST, &one.post),
        (Method::PUT, &one.put),
        (Method::PATCH, &one.patch),
        (Method::DELETE, &one.delete),
    ];
    let mut given = given.into_iter().filter_map(|(method, path)| Some((method, path.clone()?)));
    let Some(first) = given.next() else {
        findings.add(
            Diagnostic::new(&codes::MISSING_KEY, one.span, "this route has no method")
                .help("write one of `get`, `post`, `put`, `patch`, `delete` with the path: `get: /v1/bookings/{reference}`"),
        );
        return None;
    };
    if let Some((_, second)) = given.next() {
        findings.add(
            Diagnostic::new(&codes::CONFLICTING_KEYS, second.span, "this route has two methods")
                .related(first.1.span, "the first one")
                .help("make two routes of it, each an entry of its own in the list"),
        );
    }
    Some(first)
}

fn target(
    file: &RouteFile,
    one: &Spanned<route::Route>,
    (method, path): (&Method, &Name),
    ends: &run::Ends<'_>,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Target> {
    let kinds = [
        ("run", &one.run),
        ("forward", &one.forward),
        ("publish", &one.publish),
        ("status_of", &one.status_of),
        ("cancel", &one.cancel),
        ("stream_of", &one.stream_of),
        ("entity_of", &one.entity_of),
    ];
    let mut kinds = kinds.into_iter().filter_map(|(kind, name)| Some((kind, name.as_ref()?)));
    let Some((kind, name)) = kinds.next() else {
        findings.add(
            Diagnostic::new(&codes::MISSING_KEY, path.span, "this route does nothing")
                .help("write what it runs: `run: book_shipment`, or what it passes requests to: `forward: erp.create_order`"),
        );
        return None;
    };
    if let Some((other, second)) = kinds.next() {
        findings.add(
            Diagnostic::new(
                &codes::CONFLICTING_KEYS,
                second.span,
                format!("`{other}` stands beside `{kind}`: a route does one thing"),
            )
            .related(name.span, format!("`{kind}`"))
            .help("keep one of them"),
        );
    }
    let instance = |doing, findings: &mut Findings| {
        instance::link(doing, one, (name, method, path), ends.params, shop, findings)
    };
    match kind {
        "status_of" => instance(Doing::Status, findings),
        "cancel" => instance(Doing::Cancel, findings),
        "stream_of" | "entity_of" => {
            followed::link(kind, (file, one), (name, method, path), ends, shop, findings)
        }
        "run" => run::link(name, &one.with, path, ends, shop, findings),
        "publish" => publish::link((file, one), (name, method, path), ends, shop, findings),
        "forward" => forward::link(file, one, name, path, ends, shop, findings),
        _ => None,
    }
}

/// The auth policy of a route, from the route or its file. Every layer needs one (M47).
fn auth(
    file: &RouteFile,
    one: &route::Route,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<AuthPolicy> {
    let Some(names) = one.auth.as_ref().or(file.auth.as_ref()) else {
        findings.add(
            Diagnostic::new(&codes::MISSING_AUTH, span_of(one).unwrap_or(file.api.span), "this route does not say how its callers prove who they are")
                .help("name a policy of `gateway.yaml` at the head of the file (`auth: portal`) or in the route; a policy of `scheme: none` lets everybody in"),
        );
        return None;
    };
    let mut policies: Vec<Option<AuthPolicy>> =
        names.0.iter().map(|name| policy(name, shop, findings)).collect();
    if policies.len() == 1 { policies.pop()? } else { shop.doors.any_of(names, policies) }
}

fn policy(name: &Name, shop: &Shop<'_>, findings: &mut Findings) -> Option<AuthPolicy> {
    let found = shop.doors.auth.get(name.value.as_str()).cloned();
    if found.is_none() && !shop.gateway.auth.contains_key(name.value.as_str()) {
        let known = shop.doors.auth.keys().map(|name| &**name);
        findings.unknown(
            &codes::UNKNOWN_AUTH,
            "auth policy",
            name,
            known,
            "declare it in `gateway.yaml`: `auth: { portal: { scheme: api_key } }`",
        );
    }
    found
}

fn cors(
    file: &RouteFile,
    one: &route::Route,
    shop: &Shop<'_>,
    findings: &mut Findings,
) -> Option<Arc<crate::plan::Cors>> {
    let name = one.cors.as_ref().or(file.cors.as_ref())?;
    let found = shop.doors.cors.get(name.value.as_str()).cloned();
    if found.is_none() {
        let known = shop.doors.cors.keys().map(|name| &**name);
        findings.unknown(
            &codes::UNKNOWN_CORS,
            "CORS declaration",
            name,
            known,
            "declare it in `gateway.yaml`: `cors: { web: { origins: [\"https://portal.example\"] } }`",
        );
    }
    found
}

fn scope(one: &route::Route, auth: Option<&AuthPolicy>, shop: &Shop<'_>, findings: &mut Findings) {
    let Some(scope) = &one.scope else { return };
    // Callers that prove only that they know a secret are no clients.
    if auth.is_some_and(|auth| !auth.is_open() && !auth.knows_clients()) {
        let message =
            format!("the callers of this route are no clients, so nobody has the scope `{}`", scope.value);
        let finding = Diagnostic::new(&codes::UNHELD_SCOPE, scope.span, message);
        findings.add(finding.help("take it out: whoever has the secret may call"));
        return;
    }
    if auth.is_some_and(|auth| auth.makes_clients()) || shop.doors.scopes.contains(scope.value.as_str()) {
        return;
    }
    findings.add(
        Diagnostic::new(
            &codes::UNHELD_SCOPE,
            scope.span,
            format!("no client has the scope `{}`, so nobody can call this route", scope.value),
        )
        .nearest(&scope.value, shop.doors.scopes.iter().map(|known| &**known))
        .help("add it to the `scopes` of a client in `gateway.yaml`"),
    );
}

fn within(one: &route::Route, shop: &Shop<'_>, findings: &mut Findings) -> Duration {
    let Some(answer) = &one.answer else { return shop.bounds.request_time };
    let within = settings::lapse(Some(&answer.within), shop.bounds.request_time, findings);
    if within > shop.bounds.request_time {
        let limit = shop.gateway.limits.request_time.as_ref();
        let finding = Diagnostic::new(
            &codes::BUDGET_CONFLICT,
            answer.within.span,
            format!(
                "this route gives itself {}, and the gateway ends every request after {}",
                shown(within),
                shown(shop.bounds.request_time)
            ),
        );
        let finding =
            finding.help("write a shorter time, or raise `limits: { request_time: … }` in `gateway.yaml`");
        findings.add(match limit {
            Some(limit) => finding.related(limit.span, "the gateway's limit"),
            None => finding,
        });
    }
    within
}

fn matches(one: &route::Route, findings: &mut Findings) -> Match {
    let Some(declared) = &one.matches else { return Match::default() };
    let host = declared.host.as_ref().map(|host| {
        if host.value.contains([':', '/', ' ']) || host.value.is_empty() {
            findings.add(
                Diagnostic::new(
                    &codes::UNREACHABLE_ROUTE,
                    host.span,
                    format!("no request has the host `{}`", host.value),
                )
                .help("write the name alone, without scheme, port or path: `portal.example`"),
            );
        }
        Arc::from(host.value.to_ascii_lowercase())
    });
    let headers = declared.headers.iter().filter_map(|(name, value)| {
        Some((findings.keep(header_name(name))?, Arc::from(value.value.as_str())))
    });
    let headers = headers.collect();
    let body =
        declared.body.iter().filter_map(|(pointer, value)| body_field(pointer, value, findings)).collect();
    if let Some((pointer, _)) =
        declared.body.first_key_value().filter(|_| one.body.is_none() && one.request.is_none())
    {
        findings.add(
            Diagnostic::new(
                &codes::UNREACHABLE_ROUTE,
                pointer.span,
                "this route is chosen by a body, and takes none",
            )
            .help("say what the body is: `body: canonical/booking@1`"),
        );
    }
    Match { host, headers, version: declared.version.as_ref().map(|version| version.value), body }
}

fn body_field(pointer: &Name, value: &Data, findings: &mut Findings) -> Option<(PointerBuf, Value)> {
    let Data::Literal(value, _) = value else {
        findings.add(
            Diagnostic::new(
                &codes::BAD_MATCH,
                pointer.span,
                format!("`{}` is compared with more than one plain value", pointer.value),
            )
            .help("write the value itself, such as `express` or `42`"),
        );
        return None;
    };
    let parsed = PointerBuf::parse(&pointer.value);
    if parsed.is_none() {
        findings.add(
            Diagnostic::new(
                &codes::BAD_MATCH,
                pointer.span,
                format!("`{}` is not a JSON Pointer", pointer.value),
            )
            .help(format!("write `/{}`", pointer.value.trim_start_matches('/').replace('.', "/"))),
        );
    }
    Some((parsed?, value.value.clone()))
}

/// `POST /v1/bookings`, and what else the route matches by.
fn name_of(method: &Method, path: &str, matches: &Match) -> Arc<str> {
    let mut name = format!("{method} {path}");
    let host = matches.host.iter().map(|host| format!(" host={host}"));
    let headers = matches.headers.iter().map(|(header, value)| format!(" {header}={value}"));
    let version = matches.version.iter().map(|version| format!(" version={version}"));
    let body =
        matches.body.iter().map(|(pointer, value)| format!(" {}={}", pointer.as_str(), literal(value)));
    name.extend(host.chain(headers).chain(version).chain(body));
    name.into()
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned)
}

/// A time as people write it: `1m 30s`, `800ms`.
pub(super) fn shown(time: Duration) -> String {
    let (minutes, seconds, millis) = (time.as_secs() / 60, time.as_secs() % 60, time.subsec_millis());
    let parts = [(minutes, "m"), (seconds, "s"), (u64::from(millis), "ms")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// Where the path of a route stands.
pub(super) fn span_of(one: &route::Route) -> Option<Span> {
    let paths = [&one.get, &one.post, &one.put, &one.patch, &one.delete];
    paths.into_iter().flatten().map(|path| path.span).next()
}
