//! Who is calling, and whether they may do this. A refused caller costs no upstream call.

use std::time::Duration;

use super::Exchange;
use crate::auth::inbound::{self, Proven, Refused};
use crate::gateway::problem::{FORBIDDEN, Problem, QUOTA_EXCEEDED, UNAUTHENTICATED};
use crate::http::header;

/// Finds the client by the route's policy and asks for the route's scope.
pub(super) fn authenticate(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some((at, route)) = exchange.route.zip(exchange.route()) else { return Ok(()) };
    // A route without a verifier is nobody's.
    let Some(verifier) = exchange.generation.verifiers.get(at) else {
        return Err(Problem::new(&UNAUTHENTICATED));
    };
    if !route.auth.takes_from(exchange.head.peer) {
        return Err(Problem::new(&FORBIDDEN).detail("your address may not call here"));
    }
    let head = head(exchange);
    exchange.client = verifier.verify(&head).map_err(|refused| unauthenticated(exchange, &refused))?;
    match (&route.scope, &exchange.client) {
        (Some(scope), Some(client)) if !client.may(scope) => {
            Err(Problem::new(&FORBIDDEN).detail(format!("this needs the scope `{scope}`")))
        }
        // Who proves no more than that it is one of those who know a secret has no scopes.
        (Some(_), None) if !route.auth.is_open() => Err(Problem::new(&FORBIDDEN)),
        _ => Ok(()),
    }
}

/// Asks the route's policy whether the bytes of the body prove it too, before anything is made of them.
pub(super) fn prove(exchange: &Exchange<'_>, body: &[u8]) -> Result<Proven, Problem> {
    let Some(verifier) = exchange.route.and_then(|at| exchange.generation.verifiers.get(at)) else {
        return Err(Problem::new(&UNAUTHENTICATED));
    };
    let now = exchange.gateway.clock.now();
    verifier.verify_body(&head(exchange), body, now).map_err(|refused| unauthenticated(exchange, &refused))
}

fn head<'e>(exchange: &Exchange<'e>) -> inbound::Head<'e> {
    let head = exchange.head;
    inbound::Head { method: &head.method, uri: &head.uri, headers: &head.headers }
}

/// Says which proof is asked for (RFC 9110 §11.6.1), and counts one that was wrong against its sender. Who
/// sent too many has to wait before its next wrong one is answered; a good key passes always, because many
/// callers may share one address.
fn unauthenticated(exchange: &Exchange<'_>, refused: &Refused) -> Problem {
    if refused.is_guess {
        let (limits, peer) = (&exchange.gateway.limits, exchange.head.peer());
        if let Some(wait) = limits.blocked(&peer) {
            return guesser(exchange, wait);
        }
        limits.failed(&exchange.generation.failures, &peer);
    }
    Problem::new(&UNAUTHENTICATED)
        .detail(refused.detail.as_str())
        .header(header::WWW_AUTHENTICATE, &refused.challenge)
}

fn guesser(exchange: &Exchange<'_>, wait: Duration) -> Problem {
    exchange.gateway.metrics.limited("failures");
    let seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
    Problem::new(&QUOTA_EXCEEDED)
        .detail("too many wrong keys came from your address")
        .retry_after(Some(seconds))
}
