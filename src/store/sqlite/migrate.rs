//! Brings the form of the database forward, one migration after the other.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// Every migration, in order: the first makes form 1. What has been released is never changed.
pub(super) const ALL: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_asked_for.sql"),
    include_str!("migrations/0003_subscribers.sql"),
];

/// The form of the database: how many migrations it has had.
pub(super) fn form(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The form, if these migrations know it.
pub(super) fn known(connection: &Connection, all: &[&str]) -> Result<u32, StoreError> {
    let (found, known) = (form(connection)?, u32::try_from(all.len()).unwrap_or(u32::MAX));
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found) }
}

/// Carries out the migrations that the database has not had, each whole or not at all.
pub(super) fn forward(connection: &mut Connection, all: &[&str]) -> Result<(), StoreError> {
    let found = known(connection, all)?;
    for (number, migration) in (1..).zip(all).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
