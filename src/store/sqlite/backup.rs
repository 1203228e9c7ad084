//! A copy of the store, taken while it is in use.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{FILE, Sqlite, error};
use crate::store::StoreError;

impl Sqlite {
    /// Copies the store, as it is at one moment, into a directory that is empty or not there yet. Work goes
    /// on meanwhile. What comes out is a store: to restore it, put the directory in the place of the old one.
    ///
    /// # Errors
    /// The directory holds a store already, or the disk fails: then nothing is left there that looks whole.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        fs::create_dir_all(to).map_err(|error| error::of_file(to, &error))?;
        let (whole, partial) = (to.join(FILE), to.join("store.partial"));
        if whole.exists() {
            return Err(StoreError::Failed(format!("`{}` is there already", whole.display())));
        }
        if partial.exists() {
            fs::remove_file(&partial).map_err(|error| error::of_file(&partial, &error))?;
        }
        self.read(|source| copy(source, &partial))?;
        settle(to, &partial, &whole).map_err(|error| error::of_file(&whole, &error))
    }
}

/// In one step: it reads from one snapshot, which holds up nobody who writes.
fn copy(source: &Connection, to: &Path) -> rusqlite::Result<()> {
    let mut target = Connection::open(to)?;
    let done = Backup::new(source, &mut target)?.step(-1)?;
    match done {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("the copy could not be taken in one piece".to_owned()),
        )),
    }
}

/// It has its name once it is on disk.
fn settle(dir: &Path, partial: &Path, whole: &Path) -> std::io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, whole)?;
    File::open(dir)?.sync_all()
}
