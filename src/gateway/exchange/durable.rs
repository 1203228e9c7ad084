//! Work that must not be lost: it is on disk before anybody is told so. Its caller gets the flow's answer where
//! it comes in time, and else the address of its status.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::Exchange;
use super::run::End;
use crate::flow::engine::{Begin, Begun, Standing};
use crate::flow::{Definition, FlowEnd};
use crate::gateway::problem::{INTERNAL, NO_ROOM, Problem};
use crate::store::StoreError;
use crate::value::Value;

/// What is left of the caller's time for saying how it is.
const GRACE: Duration = Duration::from_millis(20);

/// Accepts the work and waits for its answer.
pub(super) async fn run(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    inputs: Vec<Option<Value>>,
    trusted: bool,
) -> Result<End, Problem> {
    let named = |name: Option<&Arc<str>>| name.map_or_else(|| "".into(), Arc::clone);
    let client = exchange.client.as_deref();
    let begin = Begin {
        definition: Arc::clone(flow),
        inputs,
        account: named(client.map(|client| &client.account)),
        client: named(client.map(|client| &client.name)),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        traceparent: Some(Arc::clone(&exchange.trace.traceparent)),
        business_key: None,
        claims: Vec::new(),
        trusted,
        keep: Duration::from_secs(30 * 86_400),
    };
    match exchange.gateway.engine.begin(begin).await {
        Ok(Begun::Fresh { id, standing }) => Ok(answer(exchange, flow, id, standing).await),
        Ok(Begun::Taken(_)) => Err(Problem::new(&INTERNAL)),
        Err(error) => Err(refused(&error)),
    }
}

/// Why nothing was accepted: the caller may come again.
pub(super) fn refused(error: &StoreError) -> Problem {
    Problem::new(&NO_ROOM).retry_after(Some(5)).reason(error.to_string())
}

/// The flow's answer if it comes while the caller waits.
pub(super) async fn answer(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    id: Uuid,
    mut standing: watch::Receiver<Standing>,
) -> End {
    let left = exchange.left().saturating_sub(GRACE);
    let told = async {
        loop {
            let now = standing.borrow_and_update().clone();
            if now.is_settled() || standing.changed().await.is_err() {
                return standing.borrow().answer.clone();
            }
        }
    };
    let answer = tokio::select! {
        biased;
        answer = told => answer,
        () = exchange.gateway.clock.sleep(left) => None,
    };
    match answer.as_deref() {
        Some(FlowEnd::Completed(None)) if flow.output().is_some() => End::Absent,
        Some(end) => End::Flow(end.clone()),
        None => End::Accepted { id, flow: Arc::clone(flow.name()) },
    }
}
