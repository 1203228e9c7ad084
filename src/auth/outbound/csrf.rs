//! `csrf:` beside any scheme: a token against forged requests, fetched with its cookies and sent with every call,
//! as SAP's OData services want it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::desk::{Desk, Given};
use super::sessions::login_digest;
use super::{
    Compiled, Declared, Door, LoginAnswer, LoginRequest, LogsIn, Means, Proof, Refused, Signer, concealed,
};
use crate::auth::signature::Outgoing;
use crate::auth::{Secret, header_name, resolve};
use crate::clock::{BoxFuture, Moment};
use crate::config::declarations::Text;
use crate::config::declarations::system::{Csrf, SystemAuth};
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Method, header};
use crate::value::Value;

/// How long nobody asks again after a refusal.
const BACKOFF: Duration = Duration::from_secs(5);
/// What a number of ours is moved by in a [`Proof`], above the scheme's own.
const OURS: u32 = 32;

/// Wraps a compiled scheme when `csrf` stands beside it.
pub(super) fn around(compiled: Compiled, auth: &SystemAuth) -> Compiled {
    let (inner, mut findings) = compiled;
    let Some(Csrf { get, header }) = &auth.csrf else { return (inner, findings) };
    let header = match header.as_ref().map(header_name) {
        Some(Err(finding)) => {
            findings.push(finding);
            return (None, findings);
        }
        Some(Ok(name)) => name,
        None => HeaderName::from_static("x-csrf-token"),
    };
    let wrap = |inner| Box::new(DeclaredCsrf { inner, get: get.clone(), header }) as Box<dyn Declared>;
    (inner.map(wrap), findings)
}

#[derive(Debug)]
struct DeclaredCsrf {
    inner: Box<dyn Declared>,
    get: Text,
    header: HeaderName,
}

impl Declared for DeclaredCsrf {
    fn signing_secrets(&self) -> Vec<&str> {
        self.inner.signing_secrets()
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let inner = self.inner.open(means)?;
        let path = resolve(&self.get, means.secret)?;
        let mut proof = HeaderMap::new();
        // A fixed proof makes this another login when it changes; a session or token has its own.
        let _ = if self.inner.logs_in() == LogsIn::Never { inner.sign(&mut proof) } else { None };
        let parts = ["csrf", path.reveal(), self.header.as_str()].map(str::as_bytes);
        let digest = login_digest(parts.into_iter().chain(proof.values().map(HeaderValue::as_bytes)));
        let desk = Desk {
            what: "fetch of the CSRF token",
            digest,
            backoff: BACKOFF,
            clock: Arc::clone(means.clock),
            sessions: means.sessions.clone(),
        };
        Ok(Arc::new(Forgery { inner, path, header: self.header.clone(), desk }))
    }

    fn elsewhere(&self) -> Option<&Text> {
        self.inner.elsewhere()
    }

    fn logs_in(&self) -> LogsIn {
        match self.inner.logs_in() {
            LogsIn::Never => LogsIn::Standard,
            other => other,
        }
    }
}

/// Sends the token with every call, on top of another proof.
struct Forgery {
    inner: Arc<dyn Signer>,
    path: Secret,
    header: HeaderName,
    desk: Desk,
}

impl fmt::Debug for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Forgery({:?}, {}: ..)", self.inner, self.header)
    }
}

impl Signer for Forgery {
    fn seal(&self, message: &Outgoing<'_>, headers: &mut HeaderMap, now: Moment) -> Result<(), String> {
        self.inner.seal(message, headers, now)
    }

    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        let inner = self.inner.sign(headers)?;
        let mut own = HeaderMap::new();
        let ours = self.desk.sign(&mut own)?;
        if let Some(cookies) = own.remove(header::COOKIE) {
            let all = joined(headers.get(header::COOKIE), &cookies).unwrap_or(cookies);
            headers.insert(header::COOKIE, all);
        }
        headers.extend(own);
        Some(Proof(ours.0 << OURS | inner.0 & u64::from(u32::MAX)))
    }

    fn log_in<'a>(&'a self, door: &'a dyn Door) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(async move {
            let mut headers = HeaderMap::new();
            let proof = loop {
                match self.inner.sign(&mut headers) {
                    Some(proof) => break proof,
                    None => self.inner.log_in(door).await?,
                }
            };
            let (name, inner) = (self.header.clone(), Arc::clone(&self.inner));
            let take = Box::new(move |answer: &LoginAnswer| {
                if answer.status == 401 {
                    inner.forget(proof);
                }
                given(answer, &name)
            });
            self.desk.ask(door, &|| Ok(self.request(headers.clone())), take).await
        })
    }

    fn renew(&self, door: &dyn Door) {
        self.inner.renew(door);
    }

    fn is_over(&self, answer: &[Option<Value>]) -> bool {
        self.is_required(answer) || self.inner.is_over(answer)
    }

    fn forget(&self, proof: Proof) {
        self.desk.forget(Proof(proof.0 >> OURS));
        self.inner.forget(Proof(proof.0 & u64::from(u32::MAX)));
    }

    fn forget_after(&self, proof: Proof, answer: &[Option<Value>]) {
        match self.is_required(answer) {
            true => self.desk.forget(Proof(proof.0 >> OURS)),
            false => self.forget(proof),
        }
    }
}

impl Forgery {
    fn request(&self, mut headers: HeaderMap) -> LoginRequest {
        headers.insert(self.header.clone(), HeaderValue::from_static("fetch"));
        let path = self.path.reveal().to_owned();
        LoginRequest { method: Method::GET, path, elsewhere: false, headers, body: Bytes::new() }
    }

    /// A 403 that says that the token is missing or over.
    fn is_required(&self, answer: &[Option<Value>]) -> bool {
        let [Some(status), Some(headers), ..] = answer else { return false };
        let said = headers.get(self.header.as_str()).and_then(Value::as_str);
        *status == Value::from(403) && said.is_some_and(|said| said.eq_ignore_ascii_case("required"))
    }
}

/// The token of an answer and its cookies; the error says nothing of the answer's words.
fn given(answer: &LoginAnswer, name: &HeaderName) -> Result<Given, String> {
    let status = answer.status;
    if !(200..300).contains(&status) {
        return Err(format!("the fetch of the CSRF token was refused (status {status})"));
    }
    let token = answer.headers.get(name).and_then(|token| token.to_str().ok());
    let fetched =
        token.filter(|token| !["", "fetch", "required"].contains(&token.to_ascii_lowercase().as_str()));
    let token = fetched.and_then(concealed).ok_or_else(|| format!("the answer holds no `{name}`"))?;
    let set = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs =
        set.filter_map(|cookie| cookie.split(';').next()).map(str::trim).filter(|pair| pair.contains('='));
    let cookies = pairs.collect::<Vec<_>>().join("; ");
    let mut headers = vec![(name.clone(), token)];
    if let Some(cookies) = concealed(&cookies).filter(|_| !cookies.is_empty()) {
        headers.push((header::COOKIE, cookies));
    }
    Ok(Given { headers, life: None })
}

/// Two cookie headers as one (RFC 6265 §5.4).
fn joined(there: Option<&HeaderValue>, more: &HeaderValue) -> Option<HeaderValue> {
    concealed(&format!("{}; {}", there?.to_str().ok()?, more.to_str().ok()?))
}
