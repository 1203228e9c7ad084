//! Cursors of subscribers and entity records in the database.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::bytes::int;
use super::commit::Session;
use super::rows::number;
use crate::store::{Backlog, Cursor, Entity, Millis, Transition};

impl Session<'_> {
    /// Cursors and entity records.
    pub(super) fn tell(&self, transition: &Transition) -> rusqlite::Result<()> {
        transition.cursors.iter().try_for_each(|cursor| put(self.db, cursor))?;
        transition.entities.iter().try_for_each(|entity| put_entity(self.db, entity))
    }
}

fn put(db: &Connection, cursor: &Cursor) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO cursor \
               (name, next, epoch, failures, failing_since, retry_at, disabled, problem) \
               VALUES (:name, :next, :epoch, :failures, :failing_since, :retry_at, :disabled, :problem)";
    let values = named_params! {
        ":name": cursor.name, ":next": int(cursor.next), ":epoch": int(cursor.epoch),
        ":failures": int(cursor.failures), ":failing_since": cursor.failing_since,
        ":retry_at": cursor.retry_at, ":disabled": cursor.disabled, ":problem": cursor.problem,
    };
    db.prepare_cached(sql)?.execute(values).map(drop)
}

fn put_entity(db: &Connection, entity: &Entity) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO entity (account, entity, key, updated_at, keep_until, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Entity { account, entity, key, updated_at, keep_until, body } = entity;
    let values = params![account, entity, key, updated_at, keep_until, body];
    db.prepare_cached(sql)?.execute(values).map(drop)
}

pub(super) fn cursors(db: &Connection) -> rusqlite::Result<Vec<Cursor>> {
    let sql = "SELECT name, next, epoch, failures, failing_since, retry_at, disabled, problem \
               FROM cursor ORDER BY name";
    let cursor = |row: &Row<'_>| {
        Ok(Cursor {
            name: row.get(0)?,
            next: number(row, 1)?,
            epoch: number(row, 2)?,
            failures: number(row, 3)?,
            failing_since: row.get(4)?,
            retry_at: row.get(5)?,
            disabled: row.get(6)?,
            problem: row.get(7)?,
        })
    };
    db.prepare_cached(sql)?.query_map([], cursor)?.collect()
}

pub(super) fn entity(
    db: &Connection,
    account: &str,
    entity: &str,
    key: &str,
) -> rusqlite::Result<Option<Entity>> {
    let sql = "SELECT account, entity, key, updated_at, keep_until, body FROM entity \
               WHERE account = ?1 AND entity = ?2 AND key = ?3";
    let read = |row: &Row<'_>| {
        Ok(Entity {
            account: row.get(0)?,
            entity: row.get(1)?,
            key: row.get(2)?,
            updated_at: row.get(3)?,
            keep_until: row.get(4)?,
            body: row.get::<_, Arc<[u8]>>(5)?,
        })
    };
    db.prepare_cached(sql)?.query_row([account, entity, key], read).optional()
}

/// The number of the last event that ever was.
pub(super) fn last_event(db: &Connection) -> rusqlite::Result<u64> {
    // Kept by the database itself, also when all events were forgotten.
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'";
    db.prepare_cached(sql)?.query_row([], |row| number(row, 0))
}

/// The first event that was recorded at a time or after it.
pub(super) fn first_event_since(db: &Connection, at: Millis) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT number FROM event WHERE recorded_at >= ?1 ORDER BY number LIMIT 1";
    db.prepare_cached(sql)?.query_row([at], |row| number(row, 0)).optional()
}

pub(super) fn backlog(
    db: &Connection,
    name: &str,
    account: Option<&str>,
    next: u64,
) -> rusqlite::Result<Backlog> {
    let sql = "SELECT count(*), min(recorded_at) FROM (SELECT recorded_at FROM event \
               WHERE name = ?1 AND number >= ?2 AND (?3 IS NULL OR account = ?3) \
               ORDER BY number LIMIT ?4)";
    let values = params![name, int(next), account, int(Backlog::MOST)];
    let backlog = |row: &Row<'_>| Ok(Backlog { events: number(row, 0)?, oldest: row.get(1)? });
    db.prepare_cached(sql)?.query_row(values, backlog)
}

/// Entity records that may go.
pub(super) fn forget(db: &Connection, now: Millis, most: i64) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM entity WHERE (account, entity, key) IN \
               (SELECT account, entity, key FROM entity WHERE keep_until <= ?1 LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![now, most])
}
