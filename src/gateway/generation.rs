//! One generation of a project: a plan and everything made from it, swapped as one pointer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::keys::Keys;
use super::limits::{Limiter, Limits};
use super::router::Router;
use super::systems::Systems;
use crate::flow::direct::{Attempted, Observer};
use crate::plan::{Client, KeyDigest, LimitPer, Plan, Role, Secrets, digest_of};
use crate::system::{OperationName, Outcome};
use crate::telemetry::{Metrics, OperationMetrics, RouteMetrics};

/// What reading a project anew gives: a plan, its secrets and its systems, ready to serve.
#[derive(Debug)]
pub struct Fresh {
    pub plan: Arc<Plan>,
    pub secrets: Secrets,
    pub systems: Arc<dyn Systems>,
}

/// A plan that serves, with handles resolved for each of its routes and operations.
#[derive(Debug)]
pub struct Generation {
    /// From 1, one more for each reload that took effect.
    pub number: u64,
    pub plan: Arc<Plan>,
    pub(super) systems: Arc<dyn Systems>,
    pub(super) router: Router,
    pub(super) keys: Keys<Arc<Client>>,
    pub(super) tokens: Keys<(Arc<str>, Role)>,
    /// By place of the route.
    pub(super) limiters: Vec<Option<Arc<Limiter>>>,
    pub(super) overall: Option<Arc<Limiter>>,
    pub(super) failures: Arc<Limiter>,
    /// By place of the route.
    pub(super) routes: Vec<RouteMetrics>,
    /// Requests for which there is no route.
    pub(super) nowhere: RouteMetrics,
    operations: HashMap<OperationName, OperationMetrics>,
}

impl Generation {
    /// Makes a generation. The error has a sentence for each thing that cannot be served.
    pub fn new(
        number: u64,
        fresh: Fresh,
        limits: &Limits,
        metrics: &Metrics,
    ) -> Result<Generation, Vec<String>> {
        let Fresh { plan, secrets, systems } = fresh;
        let mut wrong = Vec::new();
        let router = Router::new(&plan.routes);
        let keys = digests(
            plan.clients
                .iter()
                .flat_map(|client| client.keys.iter().map(move |key| (key, Arc::clone(client)))),
            &secrets,
            &mut wrong,
        );
        let tokens =
            plan.settings.tokens.iter().map(|token| (&token.key, (Arc::clone(&token.name), token.role)));
        let tokens = digests(tokens, &secrets, &mut wrong);
        let router = match router {
            Ok(router) if wrong.is_empty() => router,
            Ok(_) => return Err(wrong),
            Err(why) => return Err(wrong.into_iter().chain([why]).collect()),
        };
        Ok(Generation {
            number,
            router,
            keys,
            tokens,
            limiters: limiters(&plan, limits),
            overall: plan.settings.rate.map(|quota| limits.limiter("", "gateway", quota)),
            failures: limits.limiter("", "failures", plan.settings.failures),
            routes: plan.routes.iter().map(|route| metrics.route(&route.api, &route.name)).collect(),
            nowhere: metrics.route("", ""),
            operations: retries(&plan, metrics),
            plan,
            systems,
        })
    }
}

/// Keys by their digests; one that is kept as a secret and is no digest is a sentence in `wrong`.
fn digests<'k, T>(
    keys: impl Iterator<Item = (&'k KeyDigest, T)>,
    secrets: &Secrets,
    wrong: &mut Vec<String>,
) -> Keys<T> {
    let read = keys.filter_map(|(key, owner)| match key {
        KeyDigest::Known(digest) => Some((*digest, owner)),
        KeyDigest::Secret(name) => {
            let digest = secrets.get(name).and_then(digest_of);
            if digest.is_none() {
                wrong.push(format!(
                    "the secret `{name}` is not a key's digest: write `sha256:` and 64 hex digits"
                ));
            }
            Some((digest?, owner))
        }
    });
    read.collect()
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
