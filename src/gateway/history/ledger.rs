//! How generations stand in the store: an event each, and their sources.

use std::sync::Arc;

use super::super::Gateway;
use crate::codec::json;
use crate::flow::machine::digest as sha256;
use crate::plan::Plan;
use crate::store::{AuditRecord, Definition, Event, EventFilter, Millis, Store, StoreError, Transition};
use crate::value::{Map, Value};

/// Events by which generations are listed; no project can declare it.
const NAME: &str = "crossdock.generation";
/// How long a line of the history is kept.
const KEEP: Millis = 400 * 86_400_000;
/// Lines that are read at a time.
const PAGE: usize = 500;
/// A project's files: paths and bytes.
pub type Files = Vec<(Arc<str>, Vec<u8>)>;

/// A generation that served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The project's digest.
    pub digest: Arc<str>,
    /// When it began to serve.
    pub at: Millis,
    pub who: Arc<str>,
    pub why: Arc<str>,
    /// It was gone back to: the digest of the project's files that were set aside for it.
    pub instead_of: Option<Arc<str>>,
}

/// Every generation that served, the last one last.
///
/// # Errors
/// The store cannot be read.
pub fn list(store: &dyn Store) -> Result<Vec<Past>, StoreError> {
    let mut filter = EventFilter { name: Some(NAME.into()), ..EventFilter::default() };
    let mut all = Vec::new();
    loop {
        let page = store.events(&filter, PAGE)?;
        filter.after = page.last().map_or(filter.after, |event| event.number);
        all.extend(page.iter().map(past));
        if page.len() < PAGE {
            return Ok(all);
        }
    }
}

fn past(event: &Event) -> Past {
    let body = json::decode(&event.body, &json::Limits::default()).unwrap_or_default();
    let text = |name| body.get(name).and_then(Value::as_str);
    Past {
        digest: Arc::clone(&event.key),
        at: event.occurred_at,
        who: text("who").unwrap_or_default().into(),
        why: text("why").unwrap_or_default().into(),
        instead_of: text("instead_of").map(Arc::from),
    }
}

/// The files of a generation, while they are kept.
pub(super) fn files(store: &dyn Store, digest: &str) -> Result<Option<Files>, StoreError> {
    let Some(definition) = store.definition(digest)? else { return Ok(None) };
    let lost = |path: &str| StoreError::Corrupt(format!("`{path}` of generation `{digest}` is not there"));
    let file = |(path, blob): &(Arc<str>, Arc<str>)| {
        Ok((Arc::clone(path), store.blob(blob)?.ok_or_else(|| lost(path))?))
    };
    definition.files.iter().map(file).collect::<Result<Files, StoreError>>().map(Some)
}

/// A generation as it is kept.
pub(super) fn kept(
    gateway: &Gateway,
    plan: &Plan,
    (who, why): (&str, &str),
    instead_of: Option<Arc<str>>,
) -> Transition {
    let at = Millis::try_from(gateway.clock.now().0 / 1_000_000).unwrap_or(Millis::MAX);
    let named: Vec<_> = plan
        .files
        .iter()
        .map(|(path, bytes)| (Arc::clone(path), Arc::<str>::from(sha256(bytes)), Arc::clone(bytes)))
        .collect();
    let mut body = Map::new();
    body.insert("who", Value::from(who));
    body.insert("why", Value::from(why));
    if let Some(folder) = instead_of {
        body.insert("instead_of", Value::String(folder));
    }
    let body: Arc<[u8]> = json::encode(&Value::object(body)).into();
    let event = Event {
        number: 0,
        account: "".into(),
        source: "gateway".into(),
        id: gateway.clock.id().to_string().into(),
        name: NAME.into(),
        key: Arc::clone(&plan.digest),
        occurred_at: at,
        recorded_at: at,
        buffered_until: at,
        keep_until: at + KEEP,
        correlation_id: "".into(),
        instance: None,
        correlates: Vec::new(),
        body: Arc::clone(&body),
    };
    let record = AuditRecord {
        at,
        kind: "generation".into(),
        who: who.into(),
        account: "".into(),
        about: Arc::clone(&plan.digest),
        body,
    };
    let files = named.iter().map(|(path, digest, _)| (Arc::clone(path), Arc::clone(digest))).collect();
    Transition {
        at,
        definitions: vec![Definition { digest: Arc::clone(&plan.digest), flow: "".into(), files }],
        blobs: named.into_iter().map(|(_, digest, bytes)| (digest, bytes)).collect(),
        events: vec![event],
        audit: vec![record],
        ..Transition::default()
    }
}
