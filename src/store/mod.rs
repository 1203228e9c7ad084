//! What outlives the process: instances of flows, their journal, events, cases and the audit trail.
//!
//! [`Store`] is the seam: it takes [`Transition`]s, each all or nothing, many in one commit. What is
//! inside a state, a payload or a record is bytes to it; what can be asked for stands in fields. Times
//! are milliseconds since the Unix epoch, on the wall clock. Whatever belongs to an account names it,
//! and keys are unique within it.

mod audit;
mod case;
mod chain;
#[cfg(test)]
mod conformance;
mod cursor;
mod event;
mod instance;
mod memory;
mod numbers;
mod sealed;
mod sqlite;
mod transition;
mod writer;

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

pub use audit::{AuditRecord, Link};
pub use case::{Case, CaseFilter, CaseState};
pub use chain::{AuditBreak, verify};
pub use cursor::{Backlog, Cursor, Entity};
pub use event::{Event, EventFilter, Matched, Reached, Subscription};
pub use instance::{Entry, Found, Instance, InstanceFilter, Status};
pub use memory::Memory;
pub use numbers::{Numbers, Verified};
pub use sealed::{KEY_LEN, Sealed, SealingKeys};
pub use sqlite::{FILE, Options, Sqlite};
pub use transition::{Change, Claim, ClaimKind, Committed, Definition, Held, Transition};
pub use writer::{Pending, Writer};

/// Milliseconds since the Unix epoch, on the wall clock.
pub type Millis = i64;

