//! Who may call, and keys as they are stored.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{CertificateRule, PasswordHash};
use crate::value::Value;

/// Who may call: an account's program.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub name: Arc<str>,
    /// The customer account it acts for.
    pub account: Arc<str>,
    /// What it may do, sorted.
    pub scopes: Vec<Arc<str>>,
    /// Live keys; several for rotation.
    pub keys: Vec<KeyDigest>,
    /// Live passwords; several for rotation.
    pub passwords: Vec<PasswordHash>,
    /// Which certificates are this client's: any of these.
    pub certificates: Vec<CertificateRule>,
    /// What its proof says of it; `None` for proofs that say nothing.
    pub claims: Option<Value>,
}

impl Client {
    /// Whether this client may do what `scope` names.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| &**own == scope)
    }
}

/// A key as it is stored: its SHA-256 (32 bytes), written `sha256:<hex>`.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyDigest {
    Known([u8; 32]),
    /// The digest itself is kept as a secret: its name.
    Secret(Arc<str>),
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(..)")
    }
}

impl KeyDigest {
    /// The digest of a key.
    pub fn of(key: &[u8]) -> KeyDigest {
        KeyDigest::Known(Sha256::digest(key).into())
    }

    /// Reads `sha256:<64 hex digits>`; `None` when it is anything else.
    pub fn parse(text: &str) -> Option<KeyDigest> {
        digest_of(text).map(KeyDigest::Known)
    }
}

/// The 32 bytes of `sha256:<64 hex digits>`.
pub fn digest_of(text: &str) -> Option<[u8; 32]> {
    let hex = text.trim().strip_prefix("sha256:")?;
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect();
    (digits.len() == 64).then(|| bytes.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_whole_or_not_at_all() {
        let text = format!("sha256:{}", "0f".repeat(32));
        assert_eq!(digest_of(&text), Some([15; 32]));
        assert_eq!(digest_of("sha256:0f"), None);
        assert_eq!(digest_of(&text.replace("sha256", "md5")), None);
        assert_eq!(digest_of(&text.replace('f', "g")), None);
    }
}
