//! What was proven a moment ago: bounded in number and life, found by digest.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::Client;

/// Room for the proofs of one policy, in bytes.
const ROOM: u64 = 32 << 20;
/// What one takes besides what it says.
const EACH: usize = 512;
/// A value takes about so many times the room of its text.
const SWOLLEN: usize = 4;

/// Proofs that held. Nothing here can give one back.
pub(super) struct Verified {
    cache: Cache<[u8; 32], Held>,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({})", self.cache.entry_count())
    }
}

/// Whose proof it was, and for how long.
#[derive(Debug, Clone)]
struct Held {
    client: Arc<Client>,
    /// Seconds since 1970.
    until: f64,
    /// Of the keys that it was proven with.
    keys: u64,
    /// Bytes that it takes.
    weight: u32,
}

impl Verified {
    /// Remembers each proof for at most so long.
    pub fn new(life: Duration) -> Verified {
        let cache = Cache::builder().weigher(|_, held: &Held| held.weight).max_capacity(ROOM);
        Verified { cache: cache.time_to_live(life).build() }
    }

    /// Whose proof this is, if it held a moment ago, is not over `now` (seconds since 1970), and the keys are the same.
    pub fn client(&self, digest: &[u8; 32], now: f64, keys: u64) -> Option<Arc<Client>> {
        let held = self.cache.get(digest)?;
        (now < held.until && held.keys == keys).then_some(held.client)
    }

    /// Remembers a proof of `size` bytes that held, until a time in seconds since 1970.
    pub fn keep(&self, digest: [u8; 32], client: &Arc<Client>, until: f64, keys: u64, size: usize) {
        let weight = u32::try_from(EACH + SWOLLEN * size).unwrap_or(u32::MAX);
        self.cache.insert(digest, Held { client: Arc::clone(client), until, keys, weight });
    }
}

/// What a proof is found by.
pub(super) fn digest(proof: &[u8]) -> [u8; 32] {
    Sha256::digest(proof).into()
}
