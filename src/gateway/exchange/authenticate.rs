//! Who is calling, and whether they may do this. A refused caller costs no upstream call.

use std::sync::Arc;

use super::Exchange;
use crate::gateway::problem::{FORBIDDEN, Problem, QUOTA_EXCEEDED, UNAUTHENTICATED};
use crate::http::HeaderName;
use crate::plan::{AuthPolicy, Client};

/// Finds the client by the route's policy and asks for the route's scope.
pub(super) fn authenticate(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some(route) = exchange.route() else { return Ok(()) };
    let AuthPolicy::ApiKey { header } = &route.auth else { return Ok(()) };
    refuse_guessers(exchange)?;
    let client = client(exchange, header)?;
    exchange.client = Some(Arc::clone(&client));
    match &route.scope {
        Some(scope) if !client.may(scope) => {
            Err(Problem::new(&FORBIDDEN).detail(format!("this needs the scope `{scope}`")))
        }
        _ => Ok(()),
    }
}

fn client(exchange: &Exchange<'_>, header: &str) -> Result<Arc<Client>, Problem> {
    let mut sent = exchange.head.headers.get_all(header).iter();
    let (key, more) = (sent.next(), sent.next());
    let Some(key) = key else {
        return Err(unauthenticated(header).detail(format!("send your key in the header `{header}`")));
    };
    match exchange.generation.keys.owner(key.as_bytes()) {
        Some(client) if more.is_none() => Ok(Arc::clone(client)),
        _ => {
            exchange.gateway.limits.failed(&exchange.generation.failures, &exchange.head.peer);
            Err(unauthenticated(header).detail("this key is not known here"))
        }
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

fn unauthenticated(header: &str) -> Problem {
    // RFC 9110 §11.6.1 wants a challenge; `ApiKey` is no registered scheme, but names what is asked for.
    Problem::new(&UNAUTHENTICATED)
        .header(HeaderName::from_static("www-authenticate"), &format!("ApiKey header=\"{header}\""))
}
