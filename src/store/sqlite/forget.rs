//! What the database forgets, and how the space is given back.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, params};
use uuid::Uuid;

use super::bytes::rows as bound;
use super::commit::{ENTRY_BITS, Pins, Session, Written};
use super::{claims, cursors};
use crate::store::{GENERATIONS, Millis, StoreError};

/// Events and blobs that go at a time, so that nobody waits long for their turn to write.
const SWEEP: i64 = 10_000;

/// Pages that are given back at a time.
const PAGES: u32 = 2_000;

impl Written {
    /// Forgets what nobody needs by `now`. Gives how many instances went.
    pub fn forget(&mut self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let head = self.head.clone();
        let mut session = Session::new(&transaction, &self.recent, head);
        let gone = session.ended(now, limit)?;
        for one in &gone {
            session.forget(one)?;
        }
        let before = session.head.clone();
        let db = session.db;
        session.end(&before)?;
        let swept = claims::sweep(db, now, self.swept)?;
        events(db, now)?;
        cursors::forget(db, now, SWEEP)?;
        definitions(db)?;
        blobs(db)?;
        transaction.commit()?;
        self.swept = swept;
        shrink(&self.connection)?;
        Ok(gone.len())
    }
}

impl Written {
    /// Forgets closed cases of no instance. Gives how many went.
    pub fn forget_cases(&mut self, closed: Millis, limit: usize) -> rusqlite::Result<usize> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT number FROM cases WHERE instance IS NULL AND state >= 3 AND closed_at < ?1 \
                   ORDER BY closed_at, number LIMIT ?2";
        let mut statement = transaction.prepare_cached(sql)?;
        let old = statement.query_map(params![closed, bound(limit)], |row| row.get(0))?;
        let old = old.collect::<rusqlite::Result<Vec<i64>>>()?;
        drop(statement);
        for number in &old {
            transaction.prepare_cached("DELETE FROM case_queue WHERE number = ?1")?.execute([number])?;
            transaction.prepare_cached("DELETE FROM cases WHERE number = ?1")?.execute([number])?;
        }
        transaction.commit()?;
        Ok(old.len())
    }
}

/// An instance that goes.
struct Gone {
    n: i64,
    id: Uuid,
    digest: Arc<str>,
}

impl Session<'_> {
    fn ended(&self, now: Millis, limit: usize) -> rusqlite::Result<Vec<Gone>> {
        let sql = "SELECT n, id, digest FROM instance i WHERE status >= 3 AND keep_until <= ?1 \
                   AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.instance = i.id AND c.state < 3) \
                   ORDER BY keep_until, id LIMIT ?2";
        let gone =
            |row: &rusqlite::Row<'_>| Ok(Gone { n: row.get(0)?, id: row.get(1)?, digest: row.get(2)? });
        self.db.prepare_cached(sql)?.query_map(params![now, bound(limit)], gone)?.collect()
    }

    fn forget(&mut self, gone: &Gone) -> rusqlite::Result<()> {
        let Gone { n, id, digest } = gone;
        let (first, end) = (n << ENTRY_BITS, (n + 1) << ENTRY_BITS);
        let sql = "DELETE FROM journal WHERE place > ?1 AND place < ?2";
        self.db.prepare_cached(sql)?.execute([first, end])?;
        self.db.prepare_cached("DELETE FROM reference WHERE n = ?1")?.execute([n])?;
        let sql = "INSERT OR IGNORE INTO loose (digest) SELECT digest FROM blob_use WHERE n = ?1";
        self.db.prepare_cached(sql)?.execute([n])?;
        self.db.prepare_cached("DELETE FROM blob_use WHERE n = ?1")?.execute([n])?;
        let sql = "DELETE FROM case_queue WHERE number IN (SELECT number FROM cases WHERE instance = ?1)";
        self.db.prepare_cached(sql)?.execute([id])?;
        self.db.prepare_cached("DELETE FROM cases WHERE instance = ?1")?.execute([id])?;
        self.db.prepare_cached("DELETE FROM instance WHERE n = ?1")?.execute([n])?;
        let pins: &mut Pins = self.pins.entry(digest.clone()).or_default();
        pins.kept -= 1;
        Ok(())
    }
}

/// Events that are old, buffered no longer, and that nobody is still to be told.
fn events(db: &Connection, now: Millis) -> rusqlite::Result<usize> {
    let sql = "SELECT number FROM event e WHERE keep_until <= ?1 AND buffered_until < ?1 \
               AND NOT EXISTS (SELECT 1 FROM given g WHERE g.event = e.number) LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let old = statement.query_map([now, SWEEP], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    for number in &old {
        db.prepare_cached("DELETE FROM correlate WHERE event = ?1")?.execute([number])?;
        db.prepare_cached("DELETE FROM event WHERE number = ?1")?.execute([number])?;
    }
    Ok(old.len())
}

/// Definitions that no instance is pinned to and that are not the newest of their flow; of no flow, not among
/// the newest.
fn definitions(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM pinned WHERE kept <= 0")?.execute([])?;
    let sql = "SELECT digest FROM definition d WHERE newest <= \
               (SELECT newest FROM definition o WHERE o.flow = d.flow ORDER BY newest DESC LIMIT 1 \
                OFFSET iif(?1, 1, ?2)) \
               AND (flow <> '') = ?1 AND NOT EXISTS (SELECT 1 FROM pinned p WHERE p.digest = d.digest)";
    let mut statement = db.prepare_cached(sql)?;
    let mut old = Vec::new();
    for of_flows in [true, false] {
        let found =
            statement.query_map(params![of_flows, bound(GENERATIONS)], |row| row.get::<_, Arc<str>>(0))?;
        old.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    for digest in &old {
        let sql =
            "INSERT OR IGNORE INTO loose (digest) SELECT blob FROM definition_file WHERE definition = ?1";
        db.prepare_cached(sql)?.execute([digest])?;
        db.prepare_cached("DELETE FROM definition_file WHERE definition = ?1")?.execute([digest])?;
        db.prepare_cached("DELETE FROM definition WHERE digest = ?1")?.execute([digest])?;
    }
    Ok(())
}

/// Blobs that nothing refers to any more.
fn blobs(db: &Connection) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached("SELECT digest FROM loose LIMIT ?1")?;
    let loose =
        statement.query_map([SWEEP], |row| row.get(0))?.collect::<rusqlite::Result<Vec<Arc<str>>>>()?;
    for digest in &loose {
        let sql = "DELETE FROM blob WHERE digest = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM blob_use u WHERE u.digest = ?1) \
                   AND NOT EXISTS (SELECT 1 FROM definition_file f WHERE f.blob = ?1)";
        db.prepare_cached(sql)?.execute([digest])?;
        db.prepare_cached("DELETE FROM loose WHERE digest = ?1")?.execute([digest])?;
    }
    Ok(())
}

/// Gives free pages back to the disk, some at a time.
fn shrink(db: &Connection) -> rusqlite::Result<()> {
    // Each row that is stepped over is a page.
    let mut statement = db.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}
