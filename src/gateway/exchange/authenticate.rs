//! Who is calling, and whether they may do this. A refused caller costs no upstream call.

use std::sync::Arc;
use std::time::Duration;

use super::{Exchange, authorize};
use crate::auth::inbound::{self, Proven, Refused, Verdict, Why};
use crate::gateway::problem::{FORBIDDEN, Problem, QUOTA_EXCEEDED, SYSTEM_UNAVAILABLE, UNAUTHENTICATED};
use crate::http::header;

/// Seconds after which it is worth asking again who somebody is.
const AGAIN: u64 = 5;

/// Finds the client by the route's policy, and whether it may do this as far as the head tells.
pub(super) async fn authenticate(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some(at) = exchange.route else { return Ok(()) };
    // A route without a verifier is nobody's.
    let Some(verifier) = exchange.generation.verifiers.get(at) else {
        return Err(Problem::new(&UNAUTHENTICATED));
    };
    if exchange.route().is_some_and(|route| !route.auth.takes_from(exchange.head.peer)) {
        return Err(Problem::new(&FORBIDDEN).detail("your address may not call here"));
    }
    let answer = match verifier.verify(&head(exchange)) {
        Verdict::Now(answer) => answer,
        Verdict::Later(answer) => {
            // Whoever guesses makes nobody work for each guess.
            if let Some(wait) = exchange.gateway.limits.blocked(&exchange.head.peer()) {
                return Err(guesser(exchange, wait));
            }
            answer.await
        }
    };
    exchange.client = answer.map_err(|refused| unauthenticated(exchange, &refused))?;
    authorize::head(exchange)
}

/// A body chose another route than the first that was likely: its own policy, for head and body, scope and condition hold.
pub(super) async fn again(
    exchange: &mut Exchange<'_>,
    first: Option<usize>,
    body: &[u8],
) -> Result<(), Problem> {
    let verifiers = &exchange.generation.verifiers;
    let [before, now] = [first, exchange.route].map(|at| at.and_then(|at| verifiers.get(at)));
    match (before, now) {
        (Some(before), Some(now)) if Arc::ptr_eq(before, now) => authorize::head(exchange),
        _ => {
            authenticate(exchange).await?;
            exchange.proven_by = prove(exchange, body)?;
            Ok(())
        }
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
    let (method, uri, headers) = (&head.method, &head.uri, &head.headers);
    inbound::Head { method, uri, headers, certificate: head.certificate.as_deref(), peer: head.peer }
}

/// Says which proof is asked for (RFC 9110 §11.6.1), and counts one that was wrong against its sender. Who
/// sent too many has to wait before its next wrong one is answered; a good key passes always, because many
/// callers may share one address.
fn unauthenticated(exchange: &Exchange<'_>, refused: &Refused) -> Problem {
    if refused.why == Why::Unknown {
        let problem = Problem::new(&SYSTEM_UNAVAILABLE).retry_after(Some(AGAIN));
        return problem.detail(refused.detail.as_str());
    }
    if refused.why == Why::Elsewhere {
        return Problem::new(&FORBIDDEN).detail(refused.detail.as_str());
    }
    if refused.why == Why::Wrong {
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
