//! How callers prove to us who they are: the table of schemes, and what all of them do.
//!
//! [`compile`] makes an [`AuthPolicy`] of what `gateway.yaml` declares; with the clients' keys and
//! the secrets of a generation that becomes a [`Verifier`], which looks at heads of requests. A new
//! scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod api_key;
mod bearer;
mod client;
mod keys;
mod none;

use std::fmt;
use std::sync::Arc;

pub use api_key::api_key;
pub use bearer::{BEARER, bearer};
pub use client::{Client, KeyDigest, digest_of};
pub use keys::{Keys, LONGEST};
pub use none::none;

use super::scheme::{self, header_name};
use crate::config::declarations::gateway;
use crate::diagnostic::{Diagnostic, Span};
use crate::http::{HeaderMap, HeaderName, Method, Uri};

/// A way for callers to prove who they are.
pub type Scheme = scheme::Scheme<Compile>;

/// Compiles a declaration that has exactly the keys of its scheme.
pub type Compile = fn(&gateway::AuthPolicy) -> Result<AuthPolicy, Diagnostic>;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&Scheme] = &[&api_key::SCHEME, &none::SCHEME];

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
    (scheme.compile)(policy).map_err(|finding| vec![finding])
}

/// The keys that stand beside `scheme`.
fn given(policy: &gateway::AuthPolicy) -> Vec<(&'static str, Span)> {
    let gateway::AuthPolicy { scheme: _, header } = policy;
    let keys = [("header", header.as_ref().map(|text| text.span))];
    keys.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}
