//! Who may call: clients with their keys and scopes, auth policies, CORS declarations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::findings::Findings;
use super::settings;
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::gateway::{self, GatewayFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::HeaderName;
use crate::plan::{AuthPolicy, Client, Cors};

/// What routes name of `gateway.yaml`.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub auth: BTreeMap<Arc<str>, AuthPolicy>,
    pub cors: BTreeMap<Arc<str>, Arc<Cors>>,
    /// Every scope that some client has.
    pub scopes: BTreeSet<Arc<str>>,
}

impl Doors {
    /// The auth policies and CORS declarations, and the scopes of `clients`.
    pub fn link(file: &GatewayFile, clients: &[Arc<Client>], findings: &mut Findings) -> Doors {
        let auth = file
            .auth
            .iter()
            .filter_map(|(name, policy)| Some((shared(name), findings.keep(auth_policy(policy))?)));
        let auth = auth.collect();
        let cors = file
            .cors
            .iter()
            .map(|(name, cors)| (shared(name), Arc::new(cors_policy(cors, findings))))
            .collect();
        let scopes = clients.iter().flat_map(|client| client.scopes.iter().cloned()).collect();
        Doors { auth, cors, scopes }
    }
}

/// Every client of the project.
pub(super) fn link(file: &GatewayFile, findings: &mut Findings) -> Vec<Arc<Client>> {
    let mut seen = BTreeMap::new();
    file.clients
        .iter()
        .map(|(name, declared)| Arc::new(client(name, declared, &mut seen, findings)))
        .collect()
}

fn client(
    name: &Name,
    declared: &gateway::Client,
    seen: &mut BTreeMap<[u8; 32], Name>,
    findings: &mut Findings,
) -> Client {
    if declared.keys.is_empty() {
        findings.add(
            Diagnostic::new(
                &codes::CLIENT_WITHOUT_KEY,
                name.span,
                format!("the client `{}` has no key, so nobody can call as it", name.value),
            )
            .help("run `crossdock key` and add the digest it prints: `keys: [\"sha256:…\"]`"),
        );
    }
    let mut keys = Vec::new();
    for text in &declared.keys {
        let Some(key) = findings.keep(settings::digest(text)) else { continue };
        if let Some(first) = settings::plain(text)
            .and_then(|plain| crate::plan::digest_of(&plain))
            .and_then(|digest| seen.insert(digest, name.clone()))
        {
            findings.add(
                Diagnostic::new(
                    &codes::BAD_KEY,
                    text.span,
                    format!("`{}` and `{}` have the same key", first.value, name.value),
                )
                .related(first.span, "the other client")
                .help("a key belongs to one client: run `crossdock key` for another one"),
            );
        }
        keys.push(key);
    }
    let mut scopes: Vec<Arc<str>> = declared.scopes.iter().map(|scope| scope.value.as_str().into()).collect();
    scopes.sort();
    scopes.dedup();
    Client { name: shared(name), account: declared.account.value.as_str().into(), scopes, keys }
}

fn auth_policy(policy: &gateway::AuthPolicy) -> Result<AuthPolicy, Diagnostic> {
    match policy.scheme.value.as_str() {
        "none" => match &policy.header {
            Some(header) => Err(Diagnostic::new(
                &codes::CONFLICTING_KEYS,
                header.span,
                "`scheme: none` takes no `header`",
            )
            .help("leave `header` out")),
            None => Ok(AuthPolicy::None),
        },
        "api_key" => api_key(policy.header.as_ref()),
        other => Err(Diagnostic::new(
            &codes::NOT_BUILT_YET,
            policy.scheme.span,
            format!("there is no scheme `{other}` for callers"),
        )
        .nearest(other, ["api_key", "none"])
        .help("write `api_key` or `none`; other schemes are not built yet")),
    }
}

fn api_key(header: Option<&Spanned<String>>) -> Result<AuthPolicy, Diagnostic> {
    let Some(header) = header else { return Ok(AuthPolicy::ApiKey { header: "x-api-key".into() }) };
    header_name(header)?;
    Ok(AuthPolicy::ApiKey { header: header.value.to_ascii_lowercase().into() })
}

/// The name of a header field (RFC 9110 §5.1).
pub(super) fn header_name(name: &Spanned<String>) -> Result<HeaderName, Diagnostic> {
    HeaderName::from_bytes(name.value.as_bytes()).map_err(|_| {
        Diagnostic::new(
            &codes::BAD_HEADER,
            name.span,
            format!("`{}` is not the name of a header", name.value),
        )
        .help("use letters, digits and hyphens, such as `X-Api-Key`")
    })
}

fn cors_policy(cors: &gateway::Cors, findings: &mut Findings) -> Cors {
    for origin in &cors.origins {
        if let Some(why) = bad_origin(&origin.value, cors.credentials) {
            findings.add(
                Diagnostic::new(&codes::BAD_ORIGIN, origin.span, format!("`{}` {why}", origin.value))
                    .help("write it as browsers send it: `https://portal.example`, with a port only if it is not the usual one"),
            );
        }
    }
    for name in cors.headers.iter().chain(&cors.expose).filter(|name| name.value != "*") {
        findings.keep(header_name(name));
    }
    let list = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.as_str().into()).collect();
    Cors {
        origins: list(&cors.origins),
        headers: list(&cors.headers),
        expose: list(&cors.expose),
        credentials: cors.credentials,
        max_age: settings::lapse(cors.max_age.as_ref(), Duration::from_secs(600), findings),
    }
}

/// Why no browser would ever send this origin, or why it may not stand here.
fn bad_origin(origin: &str, credentials: bool) -> Option<&'static str> {
    if origin == "*" {
        return credentials
            .then_some("allows everybody, which no browser accepts together with `credentials: true`");
    }
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match host {
        None => Some("is not an origin: it does not begin with `https://` or `http://`"),
        Some(host) if host.is_empty() || host.contains(['/', '?', '#', '*', ' ']) => {
            Some("is not an origin: it is more than scheme, host and port")
        }
        Some(host) if host.chars().any(|sign| sign.is_ascii_uppercase()) => {
            Some("is never sent by a browser: hosts are lower case there")
        }
        Some(_) => None,
    }
}

fn shared(name: &Name) -> Arc<str> {
    name.value.as_str().into()
}
