//! Requests over HTTP, by the client pool of the `http` room.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::text;
use super::{FailureKind, Network, System, SystemTls, Transport, WireError, WireRequest, WireResponse};
use crate::auth::{Vault, resolve};
use crate::clock::BoxFuture;
use crate::config::declarations::Text;
use crate::diagnostic::Span;
use crate::http::{
    Call, Client, ClientIdentity, ClientOptions, EgressGuard, Pem, Reach, SendError, SendErrorKind, Target,
};

/// Carries requests to where a system's `url` says, and logins to where its `auth` says.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    login: Option<Client>,
}

/// What stands around the systems of a project.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The project's folder, which paths are relative to.
    pub project: PathBuf,
    pub egress: Arc<EgressGuard>,
    /// For certificates and keys that are kept as secrets.
    pub vault: Option<Arc<dyn Vault>>,
}

impl HttpTransport {
    /// A transport to `system`; connects to nothing yet (M76).
    ///
    /// # Errors
    /// In words: a variable has no value, `url` is none or may not be called, a certificate is not good.
    pub fn new(system: &System, around: &Surroundings) -> Result<HttpTransport, String> {
        let told = |words: String| format!("`{}`: {words}", system.name);
        let tls = system.tls.iter().flat_map(|tls| [&tls.certificate, &tls.key]);
        let texts = std::iter::once(&system.url).chain(&system.ca).chain(system.login_url()).chain(tls);
        if let Some(name) = texts.flat_map(text::missing).next() {
            return Err(told(format!("the variable `{name}` has no value")));
        }
        let client = |url: &Text, key: &str| client(system, around, url, key).map_err(told);
        let login = system.login_url().map(|url| client(url, "token_url")).transpose()?;
        Ok(HttpTransport { client: client(&system.url, "url")?, login })
    }
}

/// What the rules of `egress` refuse of a system's places, as far as its file shows these: each with a sentence.
pub fn refused_egress(system: &System, guard: &EgressGuard) -> Vec<(Span, String)> {
    let refused = |url: &Text| {
        let target = Target::parse(&text::literal(url)?).ok()?;
        Some((url.span, guard.admit(&target, reach(system)).err()?.to_string()))
    };
    std::iter::once(&system.url).chain(system.login_url()).filter_map(refused).collect()
}

fn reach(system: &System) -> Reach {
    match system.network {
        None => Reach::Written,
        Some(Network::Public) => Reach::Public,
        Some(Network::Private) => Reach::Private,
    }
}

fn client(system: &System, around: &Surroundings, url: &Text, key: &str) -> Result<Client, String> {
    let url = text::with(url, &BTreeMap::new());
    let target = Target::parse(&url).map_err(|why| format!("`{key}` {why}"))?;
    let reach = reach(system);
    around.egress.admit(&target, reach).map_err(|denied| denied.to_string())?;
    let path = |path: &Text| around.project.join(text::with(path, &BTreeMap::new()));
    let options = ClientOptions {
        connect: system.timeouts.connect,
        response_size: system.response_size,
        idle_connections: system.limits.concurrency as usize,
        ca: system.ca.as_ref().map(path),
        identity: system.tls.as_ref().map(|tls| identity(tls, around)),
        egress: Some((Arc::clone(&around.egress), reach)),
        ..ClientOptions::default()
    };
    Client::new(target, options).map_err(|why| why.to_string())
}

fn identity(tls: &SystemTls, around: &Surroundings) -> ClientIdentity {
    ClientIdentity { certificate: pem(&tls.certificate, around), key: pem(&tls.key, around) }
}

/// A file, or the text that a secret holds.
fn pem(at: &Text, around: &Surroundings) -> Pem {
    let Some(name) = text::secret(at) else {
        return Pem::File(around.project.join(text::with(at, &BTreeMap::new())));
    };
    let (vault, at) = (around.vault.clone(), at.clone());
    let name = format!("${{secret:{name}}}");
    Pem::Given(
        name.into(),
        Arc::new(move || {
            let given = resolve(&at, &|name: &str| vault.as_ref()?.get(name)).ok()?;
            Some(Zeroizing::new(given.reveal().to_owned()))
        }),
    )
}

impl Transport for HttpTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, WireError>> {
        let client = if request.elsewhere { self.login.as_ref() } else { None }.unwrap_or(&self.client);
        let call = Call {
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: request.body,
            first_byte: request.first_byte,
            whole: request.whole,
            repeatable: request.repeatable,
            as_is: request.as_is,
        };
        Box::pin(async move {
            let answer = client.send(call).await.map_err(wire_error)?;
            Ok(WireResponse { status: answer.status, headers: answer.headers, body: answer.body })
        })
    }
}

fn wire_error(error: SendError) -> WireError {
    let kind = match error.kind {
        SendErrorKind::Connect | SendErrorKind::ConnectTimeout | SendErrorKind::Tls => FailureKind::Connect,
        SendErrorKind::FirstByteTimeout | SendErrorKind::WholeTimeout => FailureKind::Timeout,
        SendErrorKind::Broken => FailureKind::Broken,
        SendErrorKind::Protocol | SendErrorKind::TooLarge | SendErrorKind::Encoding => FailureKind::Invalid,
        SendErrorKind::Request | SendErrorKind::Egress => FailureKind::Request,
    };
    WireError { kind, sent: error.sent, message: error.message }
}
