//! What is committed together.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    AuditRecord, Case, Cursor, Entity, Entry, Event, Instance, Matched, Millis, Reached, Status, Subscription,
};

/// One step forward: all of it, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Millis,
    /// Whether it is new work although no instance begins: refused first when room is short.
    pub is_new: bool,
    /// What becomes of an instance. `None`: of none; then claims, entries, references, opens, closes and
    /// takes belong to nobody and are not looked at.
    pub change: Option<Change>,
    /// Names that must be free (or expired) or its own already; with a new instance, or for [`Transition::holder`].
    pub claims: Vec<Claim>,
    /// Where nothing changes: the instance that holds the claims from now on. They are keys of requests that joined it.
    pub holder: Option<Uuid>,
    /// With a new instance: where another one holds its business key, it stands in line for it, if fewer than so
    /// many do already; when it comes to hold the key, it wants to be woken. `None`: it is refused.
    pub line: Option<u32>,
    /// For the journal of the instance that changes.
    pub entries: Vec<Entry>,
    /// References by which the instance can be found: `(name, value)`. One that is known is no error.
    pub references: Vec<(Arc<str>, Arc<str>)>,
    /// Subscriptions that the instance opens, before the events of this transition happen. What is buffered for them is in [`Committed::Done`].
    pub opens: Vec<Subscription>,
    /// Subscriptions that it closes, by their ids; what was given to them and not taken is let go.
    pub closes: Vec<u32>,
    /// Events that it takes: `(subscription, the event's number)`. A subscription is given each event once.
    pub takes: Vec<(u32, u64)>,
    /// Events that happen.
    pub events: Vec<Event>,
    /// Cases as they are from now on.
    pub cases: Vec<Case>,
    pub audit: Vec<AuditRecord>,
    /// Bytes by their SHA-256 (hex): one that is known is no error. They are kept as long as the instance
    /// that changes, or any other that brought the same ones, or a definition that names them.
    pub blobs: Vec<(Arc<str>, Arc<[u8]>)>,
    /// How far readers of the event log, schedules and the like have come, by their names.
    pub marks: Vec<(Arc<str>, u64)>,
    /// How far subscribers have come, whole.
    pub cursors: Vec<Cursor>,
    /// Entity records as they are from now on.
    pub entities: Vec<Entity>,
    /// Definitions that instances will need; one that is known is no error.
    pub definitions: Vec<Definition>,
}

impl Transition {
    /// Whether it begins an instance: new work, which is refused first when room is short.
    pub fn begins(&self) -> bool {
        self.is_new || matches!(self.change, Some(Change::Begin(_)))
    }

    /// About how many bytes it brings.
    pub(super) fn weight(&self) -> usize {
        let state = match &self.change {
            Some(Change::Begin(instance)) => instance.state.len(),
            Some(Change::Continue { state, answer, .. }) => {
                state.len() + answer.as_ref().map_or(0, |bytes| bytes.len())
            }
            None => 0,
        };
        let bodies = self.entries.iter().map(|entry| &entry.body);
        let bodies = bodies.chain(self.events.iter().map(|event| &event.body));
        let bodies = bodies.chain(self.cases.iter().map(|case| &case.body));
        let bodies = bodies.chain(self.audit.iter().map(|record| &record.body));
        let bodies = bodies.chain(self.entities.iter().map(|entity| &entity.body));
        let bodies = bodies.chain(self.blobs.iter().map(|(_, bytes)| bytes));
        state + bodies.map(|body| body.len()).sum::<usize>()
    }
}

/// What becomes of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It begins.
    Begin(Box<Instance>),
    /// It goes on, if it has made `seq` transitions so far.
    Continue {
        id: Uuid,
        seq: u64,
        status: Status,
        stage: Arc<str>,
        wake_at: Option<Millis>,
        /// Empty once it is over.
        state: Arc<[u8]>,
        /// `None`: what was said before stays.
        answer: Option<Arc<[u8]>>,
        /// Once it is over.
        keep_until: Option<Millis>,
    },
}

impl Change {
    /// Whether the instance is over with it.
    pub(super) fn ends(&self) -> bool {
        match self {
            Change::Begin(instance) => !instance.status.is_open(),
            Change::Continue { status, .. } => !status.is_open(),
        }
    }

    /// The instance that changes.
    pub fn id(&self) -> Uuid {
        match self {
            Change::Begin(instance) => instance.id,
            Change::Continue { id, .. } => *id,
        }
    }
}

/// A name that one instance holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub kind: ClaimKind,
    pub account: Arc<str>,
    /// The route, for a key of a request; the flow, for a business key.
    pub scope: Arc<str>,
    pub key: Arc<str>,
    /// SHA-256, hex, of what was asked for; empty for a business key.
    pub fingerprint: Arc<str>,
    /// A key of a request is free again after it; a business key (`None`) when its instance is over.
    pub expires: Option<Millis>,
}

impl Claim {
    /// Whether only one of the two can stand.
    pub(super) fn is_named_as(&self, other: &Claim) -> bool {
        let name =
            |claim: &Claim| (claim.kind, claim.account.clone(), claim.scope.clone(), claim.key.clone());
        name(self) == name(other)
    }

    /// Whether it has not expired by `now`.
    pub(super) fn holds(&self, now: Millis) -> bool {
        self.expires.is_none_or(|expires| expires >= now)
    }
}

/// What kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClaimKind {
    /// `Idempotency-Key` of a request.
    Request,
    /// The business key of a flow.
    Business,
}

/// A claim and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub claim: Claim,
    pub instance: Uuid,
}

/// What a definition was compiled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub digest: Arc<str>,
    pub flow: Arc<str>,
    /// The project's files: `(path in the project, digest of the blob with its bytes)`.
    pub files: Vec<(Arc<str>, Arc<str>)>,
}

/// What became of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is on disk.
    Done {
        /// Buffered events for subscriptions that it opened, oldest first.
        matched: Vec<Matched>,
        /// Open subscriptions, of any instance, that its events reached.
        reached: Vec<Reached>,
    },
    /// The instance made other transitions meanwhile, is over, or begins a second time: nothing was done.
    Stale,
    /// A name is held by another instance: nothing was done.
    Taken(Held),
}
