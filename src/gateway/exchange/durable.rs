//! Work that must not be lost: it is on disk before anybody is told so. Its caller gets the flow's answer where
//! it comes in time, and else the address of its status.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::idempotency::Asked;
use super::run::End;
use super::status::{self, Lens, Seen};
use super::{Answer, Exchange, second};
use crate::flow::engine::{Begin, Begun, Standing, client};
use crate::flow::{Definition, FlowEnd};
use crate::gateway::problem::{INTERNAL, NO_ROOM, Problem};
use crate::http::StatusCode;
use crate::mapping::Context;
use crate::store::{Claim, ClaimKind, Instance, Status, StoreError};
use crate::value::Value;

/// What is left of the caller's time for saying how it is.
const GRACE: Duration = Duration::from_millis(20);

/// Accepts the work and waits for its answer, if there can be one.
pub(super) async fn run(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    inputs: Vec<Option<Value>>,
    asked: Option<Asked>,
    trusted: bool,
) -> Result<End, Problem> {
    let key = match business_key(exchange, flow, &inputs) {
        Ok(key) => key,
        Err(end) => return Ok(End::Flow(end)),
    };
    let begin = Begin {
        definition: Arc::clone(flow),
        inputs,
        account: exchange.account(),
        client: exchange.client.as_ref().map_or_else(|| "".into(), |client| Arc::clone(&client.name)),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        traceparent: Some(Arc::clone(&exchange.trace.traceparent)),
        route: exchange.route().map_or_else(|| "".into(), |route| Arc::clone(&route.name)),
        claims: claims(exchange, flow, asked.as_ref(), key.as_ref()),
        business_key: key.clone(),
        trusted,
        keep: flow.keep().unwrap_or(exchange.generation.plan.settings.store.keep),
    };
    match exchange.gateway.engine.begin(begin).await {
        Ok(Begun::Taken(held)) => second::meets(exchange, flow, asked.as_ref(), held).await,
        Ok(Begun::Full(held)) => second::full(exchange, flow, held).await,
        Ok(Begun::Queued { id, at }) => queued(exchange, flow, (id, at, key)).await,
        Ok(Begun::Fresh { id, at, standing }) => {
            if flow.may_answer()
                && let Some(end) = came(exchange, standing.clone()).await
            {
                return Ok(told(flow, end));
            }
            let now = standing.borrow().clone();
            Ok(End::Passed(accepted_now(exchange, flow, begun(exchange, flow, (id, at, key), &now)).await?))
        }
        Err(error) => Err(refused(&error)),
    }
}

/// It is on disk and waits for its turn.
async fn queued(
    exchange: &Exchange<'_>,
    flow: &Definition,
    (id, at, key): (uuid::Uuid, i64, Option<Arc<str>>),
) -> Result<End, Problem> {
    // As if it had begun: what is written is looked up.
    let now = Standing { seq: 2, status: Status::Running, stage: "".into(), answer: None };
    Ok(End::Passed(accepted_now(exchange, flow, begun(exchange, flow, (id, at, key), &now)).await?))
}

/// What makes it the same work as another one. An error is how the flow ends at once.
fn business_key(
    exchange: &Exchange<'_>,
    flow: &Definition,
    inputs: &[Option<Value>],
) -> Result<Option<Arc<str>>, FlowEnd> {
    if flow.business_key().is_none() {
        return Ok(None);
    }
    let context = Context::new(exchange.gateway.clock.now(), &exchange.generation.plan.tables);
    let who = exchange.client.as_ref().and_then(|known| client(&known.name, &known.account));
    flow.business_key_of(who.as_ref(), inputs, &context)
}

/// The names that must be free: the request's key first, so that a request sent again meets itself.
fn claims(
    exchange: &Exchange<'_>,
    flow: &Definition,
    asked: Option<&Asked>,
    key: Option<&Arc<str>>,
) -> Vec<Claim> {
    let business = key.map(|key| Claim {
        kind: ClaimKind::Business,
        account: exchange.account(),
        scope: Arc::clone(flow.name()),
        key: Arc::clone(key),
        fingerprint: "".into(),
        expires: None,
    });
    asked.and_then(|asked| asked.claim(exchange)).into_iter().chain(business).collect()
}

