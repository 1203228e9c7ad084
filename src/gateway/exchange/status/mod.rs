//! Where an instance of a flow stands, for the account that asked for it and for nobody else.

mod follow;
mod history;
mod prefer;
mod resource;
mod seen;
mod stream;

use std::sync::Arc;

use super::Exchange;
use crate::clock::Clock;
use crate::flow::engine::Engine;
use crate::flow::key_text;
use crate::flow::machine::digest;
use crate::gateway::Generation;
use crate::gateway::problem::{INTERNAL, NOT_FOUND, Problem, STORE_UNAVAILABLE};
use crate::http::{StatusCode, header};
use crate::plan::{Route, StatusBy, Target};
use crate::store::{ClaimKind, Instance, Status, Store, StoreError};
use crate::value::Value;

use super::Answer;
use follow::Follow;
pub(super) use seen::Seen;
pub(super) use stream::MEDIA_TYPE as EVENTS;

/// Instances that one reference is looked for in: the newest.
const FOUND: usize = 200;

/// All that is needed to see an instance as one caller does; it outlives the exchange.
#[derive(Debug, Clone)]
pub(super) struct Lens {
    engine: Arc<Engine>,
    generation: Arc<Generation>,
    clock: Arc<dyn Clock>,
    /// The caller's `Accept-Language`.
    language: Option<Arc<str>>,
    /// The route that was called: where the one that ran the flow is not known, its neighbour is taken.
    route: Arc<Route>,
    flow: Arc<str>,
    /// `None`: a caller whom nobody knows.
    account: Option<Arc<str>>,
}

impl Lens {
    /// How this caller sees instances of a flow.
    pub fn of(exchange: &Exchange<'_>, flow: &Arc<str>) -> Result<Lens, Problem> {
        let language = exchange.head.headers.get(header::ACCEPT_LANGUAGE);
        Ok(Lens {
            engine: Arc::clone(&exchange.gateway.engine),
            generation: Arc::clone(exchange.generation),
            clock: Arc::clone(&exchange.gateway.clock),
            language: language.and_then(|value| value.to_str().ok()).map(Arc::from),
            route: Arc::clone(exchange.route().ok_or_else(|| Problem::new(&INTERNAL))?),
            flow: Arc::clone(flow),
            account: exchange.client.as_ref().map(|client| Arc::clone(&client.account)),
        })
    }

    /// The instance that a path names; of several, the newest. What is not the caller's is not there.
    pub async fn find(&self, by: StatusBy, named: Option<&Value>) -> Result<Instance, Problem> {
        let key = named.and_then(key_text).ok_or_else(|| Problem::new(&NOT_FOUND))?;
        let found = match self.by_id(&key).await? {
            None if by == StatusBy::BusinessKey => self.by_key(key).await?,
            found => found,
        };
        found.ok_or_else(|| Problem::new(&NOT_FOUND))
    }

    /// An id is long and left to chance: it may be asked for wherever a business key may.
    async fn by_id(&self, text: &str) -> Result<Option<Instance>, Problem> {
        match uuid::Uuid::try_parse(text) {
            Ok(id) => self.instance(id).await,
            Err(_) => Ok(None),
        }
    }

    /// An instance of this flow and account.
    pub async fn instance(&self, id: uuid::Uuid) -> Result<Option<Instance>, Problem> {
        let found = self.engine.writer().read(move |store| store.instance(id)).await.map_err(unread)?;
        let own = |instance: &Instance| {
            instance.flow == self.flow && *instance.account == *self.account.as_deref().unwrap_or_default()
        };
        Ok(found.filter(own))
    }

    /// A business key is easily guessed: only a caller who is known may ask by it.
    async fn by_key(&self, key: Arc<str>) -> Result<Option<Instance>, Problem> {
        let (Some(account), flow) = (self.account.clone(), Arc::clone(&self.flow)) else { return Ok(None) };
        let now = millis(&*self.clock);
        let read = move |store: &dyn Store| newest(store, &account, &flow, &key, now);
        self.engine.writer().read(read).await.map_err(unread)
    }

    /// What may change what this caller sees: weak, because the age goes on by itself.
    pub fn etag(&self, instance: &Instance) -> String {
        let language = self.language.as_deref().unwrap_or_default();
        let seen = format!("{} {} {language}", self.generation.plan.digest, instance.id);
        let seen = digest(seen.as_bytes());
        format!("W/\"{}-{}\"", instance.seq, seen.get(..12).unwrap_or_default())
    }

    /// An answer that shows an instance.
    pub async fn answer(&self, status: StatusCode, instance: Instance) -> Result<Answer, Problem> {
        let etag = self.etag(&instance);
        let seen = Seen::read(&self.engine, instance).await.map_err(unread)?;
        Ok(self.shown(status, &etag, &seen))
    }

