//! How callers prove to us who they are: the table of schemes, and what all of them do.
//!
//! [`compile`] makes an [`AuthPolicy`] of what `gateway.yaml` declares; with the clients' keys and
//! the secrets of a generation that becomes a [`Verifier`], which looks at heads of requests. A new
//! scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod api_key;
mod basic;
mod bearer;
mod claims;
mod client;
mod fetch;
mod flights;
mod jwt;
mod keys;
mod lasting;
mod mtls;
mod none;
mod oauth2_introspection;
mod passwords;
mod several;
#[cfg(test)]
#[path = "tests/stage.rs"]
mod stage;
mod times;
mod verified;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use api_key::api_key;
pub use bearer::{BEARER, bearer};
pub use client::{Client, KeyDigest, digest_of};
pub use keys::{Keys, LONGEST};
pub use lasting::Lasting;
pub use mtls::{CertificateRule, mtls};
pub use none::none;
pub use passwords::{PasswordHash, hash_password};
pub use several::several;

use super::scheme::{self, header_name};
use crate::clock::{BoxFuture, Clock};
use crate::config::declarations::gateway;
use crate::diagnostic::{Diagnostic, Span};
use crate::http::{HeaderMap, HeaderName, Method, PeerCertificate, Uri};
use crate::mapping::{Environment, Tables};

/// A way for callers to prove who they are.
pub type Scheme = scheme::Scheme<Compile>;

/// Compiles a declaration that has exactly the keys of its scheme. The error is all that is wrong with it.
pub type Compile = fn(&gateway::AuthPolicy, &Environment<'_>) -> Result<AuthPolicy, Vec<Diagnostic>>;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&Scheme] = &[
    &api_key::SCHEME,
    &basic::SCHEME,
    &jwt::SCHEME,
    &mtls::SCHEME,
    &none::SCHEME,
    &oauth2_introspection::SCHEME,
];

/// One policy of `gateway.yaml`, shared by the routes that name it.
pub type AuthPolicy = Arc<dyn Declared>;

/// How callers of a route prove who they are, as it is declared; secrets are still names.
pub trait Declared: Send + Sync + fmt::Debug {
    /// Whether anybody may call.
    fn is_open(&self) -> bool {
        false
    }

    /// The header in which a client's key is sent; `None` for a scheme without such keys.
    fn key_header(&self) -> Option<&HeaderName> {
        None
    }

    /// What stands in where nobody issues tokens, passwords or certificates: the keys of declared clients, in `header`.
    fn by_key(&self, header: &HeaderName) -> AuthPolicy {
        api_key(header.clone())
    }

    /// Whether proofs are sent in this header, so that nobody else reads it.
    fn is_proof(&self, header: &HeaderName) -> bool {
        self.key_header() == Some(header)
    }

    /// Whether clients, or what they may do, come from their proofs and need not be declared.
    fn makes_clients(&self) -> bool {
        false
    }

    /// Whether proofs say more of clients, as `client.claims` in expressions.
    fn brings_claims(&self) -> bool {
        false
    }

    /// What looks at requests. The error has a sentence for each thing that is missing.
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>>;
}

/// What a scheme needs besides its declaration.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The live keys of all clients.
    pub keys: &'a Arc<Keys<Arc<Client>>>,
    /// The declared clients by name.
    pub clients: &'a BTreeMap<Arc<str>, Arc<Client>>,
    /// Gives a secret by name.
    pub secret: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// For expressions in the declaration.
    pub tables: &'a Arc<Tables>,
    pub clock: &'a Arc<dyn Clock>,
    /// The project's folder: files of a declaration are relative to it.
    pub root: &'a Path,
    /// What outlives a reload.
    pub lasting: &'a Lasting,
}

/// Who sent a request; `None` where anybody may call.
pub type Answer = Result<Option<Arc<Client>>, Refused>;

/// What a verifier says of a request.
pub enum Verdict<'v> {
    /// It is known at once.
    Now(Answer),
    /// It takes work, or somebody else's word: not done for a sender of many wrong proofs.
    Later(BoxFuture<'v, Answer>),
}

/// Whether a request brings a proof of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    No,
    /// Of the kind, and more likely somebody else's: a token of another issuer.
    Perhaps,
    Yes,
}

/// Looks at what proves who a caller is. Shared by all requests of a generation.
pub trait Verifier: Send + Sync + fmt::Debug {
    /// Whether the request brings what this verifier looks at, right or wrong.
    fn sees(&self, head: &Head<'_>) -> Sight;

    /// Who sent a request with this head.
    fn verify(&self, head: &Head<'_>) -> Verdict<'_>;

    /// What a caller is told who proved who it is and may not do this (RFC 6750 §3.1); `None`: nothing.
    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        let _ = scope;
        None
    }
}

/// The head of a request. Nothing of its body was read yet.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// What the caller proved by TLS.
    pub certificate: Option<&'a PeerCertificate>,
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There was no proof.
    Missing,
    /// A proof that may have been good once, or elsewhere.
    Unfit,
    /// A proof that was never good: that counts against its sender.
    Wrong,
    /// Nobody can say now, because somebody who knows does not answer.
    Unknown,
}

/// A caller did not prove who it is: 401, or 503 when nobody can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For the caller: what to do. Holds nothing of what was sent.
    pub detail: String,
    /// For `WWW-Authenticate` (RFC 9110 §11.6.1).
    pub challenge: String,
    pub why: Why,
}

/// Checks one policy. The error is all that is wrong with it.
pub fn compile(
    policy: &gateway::AuthPolicy,
    environment: &Environment<'_>,
) -> Result<AuthPolicy, Vec<Diagnostic>> {
    let scheme = scheme::choose(SCHEMES, &policy.scheme, &given(policy))?;
    (scheme.compile)(policy, environment)
}

/// The keys that stand beside `scheme`.
fn given(policy: &gateway::AuthPolicy) -> Vec<(&'static str, Span)> {
    let text = |text: &Option<crate::config::declarations::Text>| text.as_ref().map(|text| text.span);
    let data = |data: &Option<crate::config::declarations::Data>| data.as_ref().map(|data| data.span());
    let lapse = |lapse: &Option<_>| lapse.as_ref().map(|lapse: &crate::config::Spanned<_>| lapse.span);
    let keys = [
        ("account", data(&policy.account)),
        ("algorithms", policy.algorithms.first().map(|first| first.span)),
        ("audience", policy.audience.as_ref().and_then(|texts| Some(texts.0.first()?.span))),
        ("ca", text(&policy.ca)),
        ("cache", lapse(&policy.cache)),
        ("client", data(&policy.client)),
        ("client_id", text(&policy.client_id)),
        ("client_secret", text(&policy.client_secret)),
        ("header", policy.header.as_ref().map(|text| text.span)),
        ("introspection_url", text(&policy.introspection_url)),
        ("issuer", text(&policy.issuer)),
        ("jwks_file", text(&policy.jwks_file)),
        ("jwks_url", text(&policy.jwks_url)),
        ("keep", lapse(&policy.keep)),
        ("refresh", lapse(&policy.refresh)),
        ("scopes", data(&policy.scopes)),
        ("secret", text(&policy.secret)),
        ("skew", lapse(&policy.skew)),
    ];
    keys.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}
