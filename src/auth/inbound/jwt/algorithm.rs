//! How tokens are signed (RFC 7518 §3, RFC 8037), and which keys go with which algorithm.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, VerificationAlgorithm};

/// A way to sign a token. `none` is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Es256,
    Es384,
    Es512,
    EdDsa,
    Hs256,
    Hs384,
    Hs512,
    Ps256,
    Ps384,
    Ps512,
    Rs256,
    Rs384,
    Rs512,
}

/// What a key is: it is used with the algorithms of its own kind and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
    /// A secret that both sides know.
    Shared,
}

impl Algorithm {
    /// Every algorithm by its name in the header `alg`, sorted by name.
    pub const ALL: [(&'static str, Algorithm); 13] = [
        ("ES256", Algorithm::Es256),
        ("ES384", Algorithm::Es384),
        ("ES512", Algorithm::Es512),
        ("EdDSA", Algorithm::EdDsa),
        ("HS256", Algorithm::Hs256),
        ("HS384", Algorithm::Hs384),
        ("HS512", Algorithm::Hs512),
        ("PS256", Algorithm::Ps256),
        ("PS384", Algorithm::Ps384),
        ("PS512", Algorithm::Ps512),
        ("RS256", Algorithm::Rs256),
        ("RS384", Algorithm::Rs384),
        ("RS512", Algorithm::Rs512),
    ];

    /// The algorithm of this name, letter by letter.
    pub fn named(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }

    /// The kind of key that it needs.
    pub fn kind(self) -> KeyKind {
        use Algorithm::*;
        match self {
            Es256 => KeyKind::P256,
            Es384 => KeyKind::P384,
            Es512 => KeyKind::P521,
            EdDsa => KeyKind::Ed25519,
            Hs256 | Hs384 | Hs512 => KeyKind::Shared,
            Ps256 | Ps384 | Ps512 | Rs256 | Rs384 | Rs512 => KeyKind::Rsa,
        }
    }

    /// The check of a signature that others can make; `None` for shared secrets.
    pub fn public(self) -> Option<&'static dyn VerificationAlgorithm> {
        use Algorithm::*;
        Some(match self {
            Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Es512 => &signature::ECDSA_P521_SHA512_FIXED,
            EdDsa => &signature::ED25519,
            Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Hs256 | Hs384 | Hs512 => return None,
        })
    }

    /// The keyed digest of a shared secret; `None` for the others.
    pub fn shared(self) -> Option<hmac::Algorithm> {
        match self {
            Algorithm::Hs256 => Some(hmac::HMAC_SHA256),
            Algorithm::Hs384 => Some(hmac::HMAC_SHA384),
            Algorithm::Hs512 => Some(hmac::HMAC_SHA512),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_exactly_one_check_and_its_own_kind_of_key() {
        assert!(Algorithm::ALL.is_sorted_by(|a, b| a.0 < b.0));
        for (name, algorithm) in Algorithm::ALL {
            assert_eq!(Algorithm::named(name), Some(algorithm));
            assert_ne!(algorithm.public().is_some(), algorithm.shared().is_some(), "{name}");
            assert_eq!(algorithm.shared().is_some(), algorithm.kind() == KeyKind::Shared, "{name}");
        }
        for stranger in ["none", "None", "rs256", "RS256 ", "", "HS1", "ES256K"] {
            assert_eq!(Algorithm::named(stranger), None, "{stranger}");
        }
    }
}
