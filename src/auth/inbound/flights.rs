//! One at a time does the work that many wait for, apart for each thing that is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// Entries from which on those that nobody holds are looked for.
const MANY: usize = 256;

/// Who is at work for what.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<[u8; 32], Weak<tokio::sync::Mutex<()>>>>);

impl Flights {
    /// Waits until nobody else works for the same thing. Whoever waited looks first at what the other one found.
    pub async fn turn(&self, digest: [u8; 32]) -> OwnedMutexGuard<()> {
        self.of(digest).lock_owned().await
    }

    fn of(&self, digest: [u8; 32]) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&digest).and_then(Weak::upgrade) {
            return flight;
        }
        if flights.len() >= MANY {
            flights.retain(|_, flight| flight.strong_count() > 0);
        }
        let flight = Arc::new(tokio::sync::Mutex::new(()));
        flights.insert(digest, Arc::downgrade(&flight));
        flight
    }
}
