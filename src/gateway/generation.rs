//! One generation of a project: a plan and everything made from it, swapped as one pointer.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::limits::{Limiter, Limits};
use super::router::Router;
use super::systems::Systems;
use super::webhooks::lanes;
use crate::auth::inbound::{Keys, Lasting, Means, Verifier};
use crate::auth::{Secret, resolve};
use crate::clock::Clock;
use crate::event::{Lane, Post};
use crate::flow::Definition;
use crate::flow::direct::{Attempted, Observer};
use crate::http::HeaderName;
use crate::plan::{AuthPolicy, LimitPer, Plan, Role, Secrets, Target};
use crate::system::{OperationName, Outcome};
use crate::telemetry::{Metrics, OperationMetrics, RouteMetrics};

/// What reading a project anew gives: a plan, its secrets and its systems, ready to serve.
#[derive(Debug)]
pub struct Fresh {
    pub plan: Arc<Plan>,
    pub secrets: Secrets,
    pub systems: Arc<dyn Systems>,
    /// Carries what webhooks are sent.
    pub post: Arc<dyn Post>,
    /// The project's folder: files that the plan names are relative to it.
    pub root: PathBuf,
    /// Whether declared clients prove themselves by their keys whatever a route's policy says: for offline tests and
    /// `dev`, where nobody issues tokens.
    pub keys_only: bool,
}

/// What of a gateway lives longer than its generations.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub limits: &'a Limits,
    pub metrics: &'a Metrics,
    pub clock: &'a Arc<dyn Clock>,
    pub lasting: &'a Lasting,
}

/// A plan that serves, with handles resolved for each of its routes and operations.
#[derive(Debug)]
pub struct Generation {
    /// From 1, one more for each reload that took effect.
    pub number: u64,
    pub plan: Arc<Plan>,
    /// As they are now; files that change are read again.
    pub(super) secrets: Secrets,
    pub(super) systems: Arc<dyn Systems>,
    pub(super) router: Router,
    /// Who calls, by place of the route.
    pub(super) verifiers: Vec<Arc<dyn Verifier>>,
    /// What handshakes must say, by place of their route.
    pub(super) expected: HashMap<usize, Vec<(Arc<str>, Secret)>>,
    pub(super) tokens: Keys<(Arc<str>, Role)>,
    /// Who is sent webhooks.
    pub(super) lanes: Vec<Lane>,
    /// By place of the route.
    pub(super) limiters: Vec<Option<Arc<Limiter>>>,
    pub(super) overall: Option<Arc<Limiter>>,
    /// By address, before anybody looks who is calling.
    pub(super) per_ip: Option<Arc<Limiter>>,
    pub(super) failures: Arc<Limiter>,
    /// By place of the route.
    pub(super) routes: Vec<RouteMetrics>,
    /// Requests for which there is no route.
    pub(super) nowhere: RouteMetrics,
    operations: HashMap<OperationName, OperationMetrics>,
    /// Flows by their digests.
    pub(super) flows: HashMap<Arc<str>, Arc<Definition>>,
}

