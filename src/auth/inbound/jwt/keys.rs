//! Keys of an issuer, read from a JWK Set (RFC 7517) or made of a shared secret.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::algorithm::{Algorithm, KeyKind};
use crate::codec::json::{self, Limits};
use crate::value::Value;

/// Keys of one issuer that are looked at; more are ignored.
const MOST: usize = 100;
/// A JWK Set: at most so many bytes, so deep.
const LIMITS: Limits = Limits { depth: 8, bytes: 512 << 10 };

/// What checks a signature.
#[derive(Clone)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point or a key as the crate reads it.
    Bytes(Vec<u8>),
    Shared(Arc<zeroize::Zeroizing<Vec<u8>>>),
}

/// One key, and what it may be used with.
#[derive(Clone)]
pub(super) struct Key {
    pub id: Option<Arc<str>>,
    kind: KeyKind,
    /// The one algorithm that its owner allows; `None`: all of its kind.
    only: Option<Algorithm>,
    material: Material,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?} {:?})", self.kind, self.id)
    }
}

impl Key {
    /// A secret that the issuer knows too.
    pub fn shared(secret: &[u8]) -> Key {
        let material = Material::Shared(Arc::new(zeroize::Zeroizing::new(secret.to_vec())));
        Key { id: None, kind: KeyKind::Shared, only: None, material }
    }

    /// Whether it may check what this algorithm signed.
    pub fn goes_with(&self, algorithm: Algorithm) -> bool {
        self.kind == algorithm.kind() && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether the signature is this key's over the message, by an algorithm that it goes with.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.goes_with(algorithm) {
            return false;
        }
        match (&self.material, algorithm.public(), algorithm.shared()) {
            (Material::Rsa { n, e }, Some(_), _) => rsa(algorithm, n, e, message, signature),
            (Material::Bytes(bytes), Some(check), _) => {
                UnparsedPublicKey::new(check, bytes).verify(message, signature).is_ok()
            }
            (Material::Shared(secret), _, Some(digest)) => {
                hmac::verify(&hmac::Key::new(digest, secret), message, signature).is_ok()
            }
            _ => false,
        }
    }
}

fn rsa(algorithm: Algorithm, n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use aws_lc_rs::signature::*;
    let check = match algorithm {
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        _ => return false,
    };
    RsaPublicKeyComponents { n, e }.verify(check, message, signature).is_ok()
}

/// The keys of a JWK Set that can check signatures; keys of other kinds or for other uses are passed over, as
/// RFC 7517 §5 wants. Secrets (`oct`) are never taken from a set that others can read.
///
/// # Errors
/// In words, when it is no JWK Set or holds no key of use.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Key>, String> {
    let set = json::decode(bytes, &LIMITS).map_err(|error| format!("is no JSON: {}", error.message))?;
    let listed = set.get("keys").and_then(Value::as_array).ok_or("is no JWK Set: it has no list `keys`")?;
    let keys: Vec<Key> = listed.iter().take(MOST).filter_map(key).collect();
    if keys.is_empty() { Err("holds no key that can check a signature".to_owned()) } else { Ok(keys) }
}

fn key(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|use_| use_ != "sig") || !may_verify(jwk) {
        return None;
    }
    let only = match text("alg") {
        Some(name) => Some(Algorithm::named(name)?),
        None => None,
    };
    let (kind, material) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (KeyKind::Rsa, modulus(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?),
        ("EC", Some("P-256")) => (KeyKind::P256, point(jwk, 32)?),
        ("EC", Some("P-384")) => (KeyKind::P384, point(jwk, 48)?),
        ("EC", Some("P-521")) => (KeyKind::P521, point(jwk, 66)?),
        ("OKP", Some("Ed25519")) => {
            (KeyKind::Ed25519, Material::Bytes(bytes(jwk, "x").filter(|x| x.len() == 32)?))
        }
        _ => return None,
    };
    let key = Key { id: text("kid").map(Arc::from), kind, only, material };
    // A key for an algorithm of another kind contradicts itself.
    key.only.is_none_or(|only| only.kind() == kind).then_some(key)
}

fn may_verify(jwk: &Value) -> bool {
    let Some(operations) = jwk.get("key_ops").and_then(Value::as_array) else { return true };
    operations.iter().any(|operation| operation.as_str() == Some("verify"))
}

/// RSA keys below 2048 bits are broken, and above 8192 bits a burden.
fn modulus(n: &[u8], e: &[u8]) -> Option<Material> {
    let (n, e) = (stripped(n), stripped(e));
    (256..=1024).contains(&n.len()).then(|| Material::Rsa { n: n.to_vec(), e: e.to_vec() })
}

/// Some issuers send a leading zero, as if the number could be negative.
fn stripped(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// An uncompressed point (SEC 1 §2.3.3).
fn point(jwk: &Value, size: usize) -> Option<Material> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    (x.len() == size && y.len() == size).then(|| Material::Bytes([&[4][..], &x, &y].concat()))
}

fn bytes(jwk: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?.trim_end_matches('=')).ok()
}
