//! The store in one SQLite file: durable before it answers, locked to one process.

mod backup;
mod bytes;
mod checkpoint;
mod claims;
mod commit;
mod cursors;
#[cfg(debug_assertions)]
mod disk;
mod erase;
mod error;
mod events;
mod forget;
mod lock;
mod migrate;
mod notes;
mod open;
mod read;
mod recent;
mod rows;
mod select;
mod status;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use uuid::Uuid;

use self::checkpoint::Checkpoints;
use self::commit::Written;
use self::lock::Lock;
use self::recent::Recent;
use super::{
    AuditBreak, Backlog, Case, CaseFilter, ClaimKind, Committed, Cursor, Definition, Entity, Entry, Event,
    EventFilter, Found, Held, Instance, InstanceFilter, Link, Matched, Millis, Numbers, Room, Store,
    StoreError, Transition, Verified,
};

/// The database's file in the store's directory.
pub const FILE: &str = "store.db";

/// Connections for reading that are kept open when nobody reads: to open one costs more than a read.
const READERS: usize = 16;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes that must be free on the disk for new work: below it, transitions that begin an instance are
    /// refused with [`StoreError::Full`]; those that go on, and may record what was done, are not.
    pub reserve: u64,
}

impl Default for Options {
    /// 64 MiB.
    fn default() -> Options {
        Options { reserve: 64 << 20 }
    }
}

/// A store in a directory. One connection writes; reads have their own and see what is committed.
///
/// An error of the disk while a commit is being written means that nothing is done, as ever. Only when the
/// process dies right after it, before anything else is committed, may the disk have kept what was
/// refused: whoever asks again must do so with the same ids and claims.
#[derive(Debug)]
pub struct Sqlite {
    dir: PathBuf,
    options: Options,
    writer: Mutex<Written>,
    readers: Mutex<Vec<Connection>>,
    recent: Arc<Recent>,
    _lock: Lock,
}

impl Sqlite {
    /// Opens the store in a directory, which is made if it is not there, and brings its form up to date.
    ///
    /// # Errors
    /// [`StoreError::Locked`]: a process has it. [`StoreError::Newer`]: a newer version wrote it.
    /// [`StoreError::Corrupt`]: it is no store. [`StoreError::Failed`]: the disk.
    pub fn open(dir: &Path, options: Options) -> Result<Sqlite, StoreError> {
        open::folder(dir)?;
        let lock = Lock::take(dir)?;
        open::private(&dir.join(FILE))?;
        let connection = open::writer(&dir.join(FILE))?;
        let written = Written::begin(connection, Checkpoints::start(&dir.join(FILE))?)?;
        let recent = written.recent.clone();
        let (writer, readers) = (Mutex::new(written), Mutex::default());
        Ok(Sqlite { dir: dir.to_owned(), options, writer, readers, recent, _lock: lock })
    }

    /// What a panic broke off was rolled back with its transaction.
    fn writer(&self) -> MutexGuard<'_, Written> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads over a connection of its own.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let kept = self.readers().pop();
        let connection = kept.map_or_else(|| open::reader(&self.dir.join(FILE)), Ok)?;
        let done = read(&connection);
        let mut readers = self.readers();
        if readers.len() < READERS {
            readers.push(connection);
        }
        Ok(done?)
    }

    /// Whether there is room for new work.
    fn has_room(&self) -> Result<(), StoreError> {
        let free = status::free(&self.dir)?;
        if free >= self.options.reserve {
            return Ok(());
        }
        let reserve = self.options.reserve;
        Err(StoreError::Full(format!("{free} bytes are free on its disk, {reserve} must be for new work")))
    }
}

impl Store for Sqlite {
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        if transitions.iter().any(Transition::begins) {
            self.has_room()?;
        }
        let mut writer = self.writer();
        #[cfg(debug_assertions)]
        disk::as_told(&writer.connection)?;
        writer.commit(transitions)
    }

    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError> {
        self.read(|db| read::instance(db, id))
    }

    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError> {
        self.read(|db| select::instances(db, filter, after, limit))
    }

    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError> {
        self.read(|db| read::due(db, until, limit))
    }

    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        self.read(|db| read::next_due(db, after))
    }

    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(|db| read::journal(db, id, after, limit))
    }

    fn find(&self, reference: &str, account: Option<&str>, limit: usize) -> Result<Vec<Found>, StoreError> {
        self.read(|db| read::find(db, reference, account, limit))
    }

    fn claim(
        &self,
        account: &str,
        kind: ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<Held>, StoreError> {
        self.read(|db| claims::claim(db, &self.recent, account, kind, scope, key, now))
    }

    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.read(|db| select::events(db, filter, limit))
    }

    fn given(&self, instance: Uuid) -> Result<Vec<Matched>, StoreError> {
        self.read(|db| read::given(db, instance))
    }

    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        self.read(|db| read::untold(db, limit))
    }

    fn cases(&self, filter: &CaseFilter, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.read(|db| select::cases(db, filter, limit))
    }

    fn case(&self, number: u64) -> Result<Option<Case>, StoreError> {
        self.read(|db| read::case(db, number))
    }

    fn next_case(&self) -> Result<u64, StoreError> {
        self.read(read::next_case)
    }

    fn mark(&self, name: &str) -> Result<u64, StoreError> {
        self.read(|db| read::mark(db, name))
    }

    fn cursors(&self) -> Result<Vec<Cursor>, StoreError> {
        self.read(cursors::cursors)
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.read(cursors::last_event)
    }

    fn first_event_since(&self, at: Millis) -> Result<Option<u64>, StoreError> {
        self.read(|db| cursors::first_event_since(db, at))
    }

    fn backlog(&self, name: &str, account: Option<&str>, next: u64) -> Result<Backlog, StoreError> {
        self.read(|db| cursors::backlog(db, name, account, next))
    }

    fn entity(&self, account: &str, entity: &str, key: &str) -> Result<Option<Entity>, StoreError> {
        self.read(|db| cursors::entity(db, account, entity, key))
    }

    fn definition(&self, digest: &str) -> Result<Option<Definition>, StoreError> {
        self.read(|db| read::definition(db, digest))
    }

    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.read(read::needed)
    }

    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| read::blob(db, digest))
    }

    fn audit(&self, after: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.read(|db| read::audit(db, after, limit))
    }

    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        self.writer().forget(now, limit)
    }

    fn erase(&self, id: Uuid, left: &[(u64, Arc<[u8]>)]) -> Result<bool, StoreError> {
        self.writer().erase(id, left)
    }

    fn erase_events(&self, account: &str) -> Result<usize, StoreError> {
        self.writer().erase_events(account)
    }

    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError> {
        Ok(self.writer().forget_cases(closed, limit)?)
    }

    fn room(&self) -> Result<Room, StoreError> {
        let open = self.read(read::open)?;
        Ok(Room { used: status::used(&self.dir)?, free: status::free(&self.dir)?, open })
    }

    fn numbers(&self) -> Result<Numbers, StoreError> {
        Sqlite::numbers(self)
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        Sqlite::backup(self, to)
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        Sqlite::verify(self)
    }

    fn verify_audit(&self) -> Result<u64, AuditBreak> {
        self.trail()
    }
}
