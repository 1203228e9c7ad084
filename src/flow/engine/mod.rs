//! Runs durable flows: each instance by one task, written down before the world can notice what it does, taken
//! up again after the process ended, and out of memory while it only waits.

mod begin;
mod care;
mod cases;
mod clerk;
mod deliver;
mod events;
mod held;
mod intake;
mod journal;
mod line;
mod load;
mod paused;
mod runner;
mod schedules;
mod sent;
#[cfg(test)]
mod tests;
mod told;
mod turn;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

pub use begin::{Begin, Begun, client};
pub use care::{Care, Tending};
pub use cases::{CODES, Outages, Sheet};
pub use deliver::{Page, Subscribed, Tail, Wanted};
pub use intake::Arrived;
pub use told::{Action, Done, Order, Refused};

use super::direct::{Caller, Observer};
use super::{Definition, FlowEnd, Schedule};
use crate::clock::Clock;
use crate::event::{EventType, EventTypes, Intake, Lane};
use crate::mapping::Tables;
use crate::store::{AuditRecord, Millis, Status, StoreError, Writer};
use crate::value::{Map, Value};
use paused::Paused;
use told::Told;

/// The world as it is now: systems and tables are never pinned to an instance.
pub trait Live: Send + Sync {
    /// Makes attempts.
    fn caller(&self) -> &dyn Caller;
    /// Code tables.
    fn tables(&self) -> &Tables;
    /// Is told of attempts.
    fn observer(&self) -> &dyn Observer;
    /// Who must act on a stop: a declared exception's sheet by its `code`, or else what is known of the flow
    /// and the system.
    fn sheet(&self, code: &str, flow: &str, system: Option<&str>) -> Sheet;
    /// An event's type: how long it is kept, and who is told of it.
    fn event(&self, name: &str) -> Option<Arc<EventType>>;
    /// Every event type.
    fn events(&self) -> EventTypes;
    /// Subscribers with cursors, besides flows.
    fn lanes(&self) -> Vec<Lane>;
    /// What a route publishes, by the route's name.
    fn intake(&self, route: &str) -> Option<Arc<Intake>> {
        let _ = route;
        None
    }
    /// A flow by its name, and how long its instances are kept once they are over.
    fn flow(&self, name: &str) -> Option<(Arc<Definition>, Duration)>;
    /// Flows that start by themselves, and when.
    fn schedules(&self) -> Vec<(Arc<Definition>, Schedule)>;
    /// How long an instance is kept once it is over, where its flow does not say.
    fn keep(&self) -> Duration {
        Duration::from_secs(30 * 86_400)
    }
    /// How many calls a system takes, and within how long, where it says.
    fn rate(&self, _system: &str) -> Option<(u32, Duration)> {
        None
    }
    /// The definition with this digest, if the project has it now.
    fn definition(&self, digest: &str) -> Option<Arc<Definition>>;
    /// The project's files: paths in the project and their bytes.
    fn files(&self) -> Arc<Vec<(Arc<str>, Arc<[u8]>)>>;
}

/// Where the engine finds the world.
pub trait World: Send + Sync {
    /// As it is now.
    fn live(&self) -> Arc<dyn Live>;
    /// Compiles a flow of an earlier project from its files. May take long.
    ///
    /// # Errors
    /// In words.
    fn compile(&self, files: Vec<(Arc<str>, Vec<u8>)>, flow: &str) -> Result<Arc<Definition>, String>;
}

/// Bounds on what the engine has in hand.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Instances in memory; beyond it new work is refused and waiting work waits.
    pub active: usize,
    /// Instances taken up at once after a start, so that new work is not held up by a backlog.
    pub backlog: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { active: 20_000, backlog: 256 }
    }
}

/// Runs every durable instance of a gateway.
pub struct Engine {
    pub(super) writer: Writer,
    pub(super) clock: Arc<dyn Clock>,
    world: OnceLock<Arc<dyn World>>,
    bounds: Bounds,
    active: Mutex<HashMap<Uuid, Active>>,
    /// Digests of definitions that the store has.
    kept: Mutex<HashSet<Arc<str>>>,
    /// Definitions of earlier projects, compiled once.
    earlier: Mutex<HashMap<Arc<str>, Arc<Definition>>>,
    next_case: AtomicU64,
    outages: Outages,
    paused: Paused,
    held: held::Held,
    /// One person at a time changes a case that no instance holds.
    tending: tokio::sync::Mutex<()>,
    runtime: OnceLock<tokio::runtime::Handle>,
    /// Wakes the clerk: an instance wants to be woken earlier than it thinks.
    nudge: tokio::sync::Notify,
    earliest: AtomicU64,
    /// The process ends: nothing new is sent.
    ending: AtomicBool,
    /// Attempts under way.
    attempts: AtomicU64,
    /// Wakes the herald: an event was recorded.
    recorded: tokio::sync::Notify,
    /// Tells subscribers.
    deliveries: deliver::Deliveries,
    /// Something came in from outside.
    arrived: tokio::sync::Notify,
    /// Wakes the schedules: the project has changed.
    changed: tokio::sync::Notify,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("active", &self.lock().len()).finish_non_exhaustive()
    }
}

