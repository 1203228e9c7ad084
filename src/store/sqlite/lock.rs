//! One process has the store: a lock on a file beside it, which the system lets go when the process ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::error;
use crate::store::StoreError;

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub fn take(dir: &Path) -> Result<Lock, StoreError> {
        let path = dir.join("lock");
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = file.map_err(|error| error::of_file(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(holder(dir, &mut file))),
            Err(TryLockError::Error(error)) => return Err(error::of_file(&path, &error)),
        }
        // Who has it is a courtesy: on a full disk the lock still holds.
        let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(Lock { _file: file })
    }
}

fn holder(dir: &Path, file: &mut File) -> String {
    let mut id = String::new();
    match file.read_to_string(&mut id) {
        Ok(_) if !id.is_empty() => format!("process {id} has `{}`", dir.display()),
        _ => format!("another process has `{}`", dir.display()),
    }
}
