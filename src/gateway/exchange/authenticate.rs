//! Who is calling, and whether they may do this. A refused caller costs no upstream call.

use std::time::Duration;

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