/// An instance in memory.
#[derive(Debug)]
struct Active {
    mailbox: mpsc::UnboundedSender<Told>,
    standing: watch::Receiver<Standing>,
    /// Whether it was woken by the clerk, not by somebody who waits.
    backlog: bool,
}

/// Where an instance stands, as whoever waits for it sees it.
#[derive(Debug, Clone)]
pub struct Standing {
    pub seq: u64,
    pub status: Status,
    pub stage: Arc<str>,
    /// What was answered, or how it ended.
    pub answer: Option<Arc<FlowEnd>>,
}

impl Standing {
    /// Whether waiting longer brings no answer by itself.
    pub fn is_settled(&self) -> bool {
        self.answer.is_some() || self.status == Status::Paused || !self.status.is_open()
    }
}

impl Engine {
    /// An engine over a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(writer: Writer, clock: Arc<dyn Clock>, bounds: Bounds) -> Result<Arc<Engine>, StoreError> {
        let next_case = writer.store().next_case()?;
        let paused = Paused::read(&**writer.store())?;
        let outages = Outages::again(&**writer.store())?;
        let deliveries = deliver::Deliveries::read(&**writer.store())?;
        Ok(Arc::new(Engine {
            writer,
            clock,
            world: OnceLock::new(),
            bounds,
            active: Mutex::default(),
            kept: Mutex::default(),
            earlier: Mutex::default(),
            next_case: AtomicU64::new(next_case),
            outages,
            paused,
            held: held::Held::default(),
            tending: tokio::sync::Mutex::default(),
            runtime: OnceLock::new(),
            nudge: tokio::sync::Notify::new(),
            earliest: AtomicU64::new(u64::MAX),
            ending: AtomicBool::new(false),
            attempts: AtomicU64::new(0),
            recorded: tokio::sync::Notify::new(),
            deliveries,
            arrived: tokio::sync::Notify::new(),
            changed: tokio::sync::Notify::new(),
        }))
    }

    /// Says where the world is. Once.
    pub fn attach(&self, world: Arc<dyn World>) {
        let _ = self.world.set(world);
    }

    /// Runs instances on this runtime; without it, on the one that asks.
    pub fn runs_on(&self, runtime: tokio::runtime::Handle) {
        let _ = self.runtime.set(runtime);
    }

    /// The project has changed: other schedules may hold, and others be told.
    pub fn project_changed(&self) {
        self.redeclared();
        self.changed.notify_one();
    }

    /// Sends nothing new, and waits until what was sent is answered and written down, no longer than `limit`:
    /// what is cut off then is looked for at the next start.
    pub async fn drain(&self, limit: Duration) {
        self.ending.store(true, Ordering::Relaxed);
        let until = self.clock.monotonic().saturating_add(limit);
        while (self.attempts.load(Ordering::Relaxed) > 0 || self.writer.depth() > 0)
            && self.clock.monotonic() < until
        {
            self.clock.sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// The store, for what only reads.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Instances in memory.
    pub fn active(&self) -> usize {
        self.lock().len()
    }

    /// Follows an instance that is in memory.
    pub fn watch(&self, id: Uuid) -> Option<watch::Receiver<Standing>> {
        self.lock().get(&id).map(|active| active.standing.clone())
    }

    pub(super) fn live(&self) -> Arc<dyn Live> {
        self.world.get().expect("an engine is attached to its world before it works").live()
    }

    fn world(&self) -> &Arc<dyn World> {
        self.world.get().expect("an engine is attached to its world before it works")
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        match self.runtime.get() {
            Some(runtime) => drop(runtime.spawn(work)),
            None => drop(tokio::spawn(work)),
        }
    }

    /// Milliseconds since the epoch.
    pub(super) fn now(&self) -> Millis {
        millis(self.at())
    }

    /// The wall clock as the machine's time: durable waits outlive the process, and the monotonic clock does not.
    pub(super) fn at(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.clock.now().0).unwrap_or(0))
    }

    fn case_number(&self) -> u64 {
        self.next_case.fetch_add(1, Ordering::Relaxed)
    }
}

/// A time of the machine as the store writes it.
pub(super) fn millis(at: Duration) -> Millis {
    Millis::try_from(at.as_millis()).unwrap_or(Millis::MAX)
}

/// A record of something that somebody did.
pub(super) fn audit_of(
    at: Millis,
    who: &Arc<str>,
    account: &Arc<str>,
    about: &str,
    body: Map,
) -> AuditRecord {
    AuditRecord {
        at,
        kind: "action".into(),
        who: Arc::clone(who),
        account: Arc::clone(account),
        about: about.into(),
        body: crate::codec::json::encode(&Value::object(body)).into(),
    }
}
