//! Answers of reads, kept for a while: bounded in bytes, asked for once at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Outcome;
use crate::value::Value;

/// All kept answers together, in bytes (roughly).
const CAPACITY: u64 = 64 << 20;

/// Whose answer to which question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub system: Arc<str>,
    pub operation: Arc<str>,
    /// Of the system's declaration: an answer made by an older one is not found.
    pub fingerprint: [u8; 16],
    /// `None`: shared by all.
    pub account: Option<Arc<str>>,
    /// The inputs, encoded.
    pub inputs: Vec<u8>,
}

/// A kept answer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub value: Option<Value>,
    /// When the question was asked, on the monotonic clock.
    pub asked: Duration,
}

/// What a look into the cache gives.
pub(super) enum Look {
    /// Young enough.
    Hit(Entry),
    /// Somebody asks the same already; with the time by which they give up.
    Join(watch::Receiver<Option<Outcome>>, Duration),
    /// The caller is the one to ask.
    Lead(Flight),
}

/// The kept answers of every system.
#[derive(Debug)]
pub(super) struct Cache {
    kept: moka::sync::Cache<Key, Entry>,
    flights: Arc<Mutex<Flights>>,
}

type Flights = HashMap<Key, (watch::Receiver<Option<Outcome>>, Duration)>;

/// The duty to ask, while others wait for the answer. Dropped without an answer, the next asks.
#[derive(Debug)]
pub(super) struct Flight {
    key: Key,
    landed: watch::Sender<Option<Outcome>>,
    flights: Arc<Mutex<Flights>>,
}

impl Cache {
    pub fn new() -> Cache {
        let weigh = |key: &Key, entry: &Entry| {
            let weight = key.inputs.len() + 128 + entry.value.as_ref().map_or(0, weight);
            u32::try_from(weight).unwrap_or(u32::MAX)
        };
        let kept = moka::sync::Cache::builder().max_capacity(CAPACITY).weigher(weigh).build();
        Cache { kept, flights: Arc::default() }
    }

    /// The answer kept for `key`, when it is no older than `oldest`.
    pub fn get(&self, key: &Key, now: Duration, oldest: Duration) -> Option<Entry> {
        self.kept.get(key).filter(|entry| now.saturating_sub(entry.asked) <= oldest)
    }

    /// A young enough answer, or somebody to wait for, or the duty to ask until `deadline`.
    pub fn look(&self, key: &Key, now: Duration, ttl: Duration, deadline: Duration) -> Look {
        if let Some(entry) = self.get(key, now, ttl) {
            return Look::Hit(entry);
        }
        let mut flights = lock(&self.flights);
        // Who asked may have landed since the look above.
        if let Some(entry) = self.get(key, now, ttl) {
            return Look::Hit(entry);
        }
        if let Some((landing, until)) = flights.get(key) {
            return Look::Join(landing.clone(), *until);
        }
        let (landed, landing) = watch::channel(None);
        flights.insert(key.clone(), (landing, deadline));
        Look::Lead(Flight { key: key.clone(), landed, flights: Arc::clone(&self.flights) })
    }

    /// Keeps an answer, unless one to a later question is kept already.
    pub fn keep(&self, key: Key, entry: Entry) {
        if self.kept.get(&key).is_none_or(|kept| kept.asked <= entry.asked) {
            self.kept.insert(key, entry);
        }
    }
}

impl Flight {
    /// Hands the outcome to everyone who waits.
    pub fn land(self, outcome: &Outcome) {
        self.landed.send_replace(Some(outcome.clone()));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.key);
    }
}

fn lock(flights: &Mutex<Flights>) -> std::sync::MutexGuard<'_, Flights> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

/// About how many bytes a value takes. Values nest no deeper than a codec lets them.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 16,
        Value::Number(_) => 32,
        Value::String(text) => 32 + text.len(),
        Value::Array(items) => 48 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| 32 + name.len() + weight(value));
            96 + members.sum::<usize>()
        }
    }
}
