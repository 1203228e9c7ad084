//! Live keys of callers and operators: found by digest, compared in constant time.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{KeyDigest, digest_of};

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
    /// Keys with their owners. The error has a sentence for each that is kept as a secret and is no digest.
    pub fn resolve<'k>(
        keys: impl Iterator<Item = (&'k KeyDigest, T)>,
        secret: &dyn Fn(&str) -> Option<Arc<str>>,
    ) -> Result<Keys<T>, Vec<String>> {
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        for (key, owner) in keys {
            match read(key, secret) {
                Ok(digest) => found.push((digest, owner)),
                Err(why) => wrong.push(why),
            }
        }
        if wrong.is_empty() { Ok(found.into_iter().collect()) } else { Err(wrong) }
    }

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

fn read(key: &KeyDigest, secret: &dyn Fn(&str) -> Option<Arc<str>>) -> Result<[u8; 32], String> {
    match key {
        KeyDigest::Known(digest) => Ok(*digest),
        KeyDigest::Secret(name) => secret(name).as_deref().and_then(digest_of).ok_or_else(|| {
            format!("the secret `{name}` is not a key's digest: write `sha256:` and 64 hex digits")
        }),
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
    #[test]
    fn a_digest_that_is_kept_as_a_secret() {
        let digest = KeyDigest::Secret("portal_key".into());
        let keys = |text: &'static str| Keys::resolve([(&digest, ())].into_iter(), &|_| Some(text.into()));
        let hex = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let text = Box::leak(format!("sha256:{hex}\n").into_boxed_str());
        assert_eq!(keys(text).unwrap().owner(b"secret"), Some(&()));
        let wrong = keys("secret").unwrap_err();
        assert!(wrong[0].contains("`portal_key`") && !wrong[0].contains("`secret`"), "{wrong:?}");
    }
}