impl Generation {
    /// Makes a generation. The error has a sentence for each thing that cannot be served.
    pub fn new(number: u64, fresh: Fresh, ground: Ground<'_>) -> Result<Generation, Vec<String>> {
        let Ground { limits, metrics, .. } = ground;
        let Fresh { plan, secrets, systems, post, root, keys_only } = fresh;
        let mut wrong = Vec::new();
        let secret = |name: &str| secrets.get(name).map(|value| Arc::from(value.reveal()));
        let mut or_wrong = |told: Vec<String>| wrong.extend(told);
        let verifiers = verifiers(&plan, &secret, &root, keys_only, ground).map_err(&mut or_wrong);
        let expected = expected(&plan, &secret).map_err(&mut or_wrong);
        let tokens = tokens(&plan, &secret).map_err(&mut or_wrong);
        let lanes = lanes(&plan, &secret, &post).map_err(&mut or_wrong);
        let router = Router::new(&plan.routes).map_err(|why| or_wrong(vec![why]));
        let (Ok(verifiers), Ok(expected), Ok(tokens), Ok(router), Ok(lanes)) =
            (verifiers, expected, tokens, router, lanes)
        else {
            return Err(wrong);
        };
        warm(&plan);
        Ok(Generation {
            number,
            router,
            verifiers,
            expected,
            tokens,
            lanes,
            limiters: limiters(&plan, limits),
            overall: plan.settings.rate.map(|quota| limits.limiter("", "gateway", quota)),
            per_ip: plan.settings.per_ip.rate.map(|quota| limits.limiter("", "address", quota)),
            failures: limits.limiter("", "failures", plan.settings.failures),
            routes: plan.routes.iter().map(|route| metrics.route(&route.api, &route.name)).collect(),
            nowhere: metrics.route("", ""),
            operations: retries(&plan, metrics),
            flows: plan.flows.values().map(|flow| (Arc::clone(flow.digest()), Arc::clone(flow))).collect(),
            plan,
            secrets,
            systems,
        })
    }
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// A verifier for each route; routes with one policy share it.
fn verifiers(
    plan: &Plan,
    secret: Lookup<'_>,
    root: &Path,
    keys_only: bool,
    ground: Ground<'_>,
) -> Result<Vec<Arc<dyn Verifier>>, Vec<String>> {
    let owned = plan.clients.iter().flat_map(|client| client.keys.iter().map(move |key| (key, client)));
    let keys = Arc::new(Keys::resolve(owned.map(|(key, client)| (key, Arc::clone(client))), secret)?);
    let clients = plan.clients.iter().map(|client| (Arc::clone(&client.name), Arc::clone(client))).collect();
    let Ground { clock, lasting, .. } = ground;
    let (clients, tables) = (&clients, &plan.tables);
    let means = Means { keys: &keys, clients, secret, tables, clock, root, lasting };
    let header = plan.routes.iter().find_map(|route| route.auth.key_header()).cloned();
    let header = header.unwrap_or(HeaderName::from_static("x-api-key"));
    let mut open: Vec<(&AuthPolicy, Arc<dyn Verifier>)> = Vec::new();
    let each = plan.routes.iter().map(|route| {
        if let Some((_, verifier)) = open.iter().find(|(policy, _)| Arc::ptr_eq(policy, &route.auth)) {
            return Ok(Arc::clone(verifier));
        }
        let verifier = match keys_only {
            true => route.auth.by_key(&header).open(&means)?,
            false => route.auth.open(&means)?,
        };
        open.push((&route.auth, Arc::clone(&verifier)));
        Ok(verifier)
    });
    each.collect()
}

/// What the handshakes of routes must say: an entry for each route that has one.
fn expected(plan: &Plan, secret: Lookup<'_>) -> Result<HashMap<usize, Vec<(Arc<str>, Secret)>>, Vec<String>> {
    let mut expected = HashMap::new();
    for (at, route) in plan.routes.iter().enumerate() {
        let Target::Publish(publish) = &route.target else { continue };
        if publish.handshake.query.is_none() {
            continue;
        }
        let pairs = publish.handshake.expects.iter();
        let pairs = pairs.map(|(name, text)| Ok((Arc::clone(name), resolve(text, secret)?)));
        expected.insert(at, pairs.collect::<Result<_, Vec<String>>>()?);
    }
    Ok(expected)
}

fn tokens(plan: &Plan, secret: Lookup<'_>) -> Result<Keys<(Arc<str>, Role)>, Vec<String>> {
    let tokens = plan.settings.tokens.iter();
    Keys::resolve(tokens.map(|token| (&token.key, (Arc::clone(&token.name), token.role))), secret)
}

fn limiters(plan: &Plan, limits: &Limits) -> Vec<Option<Arc<Limiter>>> {
    let limiter = |route: &Arc<crate::plan::Route>| {
        let limit = route.limit?;
        let name = match limit.per {
            LimitPer::Client => "client",
            LimitPer::Account => "account",
            LimitPer::Route => "route",
        };
        Some(limits.limiter(&route.name, name, limit.quota))
    };
    plan.routes.iter().map(limiter).collect()
}

/// Builds what bodies and answers are checked against, so that no request waits for it.
fn warm(plan: &Plan) {
    for route in &plan.routes {
        let body = route.body.as_ref().and_then(|body| body.schema.as_ref());
        body.into_iter().chain(&route.answer.schema).for_each(|schema| schema.warm());
    }
    let operations = plan.systems.values().flat_map(|system| system.operations.values());
    operations.flat_map(|operation| operation.schemas()).for_each(|schema| schema.warm());
}

/// Handles for every operation that a flow of the plan may reach.
fn retries(plan: &Plan, metrics: &Metrics) -> HashMap<OperationName, OperationMetrics> {
    let names: BTreeSet<&OperationName> = plan.flows.values().flat_map(|flow| flow.calls()).collect();
    names.into_iter().map(|name| (name.clone(), metrics.operation(&name.system, &name.operation))).collect()
}

impl Observer for Generation {
    fn attempted(&self, attempted: &Attempted<'_>) {
        let Attempted { context, operation, attempt, outcome, took } = *attempted;
        let message = match (outcome, outcome.failure()) {
            (Outcome::Rejected { message, .. }, _) => message,
            (_, Some(failure)) => &failure.message,
            _ => return,
        };
        tracing::warn!(target: "crossdock::system", system = &*operation.system, operation = &*operation.operation,
            attempt, outcome = outcome.name(), ms = took.as_millis() as u64, message = message.as_str(),
            correlation_id = &*context.correlation_id);
    }

    fn retrying(&self, operation: &OperationName, _attempt: u32, _wait: Duration) {
        if let Some(metrics) = self.operations.get(operation) {
            metrics.retries.inc();
        }
    }
}
