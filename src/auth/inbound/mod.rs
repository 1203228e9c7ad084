//! How callers prove to us who they are: the table of schemes, and what all of them do.
//!
//! [`compile`] makes an [`AuthPolicy`] of what `gateway.yaml` declares; with the clients' keys and
//! the secrets of a generation that becomes a [`Verifier`], which looks at heads of requests. A new
//! scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod addresses;
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
mod signature;
#[cfg(test)]
#[path = "tests/stage.rs"]
mod stage;
mod times;
mod token;
mod verified;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
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

pub use signature::Signed;

use super::scheme::{self, header_name};
use super::secret::{Secret, resolve};
use crate::clock::{BoxFuture, Clock, Moment};
use crate::config::Spanned;
use crate::config::declarations::{Data, Lapse, Text, gateway};
use crate::diagnostic::{Diagnostic, Span, codes};
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
    &signature::SCHEME,
    &token::SCHEME,
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

    /// Whether it tells who of the clients calls; else callers prove only that they know a secret.
    fn knows_clients(&self) -> bool {
        true
    }

    /// Whether somebody may call of whom it is not known who of the clients it is.
    fn takes_strangers(&self) -> bool {
        self.is_open() || !self.knows_clients()
    }

    /// Whether somebody at this address may call at all; `None`: not known.
    fn takes_from(&self, peer: Option<IpAddr>) -> bool {
        let _ = peer;
        true
    }

    /// How requests are signed, where they are: for tests, which sign them.
    fn signature(&self) -> Option<&Signed> {
        None
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
    /// Whether the bytes of the body prove it too, asked after [`Verifier::verify`] and before anything is made
    /// of them. `now` is for proofs that grow old.
    fn verify_body(&self, head: &Head<'_>, body: &[u8], now: Moment) -> Result<Proven, Refused> {
        let _ = (head, body, now);
        Ok(Proven::default())
    }
}

/// What the bytes of a body proved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    /// Which message it is, where its sender says so and the proof covers it.
    pub message: Option<Arc<str>>,
}

/// The head of a request. Nothing of its body was read yet.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// What the caller proved by TLS.
    pub certificate: Option<&'a PeerCertificate>,
    /// The caller's address, where it is known.
    pub peer: Option<IpAddr>,
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
    /// A proof that is not taken from this address: 403.
    Elsewhere,
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
    let nets = policy.addresses.as_ref().map(|list| addresses::nets(list)).transpose();
    let signed = policy.signature.as_ref().map(|declared| signature::check(policy, declared)).transpose();
    let wrong: Vec<Diagnostic> =
        nets.as_ref().err().into_iter().chain(signed.as_ref().err()).flatten().cloned().collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let compiled = (scheme.compile)(policy, environment)?;
    Ok(match nets.ok().flatten() {
        Some(nets) => addresses::within(compiled, nets),
        None => compiled,
    })
}

/// The keys that stand beside `scheme`.
fn given(policy: &gateway::AuthPolicy) -> Vec<(&'static str, Span)> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.span);
    let word = |word: &Option<Spanned<String>>| word.as_ref().map(|word| word.span);
    let data = |data: &Option<Data>| data.as_ref().map(|data| data.span());
    let lapse = |lapse: &Option<Spanned<Lapse>>| lapse.as_ref().map(|lapse| lapse.span);
    let keys = [
        ("account", data(&policy.account)),
        ("addresses", policy.addresses.as_ref().map(|list| list.span)),
        ("algorithms", policy.algorithms.first().map(|first| first.span)),
        ("audience", policy.audience.as_ref().and_then(|texts| Some(texts.0.first()?.span))),
        ("body", word(&policy.body)),
        ("ca", text(&policy.ca)),
        ("cache", lapse(&policy.cache)),
        ("client", data(&policy.client)),
        ("client_id", text(&policy.client_id)),
        ("client_secret", text(&policy.client_secret)),
        ("header", word(&policy.header)),
        ("introspection_url", text(&policy.introspection_url)),
        ("issuer", text(&policy.issuer)),
        ("jwks_file", text(&policy.jwks_file)),
        ("jwks_url", text(&policy.jwks_url)),
        ("keep", lapse(&policy.keep)),
        ("prefix", word(&policy.prefix)),
        ("query", word(&policy.query)),
        ("refresh", lapse(&policy.refresh)),
        ("scopes", data(&policy.scopes)),
        ("secret", text(&policy.secret)),
        ("secrets", policy.secrets.as_ref().map(|list| list.span)),
        ("signature", policy.signature.as_ref().map(|_| policy.scheme.span)),
        ("skew", lapse(&policy.skew)),
    ];
    keys.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}

/// The secrets of a policy, still as names: at least one.
fn secrets(policy: &gateway::AuthPolicy) -> Result<Vec<Text>, Diagnostic> {
    match policy.secrets.as_ref() {
        Some(list) if !list.value.is_empty() => Ok(list.value.clone()),
        list => {
            let span = list.map_or(policy.scheme.span, |list| list.span);
            let finding =
                Diagnostic::new(&codes::MISSING_KEY, span, "there is no secret, so nobody can call");
            Err(finding.help("name one: `secrets: [\"${secret:dispatch_hooks}\"]`"))
        }
    }
}

/// The secrets themselves. The error has a sentence for each that is missing.
fn opened(texts: &[Text], means: &Means<'_>) -> Result<Vec<Secret>, Vec<String>> {
    let (mut secrets, mut missing) = (Vec::new(), Vec::new());
    for text in texts {
        match resolve(text, means.secret) {
            Ok(secret) => secrets.push(secret),
            Err(why) => missing.extend(why),
        }
    }
    if missing.is_empty() { Ok(secrets) } else { Err(missing) }
}
