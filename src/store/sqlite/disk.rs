//! A disk that is full, read-only or failing, as a test says; not in release builds.

use rusqlite::Connection;

use crate::failpoint;
use crate::store::StoreError;

/// More pages than a database can have.
const NO_LIMIT: i64 = 4_294_967_294;

/// Makes the database's own limits what the disk is to be. `full`: it may not grow; `read-only`: it may not be
/// written; `failing`: nothing reaches it.
///
/// # Errors
/// While it fails.
pub(super) fn as_told(connection: &Connection) -> Result<(), StoreError> {
    let Some(word) = failpoint::disk() else { return Ok(()) };
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let most = if word == "full" { pages } else { NO_LIMIT };
    // It answers with what holds from now on.
    connection.pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))?;
    connection.pragma_update(None, "query_only", word == "read-only")?;
    match word.as_str() {
        "failing" => Err(StoreError::Failed("input/output error".to_owned())),
        _ => Ok(()),
    }
}
