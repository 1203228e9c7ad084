//! Whether everything in the store can be what was written.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::commit::ENTRY_BITS;
use super::{Sqlite, read, rows};
use crate::store::{AuditBreak, StoreError, Verified, verify};

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
        let links = self.trail().map_err(|broken| StoreError::Corrupt(broken.to_string()))?;
        if let Some(id) = self.read(gap)? {
            return Err(StoreError::Corrupt(format!("the journal of instance {id} has a gap")));
        }
        let (instances, counted, entries) = self.read(counts)?;
        if counted != entries {
            return Err(StoreError::Corrupt(format!("{entries} journal entries belong to {counted}")));
        }
        Ok(Verified { instances, entries, links })
    }

    /// The links of the audit trail, each of which holds, and none of which is missing at the end. What stands
    /// beside it as its end is read first: more may come meanwhile, never fewer.
    pub(super) fn trail(&self) -> Result<u64, AuditBreak> {
        let head = self.read(read::head).map_err(AuditBreak::Unread)?;
        let links = verify(self)?;
        match head {
            Some(head) if head.number > links => Err(AuditBreak::Missing { number: links + 1 }),
            _ => Ok(links),
        }
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
