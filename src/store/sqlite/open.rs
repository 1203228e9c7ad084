//! Opens the database: the connection that writes, and those that read.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{error, migrate};
use crate::store::StoreError;

/// How long a connection waits for another: only a checkpoint can be in its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Statements that stay prepared on a connection.
const STATEMENTS: usize = 128;

/// Makes the store's folder, which nobody else may look into: payloads lie in it.
pub(super) fn folder(dir: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| error::of_file(dir, &error))
}

/// Makes the database's file, if it is not there, for its owner alone; the files beside it get the same rights.
pub(super) fn private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|error| error::of_file(path, &error))
}

/// Opens for writing, and brings the form up to date. Each connection is used by one thread at a time.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    tune(&connection, 16)?;
    // Looked at before anything is written: a newer store stays as it is.
    migrate::known(&connection, migrate::ALL)?;
    // Before the first table, or it has no effect.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints have a thread of their own. At 64 MiB whoever commits carries the rest over itself, so that the
    // log begins anew; one that grew while somebody read is cut back.
    connection.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    connection.pragma_update(None, "journal_size_limit", 96 << 20)?;
    // What is written over or forgotten leaves nothing behind on its page.
    connection.pragma_update(None, "secure_delete", true)?;
    migrate::forward(&mut connection, migrate::ALL)?;
    Ok(connection)
}

/// Opens for carrying the log over into a database that [`writer`] has opened.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    tune(&connection, 1)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Opens for reading.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    tune(&connection, 1)?;
    Ok(connection)
}

fn tune(connection: &Connection, cache_mib: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB.
    connection.pragma_update(None, "cache_size", -1024 * cache_mib)
}