/// Why the store did not do something. What it was asked is then not done, in no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// No room: the disk is full, or less is free than must be. Nothing is lost; asking again later is right.
    Full(String),
    /// The disk or the database failed: in words.
    Failed(String),
    /// Another process has it.
    Locked(String),
    /// It was written by a newer version of the program.
    Newer { found: u32, known: u32 },
    /// Something in it cannot be what was written.
    Corrupt(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Full(why) => write!(f, "the store has no room: {why}"),
            StoreError::Failed(why) => write!(f, "the store failed: {why}"),
            StoreError::Locked(why) => write!(f, "the store is in use: {why}"),
            StoreError::Newer { found, known } => write!(
                f,
                "the store was written by a newer version (its form is {found}, this one knows up to {known})"
            ),
            StoreError::Corrupt(what) => write!(f, "the store is damaged: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Room and size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes on disk, everything included; 0 in memory.
    pub used: u64,
    /// Bytes free beside it; `u64::MAX` in memory.
    pub free: u64,
    /// Instances that are not over.
    pub open: u64,
}

/// Keeps what must not be lost. Every method may block; none is called on a thread that serves.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Makes transitions durable in their order, in one commit: when it returns they are on disk. Each is
    /// carried out whole or, when what it relies on does not hold, not at all (which says [`Committed`]).
    ///
    /// # Errors
    /// Then none of them is carried out.
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError>;

    /// One instance.
    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError>;

    /// Instances in the order of their ids (oldest first), those after `after`, at most `limit`.
    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError>;

    /// `(wake_at, id)` of open instances that want to be woken by `until`, earliest first, at most `limit`.
    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError>;

    /// When the next open instance after `after` wants to be woken.
    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError>;

    /// What an instance did, in order, entries after `after`, at most `limit`.
    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Instances that something refers to by this text: an id, a correlation id, a business key, or any
    /// reference that was noted; newest first, at most `limit`. `account`: only of that account.
    fn find(&self, reference: &str, account: Option<&str>, limit: usize) -> Result<Vec<Found>, StoreError>;

    /// Who holds a claim that has not expired by `now`.
    fn claim(
        &self,
        account: &str,
        kind: ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<Held>, StoreError>;

    /// Events, oldest first, at most `limit`.
    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError>;

    /// Events that subscriptions of this instance have been given and that it has not taken yet, oldest
    /// first: what a restart must tell it again.
    fn given(&self, instance: Uuid) -> Result<Vec<Matched>, StoreError>;

    /// Open instances that have been given events which they have not taken yet, at most `limit`: whoever was
    /// to tell them may be gone.
    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError>;

    /// Cases, newest first, at most `limit`.
    fn cases(&self, filter: &CaseFilter, limit: usize) -> Result<Vec<Case>, StoreError>;

    /// One case.
    fn case(&self, number: u64) -> Result<Option<Case>, StoreError>;

    /// The number that the next case gets, if no other is opened before.
    fn next_case(&self) -> Result<u64, StoreError>;

    /// How far somebody has come; 0 when nothing was noted.
    fn mark(&self, name: &str) -> Result<u64, StoreError>;

    /// How far each subscriber has come, by name.
    fn cursors(&self) -> Result<Vec<Cursor>, StoreError>;

    /// The number of the last event that was ever recorded; 0: there was none.
    fn last_event(&self) -> Result<u64, StoreError>;

    /// The number of the first event that was recorded at a time or after it, if there is one.
    fn first_event_since(&self, at: Millis) -> Result<Option<u64>, StoreError>;

    /// Events of a name from number `next` on; `account`: only of that account.
    fn backlog(&self, name: &str, account: Option<&str>, next: u64) -> Result<Backlog, StoreError>;

    /// What is known of one thing.
    fn entity(&self, account: &str, entity: &str, key: &str) -> Result<Option<Entity>, StoreError>;

    /// What a definition was compiled from.
    fn definition(&self, digest: &str) -> Result<Option<Definition>, StoreError>;

    /// Digests of every definition that an open instance needs, sorted, and how many need it.
    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError>;

    /// The bytes of a blob.
    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Links of the audit trail in order, those after `after` (0: from the first), at most `limit`.
    fn audit(&self, after: u64, limit: usize) -> Result<Vec<Link>, StoreError>;

    /// Forgets what nobody needs any more by `now`: instances that ended, with their closed cases (each
    /// keeps its own `keep_until`; paused ones are never forgotten, nor those with an open case), expired
    /// claims and events that no instance is still to be told, entity records, blobs and definitions that nothing refers to (the
    /// newest of each flow stays, and the newest [`GENERATIONS`] of no flow); gives the space back bit by bit. At most `limit` instances. Gives how
    /// many went.
    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError>;

    /// Takes the payloads of an instance that is over away for good: what its journal says beyond kinds, places and
    /// times, what it answered, what its cases and the events that it emitted say, the blobs that it alone brought (with the next
    /// [`Store::forget`]). That it was there, and the audit trail, stay. `left`: what entries of its journal say from now on, by
    /// number; any other says [`ERASED`]. `false`: it is not over, or not there.
    fn erase(&self, _id: Uuid, _left: &[(u64, Arc<[u8]>)]) -> Result<bool, StoreError> {
        Err(not_offered())
    }

    /// Takes away what the events of an account say, and its entity records. Events stay in the log, and say nothing any
    /// more. Gives how many said something.
    fn erase_events(&self, _account: &str) -> Result<usize, StoreError> {
        Err(not_offered())
    }

    /// Forgets closed cases of no instance that were closed before `closed`, at most `limit`. Gives how many went.
    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError>;

    /// How big it is and how much room there is.
    fn room(&self) -> Result<Room, StoreError>;

    /// Counts what is in it. It reads much of the store: for people who ask, not for every second.
    ///
    /// # Errors
    /// As every read; [`StoreError::Failed`] where a store does not count.
    fn numbers(&self) -> Result<Numbers, StoreError> {
        Err(not_offered())
    }

    /// Copies it, as it is at one moment, into a directory that is empty or not there yet, while work goes on.
    ///
    /// # Errors
    /// There is a store already, or the disk fails; [`StoreError::Failed`] where a store has its own way.
    fn backup(&self, _to: &Path) -> Result<(), StoreError> {
        Err(not_offered())
    }

    /// Looks at everything in it. It reads the whole store.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first thing that is wrong.
    fn verify(&self) -> Result<Verified, StoreError> {
        Err(not_offered())
    }

    /// Looks at every link of the audit trail, and gives how many there are.
    ///
    /// # Errors
    /// The first link that does not hold, is missing or was moved.
    fn verify_audit(&self) -> Result<u64, AuditBreak> {
        chain::verify(self)
    }
}

/// Definitions of no flow, whole projects that is, which are kept to go back to.
pub const GENERATIONS: usize = 100;

/// What stands in the place of a payload that was erased.
pub const ERASED: &[u8] = br#"{"erased":true}"#;

/// What a store says that has its own way, or none.
fn not_offered() -> StoreError {
    StoreError::Failed("it does not offer this".to_owned())
}
