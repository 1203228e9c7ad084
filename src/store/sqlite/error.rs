//! What SQLite and the disk say, in the store's words.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full(why),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(why),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(why),
            Some(_) => StoreError::Failed(why),
            None => of_rows(&error, why),
        }
    }
}

/// What is no error of the database itself: a row that cannot be what was written, or a failure of ours.
fn of_rows(error: &rusqlite::Error, why: String) -> StoreError {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => StoreError::Corrupt(why),
        _ => StoreError::Failed(why),
    }
}

/// What the system says about a file.
pub(super) fn of_file(path: &Path, error: &std::io::Error) -> StoreError {
    let why = format!("`{}`: {error}", path.display());
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full(why),
        _ => StoreError::Failed(why),
    }
}
