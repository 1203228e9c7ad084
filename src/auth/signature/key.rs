//! Keys that sign and keys that verify, read from secrets as the declaration says they are written.

use std::fmt;

use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Algorithm, KeyForm, Signature, from_hex};
use crate::auth::Secret;

/// A key that verifies: the shared secret, or a public key.
pub struct VerifyingKey(pub(super) Verifies);

/// A key that signs: the shared secret, or a private key.
pub struct SigningKey(pub(super) Signs);

pub(super) enum Verifies {
    Hmac(Box<hmac::Key>),
    Rsa(Vec<u8>),
    Ed25519(Vec<u8>),
}

pub(super) enum Signs {
    Hmac(Box<hmac::Key>),
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(..)")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl VerifyingKey {
    /// The key that verifies what a signature declares.
    ///
    /// # Errors
    /// A sentence without a word of the secret, to follow its name: `is not base64`.
    pub fn read(signature: &Signature, secret: &Secret) -> Result<VerifyingKey, String> {
        let bytes = decoded(signature.key, secret.reveal())?;
        Ok(VerifyingKey(match signature.algorithm {
            Algorithm::RsaSha256 => {
                rsa::PublicKey::from_der(&bytes).map_err(|_| "is not a public RSA key".to_owned())?;
                Verifies::Rsa(bytes.to_vec())
            }
            Algorithm::Ed25519 => Verifies::Ed25519(ed25519_public(&bytes)?),
            _ => Verifies::Hmac(Box::new(shared(signature.algorithm, &bytes)?)),
        }))
    }

    /// Whether a signature of an asymmetric key fits a message.
    pub(super) fn fits(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Verifies::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Verifies::Rsa(key) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature).is_ok()
            }
            Verifies::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
        }
    }
}

impl SigningKey {
    /// The key that signs what a signature declares.
    ///
    /// # Errors
    /// A sentence without a word of the secret, to follow its name: `is not base64`.
    pub fn read(signature: &Signature, secret: &Secret) -> Result<SigningKey, String> {
        let bytes = decoded(signature.key, secret.reveal())?;
        Ok(SigningKey(match signature.algorithm {
            Algorithm::RsaSha256 => {
                let pair = RsaKeyPair::from_pkcs8(&bytes);
                Signs::Rsa(Box::new(pair.map_err(|_| "is not a private RSA key (PKCS #8)".to_owned())?))
            }
            Algorithm::Ed25519 => Signs::Ed25519(Box::new(ed25519_private(&bytes)?)),
            _ => Signs::Hmac(Box::new(shared(signature.algorithm, &bytes)?)),
        }))
    }
}

fn shared(algorithm: Algorithm, bytes: &[u8]) -> Result<hmac::Key, String> {
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    let algorithm = match algorithm {
        Algorithm::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::HmacSha384 => hmac::HMAC_SHA384,
        Algorithm::HmacSha512 => hmac::HMAC_SHA512,
        Algorithm::HmacSha256 | Algorithm::RsaSha256 | Algorithm::Ed25519 => hmac::HMAC_SHA256,
    };
    Ok(hmac::Key::new(algorithm, bytes))
}

/// What a DER-encoded public key of Ed25519 begins with (RFC 8410 §4): the key's 32 bytes follow.
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn ed25519_public(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let key = bytes.strip_prefix(&ED25519_SPKI).unwrap_or(bytes);
    if key.len() == 32 { Ok(key.to_vec()) } else { Err("is not a public Ed25519 key".to_owned()) }
}

/// A private key: PKCS #8, a seed of 32 bytes, or seed and public key (Standard Webhooks).
fn ed25519_private(bytes: &[u8]) -> Result<Ed25519KeyPair, String> {
    let pair = match bytes.len() {
        32 => Ed25519KeyPair::from_seed_unchecked(bytes),
        64 => Ed25519KeyPair::from_seed_and_public_key(&bytes[..32], &bytes[32..]),
        _ => Ed25519KeyPair::from_pkcs8(bytes),
    };
    let pair = pair.map_err(|_| "is not a private Ed25519 key".to_owned())?;
    debug_assert_eq!(pair.public_key().as_ref().len(), 32);
    Ok(pair)
}

/// The bytes of a key as it is written. Line ends around it are a file's, not the key's.
fn decoded(form: KeyForm, text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    let base64 = |text: &str| STANDARD.decode(text.trim()).map_err(|_| "is not base64".to_owned());
    let bytes = match form {
        KeyForm::Utf8 => Ok(text.as_bytes().to_vec()),
        KeyForm::Hex => from_hex(text.trim()).ok_or_else(|| "is not hexadecimal digits".to_owned()),
        KeyForm::Base64 => base64(text),
        KeyForm::Whsec => {
            let prefix =
                ["whsec_", "whpk_", "whsk_"].into_iter().find_map(|prefix| text.strip_prefix(prefix));
            base64(prefix.unwrap_or(text))
        }
        KeyForm::Pem => pem(text),
    };
    bytes.map(Zeroizing::new)
}

/// The bytes of the one PEM block (RFC 7468) in a text.
fn pem(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || "is not one PEM block".to_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    let [first, inside @ .., last] = lines.as_slice() else { return Err(wrong()) };
    if !first.starts_with("-----BEGIN ") || !last.starts_with("-----END ") {
        return Err(wrong());
    }
    STANDARD.decode(inside.concat()).map_err(|_| wrong())
}
