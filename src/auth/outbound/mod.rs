//! How we prove to a system who we are: the table of schemes, and what all of them do.
//!
//! A new scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod api_key;
mod basic;
mod bearer;
mod none;
mod session;
mod signature;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use session::Sessions;

use super::Secret;
use super::scheme::{self, header_name};
use super::signature::Outgoing;
use crate::clock::{BoxFuture, Clock, Moment};
use crate::config::declarations::system::SystemAuth;
use crate::diagnostic::{Diagnostic, Span};
use crate::http::{Bytes, HeaderMap};
use crate::mapping::{Environment, Tables};
use crate::value::Value;

/// A way to prove who we are.
pub type Scheme = super::scheme::Scheme<Compile>;

/// A compiled declaration, and what is wrong with it.
pub type Compiled = (Option<Box<dyn Declared>>, Vec<Diagnostic>);
/// Compiles a declaration that has exactly the keys of its scheme.
pub type Compile = fn(&SystemAuth, &Environment<'_>) -> Compiled;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&Scheme] =
    &[&api_key::SCHEME, &basic::SCHEME, &bearer::SCHEME, &none::SCHEME, &session::SCHEME, &signature::SCHEME];

/// What a system file says about proving who we are; secrets are still names.
pub trait Declared: Send + Sync + fmt::Debug {
    /// Names of the secrets that sign: they are keys, and cannot be any text.
    fn signing_secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Fills in secrets. The error has a sentence for each thing that is missing.
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>>;
}

/// What a scheme needs besides its declaration.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Gives a secret by name.
    pub secret: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// For expressions in the declaration.
    pub tables: &'a Arc<Tables>,
    pub clock: &'a Arc<dyn Clock>,
    /// What outlives a reload, one for each system: an open session.
    pub sessions: &'a Sessions,
}

/// Proves who we are, with secrets at hand. Shared by all calls to a system.
pub trait Signer: Send + Sync + fmt::Debug {
    /// Puts the proof into the headers, replacing any of the same name. `None`: log in first.
    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof>;

    /// Adds what proves the whole request, where that is done: once its body is there, before it is sent.
    ///
    /// # Errors
    /// A sentence: it cannot be signed, and must not be sent.
    fn seal(&self, message: &Outgoing<'_>, headers: &mut HeaderMap, now: Moment) -> Result<(), String> {
        let _ = (message, headers, now);
        Ok(())
    }

    /// Gets what [`Signer::sign`] is missing. Many may ask at once; one logs in for all.
    fn log_in<'a>(&'a self, door: &'a dyn Door) -> BoxFuture<'a, Result<(), Refused>> {
        let _ = door;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether an answer (`status`, `headers`, `body` as values) says that the proof is no longer good.
    fn is_over(&self, answer: &[Option<Value>]) -> bool {
        let _ = answer;
        false
    }

    /// Never uses exactly this proof again; a newer one stays.
    fn forget(&self, proof: Proof) {
        let _ = proof;
    }
}

/// Which proof a request carried, so that exactly this one can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub u64);

/// Sends a login to the system: its transport, without limits, breaker or another proof.
pub trait Door: Send + Sync {
    /// Sends one request and waits for the whole answer, for as long as the system's own times allow: a
    /// login serves all callers, and outlives the one who began it.
    fn knock(&self, request: LoginRequest) -> BoxFuture<'static, Result<LoginAnswer, LoginError>>;
}

/// A login as bytes: `POST` to a path below the system's `url`.
pub struct LoginRequest {
    pub path: String,
    pub headers: HeaderMap,
    /// Holds secrets.
    pub body: Bytes,
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginRequest({})", self.path)
    }
}

/// What the system said to a login.
pub struct LoginAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there was no answer to a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginError {
    /// Whether the system may have seen it.
    pub sent: bool,
    pub message: String,
}

/// We could not prove who we are: nothing of the call itself was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For logs; holds nothing of a secret.
    pub message: String,
    /// How long until it makes sense to ask again.
    pub retry_after: Option<Duration>,
    /// False when the system could not be reached at all.
    pub reached: bool,
}

/// Puts a proof into `headers`, logging in first where that is needed.
pub async fn prove(signer: &dyn Signer, headers: &mut HeaderMap, door: &dyn Door) -> Result<Proof, Refused> {
    for _ in 0..3 {
        if let Some(proof) = signer.sign(headers) {
            return Ok(proof);
        }
        signer.log_in(door).await?;
    }
    let message = "every new session was over before it could be used".to_owned();
    Err(Refused { message, retry_after: None, reached: true })
}

/// Checks a system's `auth`. `None` exactly when a finding is an error.
pub fn compile(auth: &SystemAuth, environment: &Environment<'_>) -> Compiled {
    let chosen = scheme::choose(SCHEMES, &auth.scheme, &given(auth));
    let mut findings = chosen.as_ref().err().cloned().unwrap_or_default();
    findings.extend(auth.header.as_ref().and_then(|header| header_name(header).err()));
    match chosen {
        Ok(scheme) if findings.is_empty() => (scheme.compile)(auth, environment),
        _ => (None, findings),
    }
}

/// The keys that stand beside `scheme`.
fn given(auth: &SystemAuth) -> Vec<(&'static str, Span)> {
    let SystemAuth { scheme, header, key, user, password, token, login, expired, signature, secrets } = auth;
    let keys = [
        ("expired", expired.as_ref().map(|text| text.span)),
        ("header", header.as_ref().map(|text| text.span)),
        ("key", key.as_ref().map(|text| text.span)),
        ("login", login.as_ref().map(|login| login.post.span)),
        ("password", password.as_ref().map(|text| text.span)),
        ("secrets", secrets.as_ref().map(|list| list.span)),
        ("signature", signature.as_ref().map(|_| scheme.span)),
        ("token", token.as_ref().map(|text| text.span)),
        ("user", user.as_ref().map(|text| text.span)),
    ];
    keys.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}

/// A header value that is never shown. The error has no word of it.
fn hidden(secret: &Secret, key: &str) -> Result<crate::http::HeaderValue, Vec<String>> {
    let value = crate::http::HeaderValue::from_str(secret.reveal());
    let mut value = value.map_err(|_| vec![format!("`{key}` {UNSENDABLE}")])?;
    value.set_sensitive(true);
    Ok(value)
}

/// What is said of a secret that no header can hold.
pub const UNSENDABLE: &str = "holds a line break or another control character, which no header may: \
                              write the secret's file again, as one line of text";
