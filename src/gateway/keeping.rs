//! Opens the store of a process that serves, with the keys that its payloads are enciphered with.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::serve::{Options, ServeError};
use crate::auth::Secret;
use crate::plan::{Secrets, StoreSettings};
use crate::store::{self, KEY_LEN, Sealed, SealingKeys, Sqlite, Writer};

/// Transitions that may be in line before the store; beyond it new work is refused.
const IN_LINE: usize = 8_192;

/// Opens the store, which no other process may have open.
pub(super) fn open_store(options: &Options, settings: &StoreSettings) -> Result<Writer, ServeError> {
    let dir = options.project.join(&settings.dir);
    let why = |error: &dyn std::fmt::Display| {
        ServeError::Start(format!("the store in `{}` cannot be opened: {error}", dir.display()))
    };
    let store = Sqlite::open(&dir, store::Options { reserve: settings.reserve });
    let store = Sealed::new(Arc::new(store.map_err(|error| why(&error))?), sealing_keys(options, settings)?);
    Writer::start(Arc::new(store), IN_LINE).map_err(|error| why(&error))
}

/// What payloads are enciphered with. `dev` goes on without the keys that it has not got.
fn sealing_keys(options: &Options, settings: &StoreSettings) -> Result<SealingKeys, ServeError> {
    let names = settings.sealed_with.iter().cloned().collect();
    match Secrets::read(&options.project.join(&settings.secrets_dir), &names) {
        Ok(secrets) => {
            let keys = settings
                .sealed_with
                .iter()
                .map(|name| sealing_key(name, secrets.get(name).as_ref().map(Secret::reveal)));
            Ok(SealingKeys::new(&keys.collect::<Result<Vec<_>, _>>()?))
        }
        Err(_) if options.stand_ins => Ok(SealingKeys::default()),
        Err(missing) => Err(ServeError::Start(missing.join("; "))),
    }
}

fn sealing_key(name: &str, text: Option<&str>) -> Result<Zeroizing<[u8; KEY_LEN]>, ServeError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    let read = text.and_then(|text| STANDARD.decode_slice(text.trim(), &mut *key).ok());
    match read {
        Some(KEY_LEN) => Ok(key),
        _ => Err(ServeError::Start(format!(
            "the secret `{name}` is no key of a store: it must be {KEY_LEN} bytes in base64, as `openssl rand -base64 32` prints them"
        ))),
    }
}
