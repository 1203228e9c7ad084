//! Claims in the database: found by a digest of their name. Of several with one name, the one that came first
//! holds it, and the others stand in line.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::recent::{NOT_YET, Recent};
use crate::store::{Claim, ClaimKind, Held, Millis};

/// Claims that are looked at, one after the other, at each turn of forgetting.
const SWEEP: i64 = 10_000;

/// A claim under its number: of one name, the one with the lowest came first.
pub(super) type Standing = (i64, Held);

/// Who holds a claim that has not expired by `now`.
pub(super) fn claim(
    db: &Connection,
    recent: &Recent,
    account: &str,
    kind: ClaimKind,
    scope: &str,
    key: &str,
    now: Millis,
) -> rusqlite::Result<Option<Held>> {
    let all = find(db, recent, account, kind, scope, key)?.into_iter();
    Ok(all.map(|(_, held)| held).find(|held| held.claim.holds(now)))
}

/// All that stand under the name of a claim, expired or not, in the order in which they came.
pub(super) fn standing(db: &Connection, recent: &Recent, claim: &Claim) -> rusqlite::Result<Vec<Standing>> {
    find(db, recent, &claim.account, claim.kind, &claim.scope, &claim.key)
}

fn find(
    db: &Connection,
    recent: &Recent,
    account: &str,
    kind: ClaimKind,
    scope: &str,
    key: &str,
) -> rusqlite::Result<Vec<Standing>> {
    let name = digest(account, kind, scope, key);
    let found = |row: &Row<'_>| Ok((row.get(6)?, held(row, kind)?));
    let sql = "SELECT account, scope, key, fingerprint, expires, instance, n FROM claim \
               WHERE n = ?1 AND account = ?2 AND kind = ?3 AND scope = ?4 AND key = ?5";
    let mut all: Vec<Standing> = Vec::new();
    // Before the index: what leaves memory meanwhile is in its place by then.
    for number in recent.named(name) {
        let values = params![number, account, kind as u8, scope, key];
        all.extend(db.prepare_cached(sql)?.query_row(values, found).optional()?);
    }
    let sql = "SELECT account, scope, key, fingerprint, expires, instance, n FROM claim \
               WHERE name = ?1 AND account = ?2 AND kind = ?3 AND scope = ?4 AND key = ?5";
    let values = params![name, account, kind as u8, scope, key];
    let mut statement = db.prepare_cached(sql)?;
    for placed in statement.query_map(values, found)? {
        all.push(placed?);
    }
    all.sort_by_key(|(n, _)| *n);
    all.dedup_by_key(|(n, _)| *n);
    Ok(all)
}

fn held(row: &Row<'_>, kind: ClaimKind) -> rusqlite::Result<Held> {
    let claim = Claim {
        kind,
        account: row.get(0)?,
        scope: row.get(1)?,
        key: row.get(2)?,
        fingerprint: row.get(3)?,
        expires: row.get(4)?,
    };
    Ok(Held { claim, instance: row.get(5)? })
}

/// Writes a claim in the place of one that has expired, or of its own; behind those of others. `standing` is
/// what stands under its name.
pub(super) fn put(
    db: &Connection,
    recent: &Recent,
    claim: &Claim,
    instance: Uuid,
    standing: &[Standing],
) -> rusqlite::Result<()> {
    let Claim { kind, account, scope, key, fingerprint, expires } = claim;
    let lasting = |held: &Held| held.claim.expires.is_none();
    // Its own place in the line stays.
    if expires.is_none() && standing.iter().any(|(_, held)| lasting(held) && held.instance == instance) {
        return Ok(());
    }
    for (n, _) in standing.iter().filter(|(_, held)| !lasting(held)) {
        db.prepare_cached("DELETE FROM claim WHERE n = ?1")?.execute([n])?;
    }
    let name = digest(account, *kind, scope, key);
    let sql = "INSERT INTO claim (name, account, kind, scope, key, fingerprint, expires, instance) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let kind = *kind as u8;
    let values = params![NOT_YET, account, kind, scope, key, fingerprint, expires, instance];
    db.prepare_cached(sql)?.execute(values)?;
    recent.add(db.last_insert_rowid(), name);
    Ok(())
}

/// Lets go of names that an instance holds only as long as it lives, and of its places in lines. Whoever holds
/// one from now on wants to be woken.
pub(super) fn free(db: &Connection, recent: &Recent, instance: Uuid, now: Millis) -> rusqlite::Result<()> {
    let sql = "DELETE FROM claim WHERE instance = ?1 AND expires IS NULL RETURNING n, account, scope, key";
    let mut statement = db.prepare_cached(sql)?;
    let freed = |row: &Row<'_>| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?]));
    let freed: Vec<(i64, [Arc<str>; 3])> =
        statement.query_map([instance], freed)?.collect::<Result<_, _>>()?;
    for (own, [account, scope, key]) in freed {
        let left = find(db, recent, &account, ClaimKind::Business, &scope, &key)?;
        // One that stood in front of it is the first as before.
        if let Some((_, next)) = left.first().filter(|(n, _)| *n > own) {
            wake(db, next.instance, now)?;
        }
    }
    Ok(())
}

/// An instance that stood in line and holds its name now is due; one that was the first all the time has begun.
pub(super) fn wake(db: &Connection, instance: Uuid, now: Millis) -> rusqlite::Result<()> {
    let sql = "UPDATE instance SET wake_at = ?2 WHERE id = ?1 AND status < 3 AND seq = 1 AND wake_at IS NULL";
    db.prepare_cached(sql)?.execute(params![instance, now]).map(drop)
}

/// Looks at claims after the `swept`th and forgets those that have expired. Gives how far it came; 0 at
/// the end: then it begins anew. So every claim has its turn, and none needs to stand in an index for it.
pub(super) fn sweep(db: &Connection, now: Millis, swept: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT max(n), count(*) FROM (SELECT n FROM claim WHERE n > ?1 ORDER BY n LIMIT ?2)";
    let range = |row: &Row<'_>| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, i64>(1)?));
    let (last, looked) = db.prepare_cached(sql)?.query_row([swept, SWEEP], range)?;
    let Some(last) = last else { return Ok(0) };
    let sql = "DELETE FROM claim WHERE n > ?1 AND n <= ?2 AND expires < ?3";
    db.prepare_cached(sql)?.execute([swept, last, now])?;
    Ok(if looked < SWEEP { 0 } else { last })
}

/// 64 bits of a digest over every part with its length. Another name may have the same: it is compared in full.
pub(super) fn digest(account: &str, kind: ClaimKind, scope: &str, key: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update([kind as u8]);
    for part in [account, scope, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let name = digest.first_chunk().map_or(0, |first| i64::from_be_bytes(*first));
    name.min(NOT_YET - 1)
}
