//! Claims that do not stand in the index under their names yet.
//!
//! Names come in no order: each would touch a page of its own, and a page is written whole. So a new claim is
//! appended under [`NOT_YET`] and found through memory, until many are put in their places together, in the
//! order of their names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

use super::claims::digest;
use crate::store::ClaimKind;

/// Stands for a name; behind every name, so that it is appended to the index too.
pub(super) const NOT_YET: i64 = i64::MAX;

/// So many are put in their places together.
const MANY: usize = 8192;

/// Which claims these are. One that is not there any more, because it was rolled back or forgotten, does no harm:
/// whoever finds it compares the whole name.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    /// `(name, number)`.
    by_name: BTreeSet<(i64, i64)>,
    /// Names by numbers.
    by_number: BTreeMap<i64, i64>,
}

impl Recent {
    /// As the process before left them.
    pub fn read(db: &Connection) -> rusqlite::Result<Recent> {
        let recent = Recent::default();
        let mut statement = db.prepare("SELECT n, account, kind, scope, key FROM claim WHERE name = ?1")?;
        let mut rows = statement.query([NOT_YET])?;
        while let Some(row) = rows.next()? {
            let kind = if row.get::<_, u8>(2)? == 0 { ClaimKind::Request } else { ClaimKind::Business };
            let (account, scope, key): (String, String, String) = (row.get(1)?, row.get(3)?, row.get(4)?);
            recent.add(row.get(0)?, digest(&account, kind, &scope, &key));
        }
        Ok(recent)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A claim was appended. A number may have been another's that was rolled back.
    pub fn add(&self, number: i64, name: i64) {
        let mut places = self.places();
        if let Some(before) = places.by_number.insert(number, name) {
            places.by_name.remove(&(before, number));
        }
        places.by_name.insert((name, number));
    }

    /// Numbers of those that may have this name.
    pub fn named(&self, name: i64) -> Vec<i64> {
        let places = self.places();
        places.by_name.range((name, i64::MIN)..=(name, i64::MAX)).map(|(_, number)| *number).collect()
    }

    /// Puts all in their places, if there are many. Gives whether it did: then [`Recent::clear`] is to follow, once
    /// that is committed.
    pub fn settle(&self, db: &Connection) -> rusqlite::Result<bool> {
        let places = self.places();
        if places.by_name.len() < MANY {
            return Ok(false);
        }
        let mut statement = db.prepare_cached("UPDATE claim SET name = ?1 WHERE n = ?2 AND name = ?3")?;
        for (name, number) in &places.by_name {
            statement.execute(params![name, number, NOT_YET])?;
        }
        Ok(true)
    }

    /// All are in their places, on disk.
    pub fn clear(&self) {
        *self.places() = Places::default();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::sqlite::{claims, migrate};
    use crate::store::{Claim, Held};

    fn claim(key: &str) -> Claim {
        Claim {
            kind: ClaimKind::Request,
            account: "ACME".into(),
            scope: "POST /bookings".into(),
            key: key.into(),
            fingerprint: "".into(),
            expires: None,
        }
    }

    fn holder(db: &Connection, recent: &Recent, key: &str) -> Option<Held> {
        claims::claim(db, recent, "ACME", ClaimKind::Request, "POST /bookings", key, 0).unwrap()
    }

    fn unsettled(db: &Connection) -> usize {
        let sql = "SELECT count(*) FROM claim WHERE name = ?1";
        db.query_row(sql, [NOT_YET], |row| row.get::<_, i64>(0)).unwrap() as usize
    }

    #[test]
    fn claims_are_found_before_and_after_they_are_put_in_their_places_and_by_the_next_process() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate::forward(&mut db, migrate::ALL).unwrap();
        let recent = Recent::read(&db).unwrap();
        let ids: Vec<Uuid> = (0..MANY + 10).map(|_| Uuid::now_v7()).collect();
        for (at, id) in ids.iter().enumerate() {
            claims::put(&db, &recent, &claim(&at.to_string()), *id, &[]).unwrap();
            if at + 1 == MANY {
                assert_eq!(unsettled(&db), MANY);
                assert!(recent.settle(&db).unwrap());
                recent.clear();
            }
        }
        assert_eq!(unsettled(&db), 10);
        assert!(!recent.settle(&db).unwrap(), "they are few");
        for known in [recent, Recent::read(&db).unwrap()] {
            for (at, id) in ids.iter().enumerate() {
                assert_eq!(holder(&db, &known, &at.to_string()).map(|held| held.instance), Some(*id), "{at}");
            }
            assert_eq!(holder(&db, &known, "another"), None);
        }
    }

    #[test]
    fn a_number_that_was_rolled_back_and_given_again_is_the_later_claim_s() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate::forward(&mut db, migrate::ALL).unwrap();
        let recent = Recent::read(&db).unwrap();
        let transaction = db.transaction().unwrap();
        claims::put(&transaction, &recent, &claim("a"), Uuid::now_v7(), &[]).unwrap();
        transaction.rollback().unwrap();
        assert_eq!(holder(&db, &recent, "a"), None);
        let id = Uuid::now_v7();
        claims::put(&db, &recent, &claim("b"), id, &[]).unwrap();
        assert_eq!(holder(&db, &recent, "a"), None);
        assert_eq!(holder(&db, &recent, "b").map(|held| held.instance), Some(id));
        assert_eq!(recent.places().by_name.len(), 1);
    }
}
