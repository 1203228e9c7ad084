//! Passwords as they are stored: hashed by Argon2id (RFC 9106), in the form of PHC strings.

use std::sync::Arc;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// Longest password, in bytes.
pub(super) const LONGEST: usize = 512;
/// Memory that one check may take, in KiB, and passes over it: what a slip in a hash must not exceed.
const MOST_MEMORY: u32 = 256 << 10;
const MOST_PASSES: u32 = 16;

/// A password as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordHash {
    Known(Arc<str>),
    /// The hash itself is kept as a secret: its name.
    Secret(Arc<str>),
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl PasswordHash {
    /// Reads `$argon2id$…`; `None` when it is anything else, or asks for more than one check may take.
    pub fn parse(text: &str) -> Option<PasswordHash> {
        let hash = password_hash::PasswordHash::new(text.trim()).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let own = hash.algorithm.as_str() == "argon2id" && hash.hash.is_some() && hash.salt.is_some();
        let bounded = params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES;
        (own && bounded).then(|| PasswordHash::Known(text.trim().into()))
    }

    /// The hash as text, looked up where it is a secret.
    pub(super) fn text(&self, secret: &dyn Fn(&str) -> Option<Arc<str>>) -> Result<Arc<str>, String> {
        match self {
            PasswordHash::Known(text) => Ok(Arc::clone(text)),
            PasswordHash::Secret(name) => match secret(name).as_deref().and_then(PasswordHash::parse) {
                Some(PasswordHash::Known(text)) => Ok(text),
                _ => Err(format!(
                    "the secret `{name}` is not a password's hash: `crossdock key --password` makes one"
                )),
            },
        }
    }
}

/// Hashes a password: 19 MiB, two passes, one lane, as OWASP recommends. `salt` is 16 bytes of chance.
///
/// # Errors
/// When it is empty or longer than 512 bytes.
pub fn hash_password(password: &str, salt: [u8; 16]) -> Result<String, String> {
    if password.is_empty() || password.len() > LONGEST {
        return Err(format!("a password has 1 to {LONGEST} bytes"));
    }
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let hashed = hashed.hash_password(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hashed.to_string())
}

/// Whether a password is one of these hashes. With none, it takes as long and says no: who asks does not learn whether
/// there is such a user.
pub(super) fn is_one_of(password: &[u8], hashes: &[Arc<str>]) -> bool {
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y3Jvc3Nkb2Nrbm9ib2R5$\
                          aVGnUdVk7tpP0hGlB4yC0sN8dFJmJ8r3kqk0yQ0m9uQ";
    let holds = |hash: &str| {
        let parsed = password_hash::PasswordHash::new(hash);
        parsed.is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
    };
    if hashes.is_empty() {
        let _ = holds(NOBODY);
        return false;
    }
    // Each is looked at: how long it takes does not tell which one it was.
    hashes.iter().fold(false, |found, hash| holds(hash) | found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_one_password() {
        let hash = hash_password("correct horse", [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let hashes = [Arc::from(hash.as_str())];
        assert!(is_one_of(b"correct horse", &hashes));
        assert!(!is_one_of(b"correct hors", &hashes));
        assert!(!is_one_of(b"correct horse", &[]));
        assert!(PasswordHash::parse(&hash).is_some());
        assert!(hash_password("", [7; 16]).is_err() && hash_password(&"a".repeat(513), [7; 16]).is_err());
    }

    #[test]
    fn hashes_that_are_weak_or_boundless_are_refused() {
        let hash = hash_password("correct horse", [7; 16]).unwrap();
        for (from, to) in
            [("argon2id", "argon2i"), ("m=19456", "m=4194304"), ("t=2", "t=1000"), ("$argon2id", "")]
        {
            assert_eq!(PasswordHash::parse(&hash.replace(from, to)), None, "{to}");
        }
        assert_eq!(PasswordHash::parse("correct horse"), None);
    }
}
