//! Taking payloads away before their time.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::commit::{ENTRY_BITS, Written};
use crate::store::{ERASED, StoreError};

/// How often, and how long after each other, the log is tried to be emptied: readers are quick.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

impl Written {
    /// As [`crate::store::Store::erase`] says.
    pub fn erase(&mut self, id: Uuid, left: &[(u64, Arc<[u8]>)]) -> Result<bool, StoreError> {
        self.overwriting(|db| {
            let sql = "SELECT n FROM instance WHERE id = ?1 AND status >= 3";
            let n: Option<i64> = db.query_row(sql, [id], |row| row.get(0)).optional()?;
            let Some(n) = n else { return Ok(false) };
            let sql = "UPDATE journal SET body = ?1 WHERE place > ?2 AND place < ?3";
            db.execute(sql, params![ERASED, n << ENTRY_BITS, (n + 1) << ENTRY_BITS])?;
            let sql = "UPDATE journal SET body = ?1 WHERE place = ?2";
            for (number, body) in left.iter().filter(|(number, _)| (1..1 << ENTRY_BITS).contains(number)) {
                let place = (n << ENTRY_BITS) + i64::try_from(*number).unwrap_or_default();
                db.prepare_cached(sql)?.execute(params![body, place])?;
            }
            db.execute("UPDATE instance SET answer = NULL WHERE n = ?1", [n])?;
            db.execute("UPDATE cases SET body = ?1 WHERE instance = ?2", params![ERASED, id])?;
            db.execute("UPDATE event SET body = x'' WHERE instance = ?1", [id])?;
            let sql = "INSERT OR IGNORE INTO loose (digest) SELECT digest FROM blob_use WHERE n = ?1";
            db.execute(sql, [n])?;
            db.execute("DELETE FROM blob_use WHERE n = ?1", [n])?;
            Ok(true)
        })
    }

    /// As [`crate::store::Store::erase_events`] says.
    pub fn erase_events(&mut self, account: &str) -> Result<usize, StoreError> {
        self.overwriting(|db| {
            db.execute("DELETE FROM entity WHERE account = ?1", [account])?;
            db.execute("UPDATE event SET body = x'' WHERE account = ?1 AND length(body) > 0", [account])
        })
    }

    /// In one transaction. What stood there before is overwritten, as wherever this connection writes, and is then moved out
    /// of the log beside the database, for which nobody may be reading.
    fn overwriting<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        for _ in 0..TRIES {
            let busy: i64 =
                self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        Ok(done)
    }
}