    /// An answer that shows what was seen.
    pub fn shown(&self, status: StatusCode, etag: &str, seen: &Seen) -> Answer {
        let mut answer = Answer::json(status, self.body(seen));
        self.headers(&mut answer, etag, &seen.instance);
        answer
    }

    fn headers(&self, answer: &mut Answer, etag: &str, instance: &Instance) {
        answer.header("etag", etag);
        answer.header("cache-control", "no-cache");
        answer.header("vary", "accept-language");
        if let Some(seconds) = again_in(instance.status) {
            answer.header("retry-after", &seconds.to_string());
        }
    }
}

/// Answers a route that shows an instance: at once, once it has changed, or for as long as it changes.
pub(super) async fn show(
    exchange: &Exchange<'_>,
    (flow, by): (&Arc<str>, StatusBy),
    named: Option<&Value>,
) -> Result<Answer, Problem> {
    let lens = Lens::of(exchange, flow)?;
    let instance = lens.find(by, named).await?;
    if stream::is_wanted(exchange.head) {
        return stream::open(exchange, lens, instance);
    }
    let headers = &exchange.head.headers;
    let wait = prefer::wait(headers).map(|wait| wait.min(exchange.left().saturating_sub(prefer::MARGIN)));
    let instance = match wait {
        Some(wait) if instance.status.is_open() && !stale(&lens, headers, &instance) => {
            later(&lens, instance, wait).await?
        }
        _ => instance,
    };
    let etag = lens.etag(&instance);
    let mut answer = if prefer::has_it(headers, &etag) {
        let mut answer = Answer::empty(StatusCode::NOT_MODIFIED);
        lens.headers(&mut answer, &etag, &instance);
        answer
    } else {
        lens.answer(StatusCode::OK, instance).await?
    };
    if let Some(wait) = wait {
        answer.header("preference-applied", &format!("wait={}", wait.as_secs()));
    }
    Ok(answer)
}

/// Whether the caller knows an earlier state, so that there is nothing to wait for.
fn stale(lens: &Lens, headers: &crate::http::HeaderMap, instance: &Instance) -> bool {
    headers.contains_key(header::IF_NONE_MATCH) && !prefer::has_it(headers, &lens.etag(instance))
}

/// The instance once it has changed, or as it is when the caller has waited long enough.
async fn later(lens: &Lens, instance: Instance, wait: std::time::Duration) -> Result<Instance, Problem> {
    let mut follow = Follow::of(lens, &instance);
    tokio::select! {
        biased;
        changed = follow.next() => Ok(changed.map_err(unread)?.unwrap_or(instance)),
        () = lens.clock.sleep(wait) => Ok(instance),
    }
}

/// The newest instance with a business key: the one under way, else the last that was.
fn newest(
    store: &dyn Store,
    account: &str,
    flow: &str,
    key: &str,
    now: i64,
) -> Result<Option<Instance>, StoreError> {
    let own = |instance: &Instance| *instance.flow == *flow && instance.business_key.as_deref() == Some(key);
    if let Some(held) = store.claim(account, ClaimKind::Business, flow, key, now)?
        && let Some(instance) = store.instance(held.instance)?.filter(own)
    {
        return Ok(Some(instance));
    }
    let found = store.find(key, Some(account), FOUND)?;
    Ok(found.into_iter().map(|found| found.instance).find(own))
}

/// Where an instance shows its status, as seen from the route that runs it.
pub(super) fn location(
    exchange: &Exchange<'_>,
    flow: &str,
    id: uuid::Uuid,
    key: Option<&str>,
) -> Option<String> {
    let shows = exchange.generation.plan.status_route(flow, exchange.route()?)?;
    let id = id.to_string();
    let named = match &shows.target {
        // A caller whom nobody knows is shown nothing by a key that others may guess.
        Target::Status { by: StatusBy::BusinessKey, .. } if exchange.client.is_some() => key.unwrap_or(&id),
        _ => &id,
    };
    let (before, rest) = shows.path.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    Some(format!("{before}{}{after}", percent_encoding::utf8_percent_encode(named, &UNRESERVED)))
}

/// All but what a path segment may have as it is (RFC 3986 §2.3).
const UNRESERVED: percent_encoding::AsciiSet =
    percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In how many seconds it is worth asking again; `None` when it is over.
pub(super) fn again_in(status: Status) -> Option<u64> {
    match status {
        Status::Running | Status::Compensating => Some(2),
        // People have to act first.
        Status::Paused => Some(60),
        _ => None,
    }
}

/// What is kept cannot be read now.
pub(super) fn unread(error: StoreError) -> Problem {
    Problem::new(&STORE_UNAVAILABLE).retry_after(Some(2)).reason(error.to_string())
}

/// Now, as the store counts.
pub(super) fn millis(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.now().0 / 1_000_000).unwrap_or(i64::MAX)
}
