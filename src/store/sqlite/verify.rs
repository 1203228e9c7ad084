//! Whether everything in the store can be what was written.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::commit::ENTRY_BITS;
use super::{Sqlite, read, rows};
use crate::store::{StoreError, verify};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub instances: u64,
    /// Entries of their journals.
    pub entries: u64,
    /// Links of the audit trail.
    pub links: u64,
}

impl Sqlite {
    /// Looks at everything: the database itself, every link of the audit trail, and that no journal has a
    /// gap. It reads the whole store.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first thing that is wrong.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        match self.read(integrity)?.as_str() {
            "ok" => {}
            wrong => return Err(StoreError::Corrupt(wrong.to_owned())),
        }
        let (links, head) = self.trail()?;
        if head > links {
            return Err(StoreError::Corrupt(format!("link {} of the audit trail is missing", links + 1)));
        }
        if let Some(id) = self.read(gap)? {
            return Err(StoreError::Corrupt(format!("the journal of instance {id} has a gap")));
        }
        let (instances, counted, entries) = self.read(counts)?;
        if counted != entries {
            return Err(StoreError::Corrupt(format!("{entries} journal entries belong to {counted}")));
        }
        Ok(Verified { instances, entries, links })
    }

    /// The links of the audit trail, each of which holds, and how many stand beside it as its end. Beside
    /// it is read first: more may come meanwhile, never fewer.
    fn trail(&self) -> Result<(u64, u64), StoreError> {
        let head = self.read(read::head)?;
        let links = verify(self).map_err(|broken| StoreError::Corrupt(broken.to_string()))?;
        Ok((links, head.map_or(0, |head| head.number)))
    }
}

/// `ok`, or the first thing that is wrong.
fn integrity(db: &Connection) -> rusqlite::Result<String> {
    db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
}

/// An instance whose journal is not as long as it says: numbers are keys, so that as many as the last one
/// says are all of them.
fn gap(db: &Connection) -> rusqlite::Result<Option<Uuid>> {
    let sql = format!(
        "SELECT id FROM instance i WHERE entries <> (SELECT count(*) FROM journal \
         WHERE place > i.n << {ENTRY_BITS} AND place <= (i.n << {ENTRY_BITS}) + i.entries) LIMIT 1"
    );
    db.query_row(&sql, [], |row| row.get(0)).optional()
}

/// Instances, the entries they say they have, and those that are there.
fn counts(db: &Connection) -> rusqlite::Result<(u64, u64, u64)> {
    let sql = "SELECT count(*), coalesce(sum(entries), 0), (SELECT count(*) FROM journal) FROM instance";
    db.query_row(sql, [], |row| Ok((rows::number(row, 0)?, rows::number(row, 1)?, rows::number(row, 2)?)))
}
