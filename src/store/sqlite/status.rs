//! How big the store is and what is in it, in numbers.

use std::path::Path;

use rusqlite::Connection;

use super::rows::number;
use super::{FILE, Sqlite, error};
use crate::store::{Numbers, Status, StoreError};

impl Sqlite {
    /// Counts everything. It reads much of the store: for people who ask, not for every second.
    ///
    /// # Errors
    /// The disk fails.
    pub fn numbers(&self) -> Result<Numbers, StoreError> {
        let mut numbers = self.read(count)?;
        (numbers.used, numbers.free) = (used(&self.dir)?, free(&self.dir)?);
        Ok(numbers)
    }
}

fn count(db: &Connection) -> rusqlite::Result<Numbers> {
    let one = |sql: &str| db.query_row(sql, [], |row| number(row, 0));
    let by_status = |(place, (status, _)): (usize, &(Status, &str))| {
        Ok((*status, one(&format!("SELECT count(*) FROM instance WHERE status = {place}"))?))
    };
    let oldest = "SELECT min(created_at) FROM instance WHERE status < 3";
    Ok(Numbers {
        instances: Status::ALL.iter().enumerate().map(by_status).collect::<rusqlite::Result<_>>()?,
        open_cases: one("SELECT count(*) FROM cases WHERE state < 3")?,
        oldest_open: db.query_row(oldest, [], |row| row.get(0))?,
        entries: one("SELECT count(*) FROM journal")?,
        events: one("SELECT count(*) FROM event")?,
        links: one("SELECT count(*) FROM audit")?,
        used: 0,
        free: 0,
    })
}

/// Bytes of the database and its log.
pub(super) fn used(dir: &Path) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for name in [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")] {
        let path = dir.join(name);
        match std::fs::metadata(&path) {
            Ok(file) => bytes += file.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error::of_file(&path, &error)),
        }
    }
    Ok(bytes)
}

/// Bytes that are free on the store's disk, for us.
pub(super) fn free(dir: &Path) -> Result<u64, StoreError> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| error::of_file(dir, &error.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
