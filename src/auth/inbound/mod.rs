//! How callers prove to us who they are: the table of schemes, and what all of them do.
//!
//! [`compile`] makes an [`AuthPolicy`] of what `gateway.yaml` declares; with the clients' keys and
//! the secrets of a generation that becomes a [`Verifier`], which looks at heads of requests. A new
//! scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod addresses;
mod api_key;
mod bearer;
mod client;
mod keys;
mod none;
mod signature;
mod token;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

pub use api_key::api_key;
pub use bearer::{BEARER, bearer};
pub use client::{Client, KeyDigest, digest_of};
pub use keys::{Keys, LONGEST};
pub use none::none;
pub use signature::Signed;

use super::scheme::{self, header_name};
use super::secret::{Secret, resolve};
use crate::clock::Moment;
use crate::config::declarations::{Text, gateway};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::http::{HeaderMap, HeaderName, Method, Uri};

/// A way for callers to prove who they are.
pub type Scheme = scheme::Scheme<Compile>;

/// Compiles a declaration that has exactly the keys of its scheme.
pub type Compile = fn(&gateway::AuthPolicy) -> Result<AuthPolicy, Diagnostic>;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&Scheme] = &[&api_key::SCHEME, &none::SCHEME, &signature::SCHEME, &token::SCHEME];

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

    /// Whether it tells who of the clients calls; else callers prove only that they know a secret.
    fn knows_clients(&self) -> bool {
        true
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
    /// Gives a secret by name.
    pub secret: &'a dyn Fn(&str) -> Option<Arc<str>>,
}

/// Looks at what proves who a caller is. Shared by all requests of a generation.
pub trait Verifier: Send + Sync + fmt::Debug {
    /// Who sent a request with this head; `None` where anybody may call.
    fn verify(&self, head: &Head<'_>) -> Result<Option<Arc<Client>>, Refused>;

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
}

/// A caller did not prove who it is: 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For the caller: what to do. Holds nothing of what was sent.
    pub detail: String,
    /// For `WWW-Authenticate` (RFC 9110 §11.6.1).
    pub challenge: String,
    /// Whether there was a proof, and it was wrong: that counts against its sender.
    pub is_guess: bool,
}

/// Checks one policy. The error is all that is wrong with it.
pub fn compile(policy: &gateway::AuthPolicy) -> Result<AuthPolicy, Vec<Diagnostic>> {
    let scheme = scheme::choose(SCHEMES, &policy.scheme, &given(policy))?;
    let nets = policy.addresses.as_ref().map(|list| addresses::nets(list)).transpose();
    let signed = policy.signature.as_ref().map(|declared| signature::check(policy, declared)).transpose();
    let wrong: Vec<Diagnostic> =
        nets.as_ref().err().into_iter().chain(signed.as_ref().err()).flatten().cloned().collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let compiled = (scheme.compile)(policy).map_err(|finding| vec![finding])?;
    Ok(match nets.ok().flatten() {
        Some(nets) => addresses::within(compiled, nets),
        None => compiled,
    })
}

/// The keys that stand beside `scheme`.
fn given(policy: &gateway::AuthPolicy) -> Vec<(&'static str, Span)> {
    let gateway::AuthPolicy { scheme, header, prefix, query, body, signature, secrets, addresses } = policy;
    let keys = [
        ("addresses", addresses.as_ref().map(|list| list.span)),
        ("body", body.as_ref().map(|text| text.span)),
        ("header", header.as_ref().map(|text| text.span)),
        ("prefix", prefix.as_ref().map(|text| text.span)),
        ("query", query.as_ref().map(|text| text.span)),
        ("secrets", secrets.as_ref().map(|list| list.span)),
        ("signature", signature.as_ref().map(|_| scheme.span)),
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
