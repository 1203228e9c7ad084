//! A signature over the bytes of a message, declared by its fields: for webhooks in and out, and for systems
//! that want signed requests.

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// How a message is signed. What a `preset` says need not be said again; what stands here goes before it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A declaration that comes with crossdock: easypost | github | onfleet | samsara | shopify |
    /// standard_webhooks | stripe.
    pub preset: Option<Name>,
    /// The header that carries the signature.
    pub header: Option<Spanned<String>>,
    /// hmac_sha1 | hmac_sha256 | hmac_sha384 | hmac_sha512 | rsa_sha256 | ed25519.
    pub algorithm: Option<Spanned<Algorithm>>,
    /// How the secret is written: utf8 | base64 | hex | whsec | pem; utf8 unless said, pem for rsa_sha256 and ed25519.
    pub key: Option<Spanned<KeyForm>>,
    /// What is signed: `{body}` and, where they are signed too, `{id}`, `{timestamp}`, `{url}`, `{method}`,
    /// `{path}`. `{body}` alone unless said.
    pub signs: Option<Spanned<String>>,
    /// How the signature is written: hex | base64; hex unless said.
    pub encoding: Option<Spanned<Encoding>>,
    /// What stands before the signature: `sha256=`.
    pub prefix: Option<Spanned<String>>,
    /// What stands between several signatures in one header. Without it, the header holds one.
    pub separator: Option<Spanned<String>>,
    /// The header with the message's id, by which a message that comes twice is known.
    pub id: Option<Spanned<String>>,
    /// The header with the time of signing.
    pub timestamp: Option<Spanned<String>>,
    /// The time of signing stands among the signatures, behind this prefix: `t=`.
    pub timestamp_prefix: Option<Spanned<String>>,
    /// Since 1970-01-01 (UTC): seconds | milliseconds; seconds unless said.
    pub timestamp_unit: Option<Spanned<TimeUnit>>,
    /// How far the time of signing may be from ours: 5m unless said.
    pub tolerance: Option<Spanned<Lapse>>,
    /// The address that the sender was given, where `{url}` is signed.
    pub url: Option<Spanned<String>>,
}

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    Ed25519,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyForm {
    /// The text itself.
    Utf8,
    Base64,
    Hex,
    /// Base64 behind `whsec_` (of Standard Webhooks; `whpk_` and `whsk_` for ed25519), which may be left out.
    Whsec,
    /// A PEM block: a public key to verify, a private one (PKCS #8) to sign.
    Pem,
}

/// How the bytes of a signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Hex,
    Base64,
}

/// How a time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    Seconds,
    Milliseconds,
}
