//! The audit trail: records chained by their digests, so that a changed, missing or reordered one is found.

use std::sync::Arc;

use super::Millis;

/// What goes into the trail. Payloads never do, only their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    pub at: Millis,
    /// `accepted`, `rejected`, `action`, `generation`, ...
    pub kind: Arc<str>,
    /// A person or client by name; `gateway` for what it does by itself.
    pub who: Arc<str>,
    pub account: Arc<str>,
    /// What it is about: an instance, a case, a generation.
    pub about: Arc<str>,
    /// JSON: what was decided, the reason given, digests of what was sent.
    pub body: Arc<[u8]>,
}

/// A record in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1, without gaps.
    pub number: u64,
    pub record: AuditRecord,
    /// SHA-256, hex, of the link before; 64 zeros for the first.
    pub before: Arc<str>,
    /// SHA-256, hex, over `before`, the number and the record.
    pub digest: Arc<str>,
}
