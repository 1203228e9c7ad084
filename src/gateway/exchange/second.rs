//! A request for what another one began already: a key that is sent again, or a second run of one business.

use std::sync::Arc;

use super::Exchange;
use super::durable::{accepted, came, refused, told};
use super::idempotency::Asked;
use super::run::End;
use super::status::{self, Lens, millis, unread};
use crate::codec::json;
use crate::flow::machine;
use crate::flow::{Definition, FlowEnd, Second};
use crate::gateway::problem::{
    ALREADY_UNDER_WAY, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_USED, IN_FLIGHT, Problem, QUEUE_FULL,
};
use crate::http::{HeaderName, HeaderValue, header};
use crate::store::{ClaimKind, Committed, Held, Instance, Store, StoreError, Transition};
use crate::value::{Map, Value};

/// Entries of a journal that are read at once.
const PAGE: usize = 200;

/// What becomes of a request whose name is taken.
pub(super) async fn meets(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    asked: Option<&Asked>,
    held: Held,
) -> Result<End, Problem> {
    match (held.claim.kind, asked) {
        (ClaimKind::Request, Some(asked)) if !asked.is_same(&held.claim) => {
            Err(Problem::new(&IDEMPOTENCY_KEY_REUSED))
        }
        (ClaimKind::Request, _) => again(exchange, flow, &held).await,
        (ClaimKind::Business, _) => under_way(exchange, flow, asked, &held).await,
    }
}

/// As many as may wait for a business key do.
pub(super) async fn full(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    held: Held,
) -> Result<End, Problem> {
    let problem = Problem::new(&QUEUE_FULL).retry_after(Some(5));
    // Callers whom nobody knows share nothing but their namelessness.
    let instance = match exchange.client {
        Some(_) => Lens::of(exchange, flow.name())?.instance(held.instance).await?,
        None => None,
    };
    Err(match instance {
        Some(instance) => located(exchange, problem, flow, &instance),
        None => problem,
    })
}

/// The same request again: nothing runs, and the first answer is given once more.
async fn again(exchange: &Exchange<'_>, flow: &Arc<Definition>, held: &Held) -> Result<End, Problem> {
    let Some(instance) = Lens::of(exchange, flow.name())?.instance(held.instance).await? else {
        return Err(Problem::new(&IDEMPOTENCY_KEY_USED));
    };
    if let Some(end) = first_answer(exchange, &instance).await? {
        return Ok(End::Replayed(Box::new(told(flow, end))));
    }
    if is_awaited(exchange, &instance) {
        return Err(located(exchange, Problem::new(&IN_FLIGHT).retry_after(Some(1)), flow, &instance));
    }
    let answer = accepted(exchange, flow, instance).await?;
    Ok(End::Replayed(Box::new(End::Passed(answer))))
}

/// Whether the one who began it may still be waiting for its answer; else that was a 202.
fn is_awaited(exchange: &Exchange<'_>, instance: &Instance) -> bool {
    let within = exchange.route().map(|route| route.within).unwrap_or_default();
    let age = millis(&*exchange.gateway.clock).saturating_sub(instance.created_at);
    let standing = exchange.gateway.engine.watch(instance.id);
    standing.is_some_and(|standing| !standing.borrow().is_settled())
        && u128::try_from(age).unwrap_or_default() < within.as_millis()
}

/// What the flow answered first. One that answered early and ended otherwise says so in its journal.
async fn first_answer(exchange: &Exchange<'_>, instance: &Instance) -> Result<Option<FlowEnd>, Problem> {
    let end = instance.answer.as_deref().map(machine::load_end).transpose();
    let end = end.map_err(|why| unread(StoreError::Corrupt(why)))?;
    if instance.status.is_open() || matches!(end, None | Some(FlowEnd::Responded { .. })) {
        return Ok(end);
    }
    let id = instance.id;
    let early =
        exchange.gateway.engine.writer().read(move |store| responded(store, id)).await.map_err(unread)?;
    Ok(early.or(end))
}

