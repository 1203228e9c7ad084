//! A signature over the raw bytes of a message, as it is declared: one description for webhooks in, webhooks
//! out and systems that want signed requests.
//!
//! [`compile`] makes a [`Signature`] of a declaration, [`preset`] of one that comes with crossdock. With keys
//! ([`VerifyingKey`], [`SigningKey`]) it verifies ([`Signature::verify`]) and signs ([`Signature::sign`]);
//! both are pure: what time it is, they are told.

mod compile;
mod encoding;
mod key;
mod presets;
mod sign;
mod template;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::Arc;
use std::time::Duration;

pub use compile::compile;
pub use key::{SigningKey, VerifyingKey};
pub use presets::{PRESETS, preset};
pub use sign::Outgoing;
pub use verify::{Unverified, Verified};

pub(in crate::auth) use encoding::from_hex;

use crate::config::declarations::signature::{Algorithm, Encoding, KeyForm, TimeUnit};
use crate::http::{HeaderMap, HeaderName};
use template::Template;

/// How a message is signed, checked. Holds no secret.
#[derive(Debug, Clone)]
pub struct Signature {
    header: HeaderName,
    algorithm: Algorithm,
    key: KeyForm,
    signs: Template,
    encoding: Encoding,
    prefix: Arc<str>,
    /// Between several signatures in one header; never empty.
    separator: Option<Arc<str>>,
    id: Option<HeaderName>,
    timestamp: Option<Stamp>,
    unit: TimeUnit,
    tolerance: Duration,
    url: Arc<str>,
}

/// Where the time of signing stands.
#[derive(Debug, Clone)]
enum Stamp {
    Header(HeaderName),
    /// Among the signatures, behind this prefix.
    Among(Arc<str>),
}

/// A message as it came, before anything was made of its body.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// `POST`
    pub method: &'a str,
    /// As it was asked for, with its query.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    /// The bytes as they were sent.
    pub body: &'a [u8],
}

impl Signature {
    /// The header that carries it.
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The header with the message's id, if messages have one.
    pub fn id_header(&self) -> Option<&HeaderName> {
        self.id.as_ref()
    }

    /// Whether the message's id is signed, so that nobody can give it another.
    pub fn signs_id(&self) -> bool {
        self.signs.has(template::Part::Id)
    }

    /// Whether the address is signed to which it is sent.
    pub fn signs_url(&self) -> bool {
        self.signs.has(template::Part::Url)
    }

    /// The address that senders were given; empty where it is not signed.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether a message says when it was signed, so that an old one is refused.
    pub fn is_timed(&self) -> bool {
        self.timestamp.is_some()
    }

    /// How far the time of signing may be from ours, in either direction.
    pub fn tolerance(&self) -> Duration {
        self.tolerance
    }
}
