//! Generations that served: each is kept with its sources, so that one can be gone back to, and so that a start
//! on a broken project finds the last good one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::reload::Read;
use super::{Fresh, Gateway};
use crate::codec::json;
use crate::flow::machine::digest as sha256;
use crate::plan::Plan;
use crate::store::{
    AuditRecord, Definition, Event, EventFilter, Millis, Store, StoreError, Transition, Writer,
};
use crate::value::{Map, Value};

/// Events by which generations are listed; no project can declare it.
const NAME: &str = "crossdock.generation";
/// How long a line of the history is kept.
const KEEP: Millis = 400 * 86_400_000;
/// Lines that are read at a time.
const PAGE: usize = 500;
/// The code of the case that a start on a broken project opens.
const BROKEN: &str = "broken_project";

/// A project's files: paths and bytes.
pub type Files = Vec<(Arc<str>, Vec<u8>)>;

/// Makes a generation of kept files; the digest is the one that it had.
pub type Again = Arc<dyn Fn(Files, Arc<str>) -> Read + Send + Sync>;

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

/// What a gateway keeps of its generations.
pub struct History {
    writer: Writer,
    again: Again,
    now: Mutex<Now>,
}

/// How what serves came about.
#[derive(Debug, Default, Clone)]
struct Now {
    /// The digest of the project's files as they were read last.
    folder: Arc<str>,
    /// A kept generation serves instead of the files.
    instead: bool,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

/// What a gateway starts with.
pub struct Begun {
    pub fresh: Fresh,
    /// A kept generation, instead of the project's files.
    pub kept: Option<Past>,
}

/// Chooses what to start with: the project's files, unless somebody has gone back behind exactly these, or they
/// are broken and there is a last good generation. `asked` is what reading them gave.
///
/// # Errors
/// Why nothing can serve.
pub fn start(
    store: &dyn Store,
    asked: Result<Fresh, Vec<String>>,
    folder: &str,
    again: &Again,
) -> Result<Begun, Vec<String>> {
    let last = list(store).map_err(|error| vec![error.to_string()])?.pop();
    let gone_back = last.as_ref().is_some_and(|past| past.instead_of.as_deref() == Some(folder));
    let (asked, reasons) = match asked {
        Ok(fresh) if !gone_back => return Ok(Begun { fresh, kept: None }),
        Ok(fresh) => (Some(fresh), Vec::new()),
        Err(reasons) => (None, reasons),
    };
    let kept = last.and_then(|past| {
        let files = files(store, &past.digest).ok().flatten()?;
        let fresh = again(files, Arc::clone(&past.digest)).fresh.ok()?;
        Some(Begun { fresh, kept: Some(past) })
    });
    match (kept, asked) {
        (Some(begun), _) => Ok(begun),
        (None, Some(fresh)) => Ok(Begun { fresh, kept: None }),
        (None, None) => Err(reasons),
    }
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
fn files(store: &dyn Store, digest: &str) -> Result<Option<Files>, StoreError> {
    let Some(definition) = store.definition(digest)? else { return Ok(None) };
    let lost = |path: &str| StoreError::Corrupt(format!("`{path}` of generation `{digest}` is not there"));
    let file = |(path, blob): &(Arc<str>, Arc<str>)| {
        Ok((Arc::clone(path), store.blob(blob)?.ok_or_else(|| lost(path))?))
    };
    definition.files.iter().map(file).collect::<Result<Files, StoreError>>().map(Some)
}

impl History {
    /// The history in a store. `folder` is the digest of the project's files.
    pub fn new(writer: Writer, again: Again, folder: &str, instead: bool) -> History {
        History { writer, again, now: Mutex::new(Now { folder: folder.into(), instead }) }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a kept generation serves, and the project's files, which have this digest, were set aside for it.
    pub fn sets_aside(&self, folder: &str) -> bool {
        let now = self.now();
        now.instead && *now.folder == *folder
    }

    /// Whether a kept generation serves instead of the project's files.
    pub fn is_instead(&self) -> bool {
        self.now().instead
    }

    /// The gateway has started: what serves is recorded, and a broken project gets a case.
    pub async fn started(&self, gateway: &Gateway, kept: Option<&Past>, broken: bool) {
        let generation = gateway.generation();
        match kept {
            None => {
                gateway.engine().clear_case(BROKEN).await;
                self.record(gateway, &generation.plan, ("gateway", "started"), None).await;
            }
            Some(past) if broken => {
                let short: String = past.digest.chars().take(12).collect();
                tracing::error!(target: "crossdock::serve", digest = &*past.digest,
                    "the project has errors; the last good generation, kept in the store, serves instead");
                let detail = format!(
                    "the project has errors, so generation {short} serves, which was kept: correct the files and reload"
                );
                gateway.engine().open_case(BROKEN, "the project has errors", &detail).await;
            }
            Some(past) => {
                tracing::warn!(target: "crossdock::serve", digest = &*past.digest, who = &*past.who,
                    "a generation that was gone back to serves, instead of the project's files; a change of them ends that");
            }
        }
    }

    /// The project's files, which have this digest, were read again; `applied`: they serve.
    pub async fn reloaded(&self, gateway: &Gateway, folder: &Arc<str>, applied: bool, who: &str, why: &str) {
        {
            let mut now = self.now();
            now.folder = Arc::clone(folder);
            now.instead &= !applied;
        }
        if applied {
            gateway.engine().clear_case(BROKEN).await;
            let generation = gateway.generation();
            self.record(gateway, &generation.plan, (who, why), None).await;
        }
    }

    /// Reads a kept generation, for going back to it. May take long.
    ///
    /// # Errors
    /// In words, when it is not kept.
    pub async fn read(&self, digest: &str) -> Result<Read, String> {
        let wanted: Arc<str> = self.whole(digest).await?;
        let name = Arc::clone(&wanted);
        let files =
            self.writer.read(move |store| files(store, &name)).await.map_err(|error| error.to_string())?;
        let files =
            files.ok_or_else(|| format!("the files of generation `{wanted}` are not kept any more"))?;
        let again = Arc::clone(&self.again);
        let read = tokio::task::spawn_blocking(move || again(files, wanted)).await;
        read.map_err(|_| "reading it broke off".to_owned())
    }

    /// The digest that begins so.
    async fn whole(&self, digest: &str) -> Result<Arc<str>, String> {
        let all = self.list().await.map_err(|error| error.to_string())?;
        let mut found: Vec<Arc<str>> =
            all.into_iter().map(|past| past.digest).filter(|own| own.starts_with(digest)).collect();
        found.sort_unstable();
        found.dedup();
        match &*found {
            [] => Err(format!("no generation `{digest}` has served; `crossdock config history` lists them")),
            [one] => Ok(Arc::clone(one)),
            _ => Err(format!("several generations begin with `{digest}`: write more of it")),
        }
    }

    /// It was gone back to what serves now.
    pub async fn went_back(&self, gateway: &Gateway, who: &str, why: &str) {
        let folder = {
            let mut now = self.now();
            now.instead = true;
            Arc::clone(&now.folder)
        };
        let generation = gateway.generation();
        self.record(gateway, &generation.plan, (who, why), Some(folder)).await;
    }

    /// Every generation that served, the last one last.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(&self) -> Result<Vec<Past>, StoreError> {
        self.writer.read(list).await
    }

    /// Keeps a generation, and says in the audit trail that it serves. One that served last already is not said
    /// again.
    async fn record(&self, gateway: &Gateway, plan: &Plan, told: (&str, &str), instead_of: Option<Arc<str>>) {
        let last = self.list().await.ok().and_then(|mut all| all.pop());
        if last.is_some_and(|past| past.digest == plan.digest && past.instead_of == instead_of) {
            return;
        }
        let transition = kept(gateway, plan, told, instead_of);
        if let Err(error) = self.writer.commit(transition).await {
            tracing::error!(target: "crossdock::store", %error, digest = &*plan.digest, "a generation was not kept");
        }
    }
}

/// A generation as it is kept.
fn kept(
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
