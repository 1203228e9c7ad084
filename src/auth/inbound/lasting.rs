//! What of callers' proofs outlives a reload: the keys of issuers, so that a reload asks nobody for them again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::fetch::Place;
use super::jwt::Trust;
use crate::clock::Clock;

/// Where keys come from: a URL, and the authorities that its server is trusted by.
type Origin = (String, Option<PathBuf>);

/// What outlives a reload; one lives as long as the process.
#[derive(Debug, Default)]
pub struct Lasting {
    trusts: Mutex<HashMap<Origin, Arc<Trust>>>,
}

impl Lasting {
    /// The keys that are shown at `url`: known already, or to be fetched. Those that nobody uses are forgotten.
    ///
    /// # Errors
    /// In words, when nothing can be asked there.
    pub(super) fn trust(
        &self,
        url: &str,
        ca: Option<PathBuf>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<Trust>, String> {
        let mut trusts = self.trusts.lock().unwrap_or_else(PoisonError::into_inner);
        trusts.retain(|_, trust| Arc::strong_count(trust) > 1);
        let origin = (url.to_owned(), ca.clone());
        if let Some(trust) = trusts.get(&origin) {
            return Ok(Arc::clone(trust));
        }
        let place = Place::new(url, ca, None)?;
        let trust = Arc::new(Trust::fetched(Box::new(place), Arc::clone(clock)));
        trusts.insert(origin, Arc::clone(&trust));
        Ok(trust)
    }
}
