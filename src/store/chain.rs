//! The chain of the audit trail: what a link's digest is made of, and whether the trail still holds.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{AuditRecord, Link, Store, StoreError};

/// How many links are read at a time.
const PAGE: usize = 1000;

/// Why the audit trail cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditBreak {
    /// What this link says is not what was written.
    Changed { number: u64 },
    /// This link is not there.
    Missing { number: u64 },
    /// This link does not follow the one before it: it was moved, or one of the two was written anew.
    Misplaced { number: u64 },
    /// The trail could not be read.
    Unread(StoreError),
}

impl std::fmt::Display for AuditBreak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AuditBreak::Changed { number } => write!(f, "link {number} of the audit trail was changed"),
            AuditBreak::Missing { number } => write!(f, "link {number} of the audit trail is missing"),
            AuditBreak::Misplaced { number } => {
                write!(f, "link {number} of the audit trail does not follow the one before it")
            }
            AuditBreak::Unread(error) => write!(f, "the audit trail cannot be read: {error}"),
        }
    }
}

impl std::error::Error for AuditBreak {}

/// Looks at every link of a store's audit trail. Gives how many there are.
///
/// A trail that was cut off at its end is whole in itself: whoever must know keeps the digest of the last
/// link somewhere else. The SQLite store keeps it beside the trail too.
///
/// # Errors
/// The first link that does not hold.
pub fn verify<S: Store + ?Sized>(store: &S) -> Result<u64, AuditBreak> {
    let (mut number, mut before) = (0, first());
    loop {
        let links = store.audit(number, PAGE).map_err(AuditBreak::Unread)?;
        for link in &links {
            holds(link, number + 1, &before)?;
            number = link.number;
            before = link.digest.clone();
        }
        if links.len() < PAGE {
            return Ok(number);
        }
    }
}

/// Whether a link is the `number`th and follows the one whose digest is `before`.
fn holds(link: &Link, number: u64, before: &Arc<str>) -> Result<(), AuditBreak> {
    if link.number != number {
        return Err(AuditBreak::Missing { number });
    }
    if link.before != *before {
        return Err(AuditBreak::Misplaced { number });
    }
    if *link.digest != *hex(&digest(&link.before, number, &link.record)) {
        return Err(AuditBreak::Changed { number });
    }
    Ok(())
}

/// What the first link follows.
pub(super) fn first() -> Arc<str> {
    "0".repeat(64).into()
}

/// A record as the `number`th link, after the one whose digest is `before`.
pub(super) fn link(before: &Arc<str>, number: u64, record: &AuditRecord) -> Link {
    let digest = hex(&digest(before, number, record)).into();
    Link { number, record: record.clone(), before: before.clone(), digest }
}

/// The digest: over every field with its length before it, so that no two records read the same.
fn digest(before: &str, number: u64, record: &AuditRecord) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(number.to_be_bytes());
    hash.update(record.at.to_be_bytes());
    let texts = [before, &record.kind, &record.who, &record.account, &record.about].map(str::as_bytes);
    for field in texts.into_iter().chain([&*record.body]) {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The bytes of a digest of ours in hex; what is none is no bytes.
pub(super) fn unhex(text: &str) -> Vec<u8> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect::<Option<_>>().unwrap_or_default()
}
