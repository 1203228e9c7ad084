//! Who is calling, and whether they may do this. A refused caller costs no upstream call.

use super::Exchange;
use crate::auth::inbound::{self, Refused};
use crate::gateway::problem::{FORBIDDEN, Problem, QUOTA_EXCEEDED, UNAUTHENTICATED};
use crate::http::header;

/// Finds the client by the route's policy and asks for the route's scope.
pub(super) fn authenticate(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some((at, route)) = exchange.route.zip(exchange.route()) else { return Ok(()) };
    // A route without a verifier is nobody's.
    let Some(verifier) = exchange.generation.verifiers.get(at) else {
        return Err(Problem::new(&UNAUTHENTICATED));
    };
    if !route.auth.is_open() {
        refuse_guessers(exchange)?;
    }
    let head = exchange.head;
    let head = inbound::Head { method: &head.method, uri: &head.uri, headers: &head.headers };
    exchange.client = verifier.verify(&head).map_err(|refused| unauthenticated(exchange, &refused))?;
    match (&route.scope, &exchange.client) {
        (Some(scope), Some(client)) if !client.may(scope) => {
            Err(Problem::new(&FORBIDDEN).detail(format!("this needs the scope `{scope}`")))
        }
        _ => Ok(()),
    }
}

/// Refuses a peer that sent too many wrong keys, before its next one is looked at.
fn refuse_guessers(exchange: &Exchange<'_>) -> Result<(), Problem> {
    let Some(wait) = exchange.gateway.limits.blocked(&exchange.head.peer) else { return Ok(()) };
    exchange.gateway.metrics.limited("failures");
    let seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
    Err(Problem::new(&QUOTA_EXCEEDED)
        .detail("too many wrong keys came from your address")
        .retry_after(Some(seconds)))
}

/// Says which proof is asked for (RFC 9110 §11.6.1), and counts one that was wrong against its sender.
fn unauthenticated(exchange: &Exchange<'_>, refused: &Refused) -> Problem {
    if refused.is_guess {
        exchange.gateway.limits.failed(&exchange.generation.failures, &exchange.head.peer);
    }
    Problem::new(&UNAUTHENTICATED)
        .detail(refused.detail.as_str())
        .header(header::WWW_AUTHENTICATE, &refused.challenge)
}
