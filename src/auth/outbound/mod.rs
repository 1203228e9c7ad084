//! How we prove to a system who we are: the table of schemes, and what all of them do.
//!
//! A new scheme is a file, its `mod` line and its line in [`SCHEMES`].

mod api_key;
mod basic;
mod bearer;
mod csrf;
mod desk;
mod grant;
mod none;
mod session;
mod sessions;
mod signature;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use sessions::Sessions;

use zeroize::Zeroizing;

use super::Secret;
use super::scheme::{self, header_name};
use super::secret::fleeting;
use super::signature::Outgoing;
use crate::clock::{BoxFuture, Clock, Moment};
use crate::config::declarations::Text;
use crate::config::declarations::system::SystemAuth;
use crate::diagnostic::{Diagnostic, Span};
use crate::http::{Bytes, HeaderMap, HeaderValue, Method};
use crate::mapping::{Environment, Tables};
use crate::value::Value;

/// A way to prove who we are.
pub type Scheme = super::scheme::Scheme<Compile>;

/// A compiled declaration, and what is wrong with it.
pub type Compiled = (Option<Box<dyn Declared>>, Vec<Diagnostic>);
/// Compiles a declaration that has exactly the keys of its scheme.
pub type Compile = fn(&SystemAuth, &Environment<'_>) -> Compiled;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&Scheme] = &[
    &api_key::SCHEME,
    &basic::SCHEME,
    &bearer::SCHEME,
    &grant::JWT_BEARER,
    &none::SCHEME,
    &grant::OAUTH2_CLIENT,
    &session::SCHEME,
    &signature::SCHEME,
];

/// What a system file says about proving who we are; secrets are still names.
pub trait Declared: Send + Sync + fmt::Debug {
    /// Names of the secrets that sign: they are keys, and cannot be any text.
    fn signing_secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Fills in secrets. The error has a sentence for each thing that is missing.
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>>;

    /// Where logins are sent, when that is not the system's own `url`: a whole URL.
    fn elsewhere(&self) -> Option<&Text> {
        None
    }

    /// How calls log in.
    fn logs_in(&self) -> LogsIn {
        LogsIn::Never
    }
}

/// How calls to a system log in first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogsIn {
    /// Not at all.
    Never,
    /// As a standard has it: whoever stands in for the system knows what to answer.
    Standard,
    /// As the system's file has it.
    Own,
}

/// What a scheme needs besides its declaration.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Gives a secret by name.
    pub secret: &'a dyn Fn(&str) -> Option<Secret>,
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

    /// Gets the next proof before this one is over, if it is time; keeps nobody waiting.
    fn renew(&self, door: &dyn Door) {
        let _ = door;
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

    /// As [`Signer::forget`], with the answer that said so.
    fn forget_after(&self, proof: Proof, answer: &[Option<Value>]) {
        let _ = answer;
        self.forget(proof);
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

/// A login as bytes.
pub struct LoginRequest {
    pub method: Method,
    /// Below the system's `url`, or below [`Declared::elsewhere`].
    pub path: String,
    pub elsewhere: bool,
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
    /// Whether the caller's time was over first.
    pub late: bool,
}

impl Refused {
    /// The system or its token endpoint said no, or nothing.
    pub fn new(message: impl Into<String>, retry_after: Option<Duration>, reached: bool) -> Refused {
        Refused { message: message.into(), retry_after, reached, late: false }
    }

    /// There was no time left for the login.
    pub fn late() -> Refused {
        Refused { late: true, ..Refused::new("no time was left for the login", None, false) }
    }
}

/// Puts a proof into `headers`, logging in first where that is needed.
pub async fn prove(signer: &dyn Signer, headers: &mut HeaderMap, door: &dyn Door) -> Result<Proof, Refused> {
    for _ in 0..3 {
        if let Some(proof) = signer.sign(headers) {
            signer.renew(door);
            return Ok(proof);
        }
        signer.log_in(door).await?;
    }
    Err(Refused::new("every new session was over before it could be used", None, true))
}

/// Checks a system's `auth`. `None` exactly when a finding is an error.
pub fn compile(auth: &SystemAuth, environment: &Environment<'_>) -> Compiled {
    let chosen = scheme::choose(SCHEMES, &auth.scheme, &given(auth));
    let mut findings = chosen.as_ref().err().cloned().unwrap_or_default();
    findings.extend(auth.header.as_ref().and_then(|header| header_name(header).err()));
    match chosen {
        Ok(scheme) if findings.is_empty() => csrf::around((scheme.compile)(auth, environment), auth),
        _ => (None, findings),
    }
}

/// The keys that stand beside `scheme`; `csrf` goes with every scheme.
fn given(auth: &SystemAuth) -> Vec<(&'static str, Span)> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.span);
    let keys = [
        ("algorithm", auth.algorithm.as_ref().map(|name| name.span)),
        ("audience", text(&auth.audience)),
        ("claims", auth.claims.keys().next().map(|name| name.span)),
        ("client_auth", auth.client_auth.as_ref().map(|name| name.span)),
        ("client_id", text(&auth.client_id)),
        ("client_secret", text(&auth.client_secret)),
        ("expired", auth.expired.as_ref().map(|text| text.span)),
        ("header", auth.header.as_ref().map(|text| text.span)),
        ("issuer", text(&auth.issuer)),
        ("key", text(&auth.key)),
        ("key_id", text(&auth.key_id)),
        ("lifetime", auth.lifetime.as_ref().map(|lapse| lapse.span)),
        ("login", auth.login.as_ref().map(|login| login.post.span)),
        ("parameters", auth.parameters.keys().next().map(|name| name.span)),
        ("password", text(&auth.password)),
        ("scope", text(&auth.scope)),
        ("secrets", auth.secrets.as_ref().map(|list| list.span)),
        ("signature", auth.signature.as_ref().map(|_| auth.scheme.span)),
        ("subject", text(&auth.subject)),
        ("token", text(&auth.token)),
        ("token_life", auth.token_life.as_ref().map(|lapse| lapse.span)),
        ("token_url", text(&auth.token_url)),
        ("user", text(&auth.user)),
    ];
    keys.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
}

/// A header value that is never shown. The error has no word of it.
fn hidden(secret: &Secret, key: &str) -> Result<HeaderValue, Vec<String>> {
    concealed(secret.reveal()).ok_or_else(|| vec![format!("`{key}` {UNSENDABLE}")])
}

/// A header value that no log shows, and that is overwritten when it goes. `None`: no header can hold it.
pub fn concealed(text: &str) -> Option<HeaderValue> {
    let bytes = fleeting(Zeroizing::new(text.as_bytes().to_vec()));
    let mut value = HeaderValue::from_maybe_shared(bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What is said of a secret that no header can hold.
pub const UNSENDABLE: &str = "holds a line break or another control character, which no header may: \
                              write the secret's file again, as one line of text";
