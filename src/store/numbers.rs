//! What is in a store, in numbers, and what was looked at.

use super::{Millis, Status};

/// What is in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// Instances of every status, in the order of [`Status::ALL`].
    pub instances: Vec<(Status, u64)>,
    /// Cases that somebody must still deal with.
    pub open_cases: u64,
    /// When the oldest instance that is not over began.
    pub oldest_open: Option<Millis>,
    /// Entries of all journals.
    pub entries: u64,
    pub events: u64,
    /// Links of the audit trail.
    pub links: u64,
    /// Bytes on disk.
    pub used: u64,
    /// Bytes free beside it.
    pub free: u64,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub instances: u64,
    /// Entries of their journals.
    pub entries: u64,
    /// Links of the audit trail.
    pub links: u64,
}
