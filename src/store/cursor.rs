//! How far each subscriber has come in the event log, and entity records that events fold into.

use std::sync::Arc;

use super::Millis;

/// How far a subscriber has come, and how it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The subscriber's own name.
    pub name: Arc<str>,
    /// The number of the first event that it is still to be told of; 0: of none yet, it has just begun.
    pub next: u64,
    /// How often somebody set it to another place: what is delivered for an earlier epoch is let go.
    pub epoch: u64,
    /// Failures in a row.
    pub failures: u64,
    /// When the first of them was.
    pub failing_since: Option<Millis>,
    /// It is not tried before.
    pub retry_at: Option<Millis>,
    /// Nothing is delivered until somebody resumes it.
    pub disabled: bool,
    /// What went wrong last; empty when nothing did.
    pub problem: Arc<str>,
}

/// What is known of one thing that events are about. It outlives instances of flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub account: Arc<str>,
    /// What kind of thing: `shipment`.
    pub entity: Arc<str>,
    /// Which one: unique in its account and kind.
    pub key: Arc<str>,
    pub updated_at: Millis,
    /// When it may be forgotten.
    pub keep_until: Millis,
    /// JSON.
    pub body: Arc<[u8]>,
}

/// What a subscriber has not been told of yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events, counted up to [`Backlog::MOST`].
    pub events: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Millis>,
}

impl Backlog {
    /// Counting goes no further.
    pub const MOST: u64 = 100_000;
}
