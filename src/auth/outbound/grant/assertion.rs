//! An assertion: a JWT that says who we are, signed with a key of ours (RFC 7515, RFC 7523 §3).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use crate::auth::Secret;
use crate::clock::Clock;
use crate::config::declarations::system::Algorithm;

/// What an assertion says and is signed with.
pub(super) struct Assertion {
    pub issuer: Secret,
    pub subject: Secret,
    pub audience: Secret,
    pub claims: Vec<(String, Secret)>,
    pub key_id: Option<Secret>,
    pub key: Key,
    pub lifetime: Duration,
}

/// A private key; shown to nobody.
pub(super) enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// Reads a private key in PEM (PKCS #8, PKCS #1 or SEC 1). The error has no word of it.
    pub fn read(pem: &Secret, algorithm: Algorithm) -> Result<Key, String> {
        let der = PrivateKeyDer::from_pem_slice(pem.reveal().as_bytes())
            .map_err(|_| "`key` holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)".to_owned())?;
        let unfit = |what: &str| format!("`key` is no {what}");
        match algorithm {
            Algorithm::Rs256 => {
                let pair = match &der {
                    PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
                    other => RsaKeyPair::from_pkcs8(other.secret_der()),
                };
                let pair = pair.map_err(|_| unfit("RSA key of at least 2048 bits, which `RS256` needs"))?;
                Ok(Key::Rsa(Box::new(pair)))
            }
            Algorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_der());
                Ok(Key::Ec(Box::new(pair.map_err(|_| unfit("key on P-256, which `ES256` needs"))?)))
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Key::Rsa(_) => "RS256",
            Key::Ec(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Key::Ec(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
        }
    }
}

impl Assertion {
    /// A new one, good from now on.
    pub fn make(&self, clock: &dyn Clock) -> Result<Zeroizing<String>, String> {
        let mut head = json!({ "alg": self.key.name(), "typ": "JWT" });
        if let Some(id) = &self.key_id {
            head["kid"] = id.reveal().into();
        }
        let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&head), part(&Json::Object(self.payload(clock))));
        let signature =
            self.key.sign(signed.as_bytes()).ok_or("the assertion could not be signed".to_owned())?;
        Ok(Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    fn payload(&self, clock: &dyn Clock) -> Map<String, Json> {
        let now = (clock.now().0 / 1_000_000_000) as i64;
        let own = self.claims.iter().map(|(name, value)| (name.clone(), Json::from(value.reveal())));
        let mut claims: Map<String, Json> = own.collect();
        for (name, text) in [("iss", &self.issuer), ("sub", &self.subject), ("aud", &self.audience)] {
            claims.insert(name.to_owned(), text.reveal().into());
        }
        claims.insert("iat".to_owned(), now.into());
        claims.insert("exp".to_owned(), now.saturating_add(self.lifetime.as_secs() as i64).into());
        claims.insert("jti".to_owned(), clock.id().to_string().into());
        claims
    }
}