fn responded(store: &dyn Store, id: uuid::Uuid) -> Result<Option<FlowEnd>, StoreError> {
    let mut after = 0;
    loop {
        let page = store.journal(id, after, PAGE)?;
        if let Some(entry) = page.iter().find(|entry| *entry.kind == *"responded") {
            let body = json::decode(&entry.body, &json::Limits::default()).unwrap_or_default();
            return Ok(body.as_object().and_then(early));
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.number,
            _ => return Ok(None),
        }
    }
}

fn early(body: &Map) -> Option<FlowEnd> {
    let status = u16::try_from(body.get("status")?.as_number()?.to_i64()?).ok()?;
    let named = |(name, value): (&Arc<str>, &Value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.as_str()?).ok()?))
    };
    let headers = body.get("headers").and_then(Value::as_object);
    let headers = headers.map(|headers| headers.iter().filter_map(named).collect()).unwrap_or_default();
    Some(FlowEnd::Responded { status, headers, body: body.get("body").cloned() })
}

/// A second run while one is under way: refused, or given what the first one gets.
async fn under_way(
    exchange: &Exchange<'_>,
    flow: &Arc<Definition>,
    asked: Option<&Asked>,
    held: &Held,
) -> Result<End, Problem> {
    let joins = flow.business_key().is_some_and(|key| key.second == Second::Join);
    let lens = Lens::of(exchange, flow.name())?;
    // Callers whom nobody knows share nothing but their namelessness: they are told no more than that.
    let instance = match exchange.client {
        Some(_) => lens.instance(held.instance).await?,
        None => None,
    };
    let Some(instance) = instance else {
        return Err(Problem::new(&ALREADY_UNDER_WAY).retry_after(Some(5)));
    };
    if !joins {
        return Err(located(exchange, Problem::new(&ALREADY_UNDER_WAY), flow, &instance));
    }
    if let Some(known) = joined(exchange, asked, instance.id).await? {
        return match asked.is_some_and(|asked| asked.is_same(&known.claim)) {
            true => again(exchange, flow, &known).await,
            false => Err(Problem::new(&IDEMPOTENCY_KEY_REUSED)),
        };
    }
    let end = match exchange.gateway.engine.watch(instance.id) {
        Some(standing) => came(exchange, standing).await,
        None => None,
    };
    if let Some(end) = end {
        return Ok(told(flow, end));
    }
    match lens.instance(held.instance).await? {
        None => Err(Problem::new(&ALREADY_UNDER_WAY).retry_after(Some(5))),
        Some(now) => match first_answer(exchange, &now).await? {
            Some(end) => Ok(told(flow, end)),
            None => Ok(End::Passed(accepted(exchange, flow, now).await?)),
        },
    }
}

/// The key of a request that joins belongs to what it joined: sent again, it gets that answer, and nothing new runs.
/// Gives who holds the key, when another instance does.
async fn joined(
    exchange: &Exchange<'_>,
    asked: Option<&Asked>,
    id: uuid::Uuid,
) -> Result<Option<Held>, Problem> {
    let Some(claim) = asked.and_then(|asked| asked.claim(exchange)) else { return Ok(None) };
    let at = millis(&*exchange.gateway.clock);
    let transition = Transition { at, claims: vec![claim], holder: Some(id), ..Transition::default() };
    match exchange.gateway.engine.writer().commit(transition).await.map_err(|error| refused(&error))? {
        Committed::Taken(held) => Ok(Some(held)),
        Committed::Done { .. } | Committed::Stale => Ok(None),
    }
}

/// A problem that says where the instance shows its status.
fn located(exchange: &Exchange<'_>, problem: Problem, flow: &Definition, instance: &Instance) -> Problem {
    match status::location(exchange, flow.name(), instance.id, instance.business_key.as_deref()) {
        Some(location) => problem.detail(format!("see `{location}`")).header(header::LOCATION, &location),
        None => problem,
    }
}
