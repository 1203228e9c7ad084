//! Live keys of callers and operators: found by digest, compared in constant time.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Longest key that is looked at, in bytes.
pub const LONGEST: usize = 1024;

/// Keys as they are stored, each with whose it is. Nothing here can give a key back.
pub struct Keys<T> {
    /// By the first eight bytes of the digest: they are a digest's, so how long the search takes
    /// tells nothing about a key.
    by_prefix: HashMap<[u8; 8], Vec<([u8; 32], T)>>,
}

impl<T> std::fmt::Debug for Keys<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.by_prefix.len())
    }
}

impl<T> FromIterator<([u8; 32], T)> for Keys<T> {
    fn from_iter<I: IntoIterator<Item = ([u8; 32], T)>>(keys: I) -> Keys<T> {
        let mut by_prefix: HashMap<_, Vec<_>> = HashMap::new();
        for (digest, owner) in keys {
            by_prefix.entry(prefix(&digest)).or_default().push((digest, owner));
        }
        Keys { by_prefix }
    }
}

impl<T> Keys<T> {
    /// Whose key this is; `None` when nobody's.
    pub fn owner(&self, key: &[u8]) -> Option<&T> {
        if key.is_empty() || key.len() > LONGEST {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(key).into();
        let alike = self.by_prefix.get(&prefix(&digest))?;
        let found = alike.iter().filter(|(stored, _)| bool::from(stored.ct_eq(&digest)));
        found.map(|(_, owner)| owner).next()
    }
}

fn prefix(digest: &[u8; 32]) -> [u8; 8] {
    let mut prefix = [0; 8];
    prefix.copy_from_slice(&digest[..8]);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_keys_live_for_one_owner() {
        let digest = |key: &str| <[u8; 32]>::from(Sha256::digest(key));
        let keys: Keys<&str> = [(digest("old"), "portal"), (digest("new"), "portal"), (digest("x"), "hub")]
            .into_iter()
            .collect();
        assert_eq!(keys.owner(b"old"), Some(&"portal"));
        assert_eq!(keys.owner(b"new"), Some(&"portal"));
        assert_eq!(keys.owner(b"x"), Some(&"hub"));
        assert_eq!(keys.owner(b""), None);
        assert_eq!(keys.owner(b"Old"), None);
        assert_eq!(keys.owner(&[b'x'; LONGEST + 1]), None);
    }
}
