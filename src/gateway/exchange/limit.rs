//! Whether the caller may call now.

use std::borrow::Cow;

use super::Exchange;
use crate::gateway::problem::{Problem, QUOTA_EXCEEDED};
use crate::plan::{LimitPer, Route};

/// Counts the request against the limits of its route and of the gateway.
pub(super) fn limit(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some((at, route)) = exchange.route.zip(exchange.route()) else { return Ok(()) };
    let generation = exchange.generation;
    if let Some(limiter) = generation.limiters.get(at).and_then(Option::as_ref) {
        let verdict = limiter.check(&whose(exchange, route));
        exchange.verdicts.push(verdict);
    }
    let own = exchange.verdicts.last().is_none_or(|verdict| verdict.allowed);
    // A request that its own limit refuses does not use up what all share.
    if let (true, Some(limiter)) = (own, &generation.overall) {
        exchange.verdicts.push(limiter.check(""));
    }
    let Some(refused) = exchange.verdicts.iter().find(|verdict| !verdict.allowed) else { return Ok(()) };
    exchange.gateway.metrics.limited(refused.name);
    let detail = format!("the limit `{}` is used up", refused.name);
    Err(Problem::new(&QUOTA_EXCEEDED).detail(detail).retry_after(Some(refused.retry_after())))
}

/// Whose requests count together; where anybody may call, those of one address.
fn whose<'e>(exchange: &'e Exchange<'_>, route: &Route) -> Cow<'e, str> {
    let client = exchange.client.as_deref();
    let peer = || Cow::Owned(exchange.head.peer());
    match route.limit.map(|limit| limit.per) {
        Some(LimitPer::Client) => client.map_or_else(peer, |client| (&*client.name).into()),
        Some(LimitPer::Account) => client.map_or_else(peer, |client| (&*client.account).into()),
        Some(LimitPer::Route) | None => "".into(),
    }
}
