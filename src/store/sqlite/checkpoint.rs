//! Carries committed pages from the log into the database, beside the thread that commits.

use std::path::Path;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::open;
use crate::store::StoreError;

/// Bytes that are committed between two turns.
const EVERY: usize = 8 << 20;

/// What a transition brings beside its payload: names, indexes and the rest of the pages that they stand on.
const BESIDE: usize = 4 << 10;

/// A thread that checkpoints when enough was committed. It holds up nobody: whoever commits goes on meanwhile,
/// and only carries the rest over when the log has become as long as it may.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// `None` only while it is taken down.
    nudge: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    since: usize,
}

impl Checkpoints {
    /// Starts the thread, with a connection of its own.
    ///
    /// # Errors
    /// The database cannot be opened, or the system gives no thread.
    pub fn start(path: &Path) -> Result<Checkpoints, StoreError> {
        let connection = open::checkpointer(path)?;
        let (nudge, nudged) = mpsc::sync_channel(1);
        let work = move || {
            while nudged.recv().is_ok() {
                carry(&connection);
            }
        };
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(work);
        let thread = thread.map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Checkpoints { nudge: Some(nudge), thread: Some(thread), since: 0 })
    }

    /// So many transitions with so many bytes were committed.
    pub fn committed(&mut self, transitions: usize, bytes: usize) {
        self.since += bytes + transitions * BESIDE;
        if self.since >= EVERY
            && let Some(nudge) = &self.nudge
        {
            // One that waits already is enough; without the thread, whoever commits does it all.
            if !matches!(nudge.try_send(()), Err(TrySendError::Full(()))) {
                self.since = 0;
            }
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.nudge = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What cannot be carried over now stays in the log, where it is as safe.
fn carry(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(target: "crossdock::store", %error, "the log could not be carried over");
    }
}