/// Why nothing was accepted: the caller may come again.
pub(super) fn refused(error: &StoreError) -> Problem {
    Problem::new(&NO_ROOM).retry_after(Some(5)).reason(error.to_string())
}

/// The flow's answer if it comes while the caller waits.
pub(super) async fn came(
    exchange: &Exchange<'_>,
    mut standing: watch::Receiver<Standing>,
) -> Option<FlowEnd> {
    let told = async {
        loop {
            let now = standing.borrow_and_update().clone();
            // Once it leaves memory, nothing comes soon.
            if now.is_settled() || standing.changed().await.is_err() {
                return standing.borrow().answer.clone();
            }
        }
    };
    let left = exchange.left().saturating_sub(GRACE);
    let answer = tokio::select! {
        biased;
        answer = told => answer,
        () = exchange.gateway.clock.sleep(left) => None,
    };
    answer.as_deref().cloned()
}

/// An answer of a flow as the end of a request.
pub(super) fn told(flow: &Definition, end: FlowEnd) -> End {
    match end {
        FlowEnd::Completed(None) if flow.output().is_some() => End::Absent,
        end => End::Flow(end),
    }
}

/// An instance as it is known without a look into the store.
fn begun(
    exchange: &Exchange<'_>,
    flow: &Definition,
    (id, at, business_key): (uuid::Uuid, i64, Option<Arc<str>>),
    now: &Standing,
) -> Instance {
    Instance {
        id,
        account: exchange.account(),
        client: "".into(),
        flow: Arc::clone(flow.name()),
        digest: Arc::clone(flow.digest()),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        business_key,
        created_at: at,
        updated_at: at,
        seq: now.seq,
        status: now.status,
        stage: Arc::clone(&now.stage),
        wake_at: None,
        state: Arc::from(&[][..]),
        answer: None,
        keep_until: None,
    }
}

/// Accepted for processing. One that has done nothing yet is shown without a look into the store.
async fn accepted_now(
    exchange: &Exchange<'_>,
    flow: &Definition,
    instance: Instance,
) -> Result<Answer, Problem> {
    let lens = Lens::of(exchange, flow.name())?;
    if instance.seq <= 1 && instance.status == Status::Running {
        let route = exchange.route().ok_or_else(|| Problem::new(&INTERNAL))?;
        let seen = Seen::fresh(instance, &route.name);
        let answer = lens.shown(StatusCode::ACCEPTED, &lens.etag(&seen.instance), &seen);
        return Ok(located(exchange, flow, answer, &seen.instance));
    }
    match lens.instance(instance.id).await {
        Ok(Some(now)) => accepted(exchange, flow, now).await,
        // What was accepted is accepted, whether it can be read now or not.
        Ok(None) | Err(_) => {
            let seen = Seen::fresh(instance, &"".into());
            let answer = lens.shown(StatusCode::ACCEPTED, &lens.etag(&seen.instance), &seen);
            Ok(located(exchange, flow, answer, &seen.instance))
        }
    }
}

/// Accepted for processing: it is on disk, and where it stands can be asked for.
pub(super) async fn accepted(
    exchange: &Exchange<'_>,
    flow: &Definition,
    instance: Instance,
) -> Result<Answer, Problem> {
    let answer = Lens::of(exchange, flow.name())?.answer(StatusCode::ACCEPTED, instance.clone()).await?;
    Ok(located(exchange, flow, answer, &instance))
}

fn located(exchange: &Exchange<'_>, flow: &Definition, mut answer: Answer, instance: &Instance) -> Answer {
    // Where several of one key stand in line, the key shows only one of them.
    let key = instance.business_key.as_deref().filter(|_| flow.line().is_none());
    if let Some(location) = status::location(exchange, flow.name(), instance.id, key) {
        answer.header("location", &location);
    }
    // It belongs to the status, not to this answer.
    answer.headers.remove("etag");
    answer
}
