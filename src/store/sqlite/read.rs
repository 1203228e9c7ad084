//! Reads single things and short lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::bytes::{int, read_pairs, rows as bound};
use super::commit::{ENTRY_BITS, Head};
use super::rows;
use crate::store::{Case, Definition, Entry, Found, Instance, Link, Matched, Millis};

pub(super) fn instance(db: &Connection, id: Uuid) -> rusqlite::Result<Option<Instance>> {
    let sql = format!("SELECT {} FROM instance i WHERE id = ?1", rows::INSTANCE);
    db.prepare_cached(&sql)?.query_row([id], rows::instance).optional()
}

pub(super) fn due(db: &Connection, until: Millis, limit: usize) -> rusqlite::Result<Vec<(Millis, Uuid)>> {
    let sql = "SELECT wake_at, id FROM instance WHERE status < 3 AND wake_at <= ?1 \
               ORDER BY wake_at, id LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![until, bound(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(super) fn next_due(db: &Connection, after: Millis) -> rusqlite::Result<Option<Millis>> {
    let sql = "SELECT wake_at FROM instance WHERE status < 3 AND wake_at > ?1 ORDER BY wake_at LIMIT 1";
    db.prepare_cached(sql)?.query_row([after], |row| row.get(0)).optional()
}

pub(super) fn journal(db: &Connection, id: Uuid, after: u64, limit: usize) -> rusqlite::Result<Vec<Entry>> {
    let Some(n) = number_of(db, id)? else { return Ok(Vec::new()) };
    let (first, end) = (n << ENTRY_BITS, (n + 1) << ENTRY_BITS);
    let sql = "SELECT place, at, kind, path, body FROM journal WHERE place > ?1 AND place < ?2 \
               ORDER BY place LIMIT ?3";
    let after = first.saturating_add(int(after));
    let entry = |row: &rusqlite::Row<'_>| {
        let number = rows::number(row, 0)? & ((1 << ENTRY_BITS) - 1);
        Ok(Entry { number, at: row.get(1)?, kind: row.get(2)?, path: row.get(3)?, body: row.get(4)? })
    };
    db.prepare_cached(sql)?.query_map(params![after, end, bound(limit)], entry)?.collect()
}

fn number_of(db: &Connection, id: Uuid) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT n FROM instance WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
}

/// What refers to instances by this text, the first way of each.
pub(super) fn find(
    db: &Connection,
    text: &str,
    account: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<Found>> {
    let mut found = BTreeMap::new();
    if let Some(instance) = Uuid::try_parse(text).ok().map(|id| instance(db, id)).transpose()?.flatten()
        && account.is_none_or(|account| *instance.account == *account)
    {
        found.insert(instance.id, Found { instance, by: "id".into() });
    }
    let ways = [
        ("'correlation_id'", "instance i WHERE i.correlation_id = ?1"),
        ("'business_key'", "instance i WHERE i.business_key = ?1"),
        ("min(r.name)", "reference r JOIN instance i ON i.n = r.n WHERE r.value = ?1"),
    ];
    for (by, from) in ways {
        for one in found_by(db, (by, from), text, account, limit)? {
            found.entry(one.instance.id).or_insert(one);
        }
    }
    Ok(found.into_values().rev().take(limit).collect())
}

fn found_by(
    db: &Connection,
    (by, from): (&str, &str),
    text: &str,
    account: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<Found>> {
    let sql = format!(
        "SELECT {}, {by} FROM {from} AND (?2 IS NULL OR i.account = ?2) GROUP BY i.id \
         ORDER BY i.id DESC LIMIT ?3",
        rows::INSTANCE
    );
    let found = |row: &rusqlite::Row<'_>| Ok(Found { instance: rows::instance(row)?, by: row.get(16)? });
    db.prepare_cached(&sql)?.query_map(params![text, account, bound(limit)], found)?.collect()
}

pub(super) fn given(db: &Connection, instance: Uuid) -> rusqlite::Result<Vec<Matched>> {
    let sql = format!(
        "SELECT {}, g.subscription FROM given g JOIN event e ON e.number = g.event \
         WHERE g.n = (SELECT n FROM instance WHERE id = ?1) ORDER BY g.event, g.subscription",
        rows::EVENT
    );
    let matched =
        |row: &rusqlite::Row<'_>| Ok(Matched { subscription: row.get(14)?, event: rows::event(row)? });
    db.prepare_cached(&sql)?.query_map([instance], matched)?.collect()
}

pub(super) fn case(db: &Connection, number: u64) -> rusqlite::Result<Option<Case>> {
    let sql = format!("SELECT {} FROM cases WHERE number = ?1", rows::CASE);
    db.prepare_cached(&sql)?.query_row([int(number)], rows::case).optional()
}

pub(super) fn next_case(db: &Connection) -> rusqlite::Result<u64> {
    // Kept by the database itself: a number that was forgotten is not given again.
    let sql = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'cases'";
    db.prepare_cached(sql)?.query_row([], |row| rows::number(row, 0))
}

pub(super) fn mark(db: &Connection, name: &str) -> rusqlite::Result<u64> {
    let mut statement = db.prepare_cached("SELECT value FROM mark WHERE name = ?1")?;
    let found = statement.query_row([name], |row| rows::number(row, 0)).optional()?;
    Ok(found.unwrap_or(0))
}

pub(super) fn definition(db: &Connection, digest: &str) -> rusqlite::Result<Option<Definition>> {
    let sql = "SELECT digest, flow, files FROM definition WHERE digest = ?1";
    let definition = |row: &rusqlite::Row<'_>| {
        let files = read_pairs(row.get_ref(2)?.as_blob()?)?;
        Ok(Definition { digest: row.get(0)?, flow: row.get(1)?, files })
    };
    db.prepare_cached(sql)?.query_row([digest], definition).optional()
}

pub(super) fn needed(db: &Connection) -> rusqlite::Result<Vec<(Arc<str>, u64)>> {
    let sql = "SELECT digest, open FROM pinned WHERE open > 0 ORDER BY digest";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([], |row| Ok((row.get(0)?, rows::number(row, 1)?)))?.collect()
}

/// How many instances are open.
pub(super) fn open(db: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(open), 0) FROM pinned";
    db.prepare_cached(sql)?.query_row([], |row| rows::number(row, 0))
}

pub(super) fn blob(db: &Connection, digest: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM blob WHERE digest = ?1";
    db.prepare_cached(sql)?.query_row([digest], |row| row.get(0)).optional()
}

pub(super) fn audit(db: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Link>> {
    let sql = "SELECT number, at, kind, who, account, about, body, before, digest FROM audit \
               WHERE number > ?1 ORDER BY number LIMIT ?2";
    db.prepare_cached(sql)?.query_map(params![int(after), bound(limit)], rows::link)?.collect()
}

/// The last link of the audit trail, as it stands beside it.
pub(super) fn head(db: &Connection) -> rusqlite::Result<Option<Head>> {
    let sql = "SELECT number, digest FROM audit_head";
    let head = |row: &rusqlite::Row<'_>| Ok(Head { number: rows::number(row, 0)?, digest: row.get(1)? });
    db.prepare_cached(sql)?.query_row([], head).optional()
}
