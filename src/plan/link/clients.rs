//! Who may call: clients with their keys and scopes, auth policies, CORS declarations.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::findings::Findings;
use super::settings;
use crate::auth::inbound::{CertificateRule, PasswordHash};
use crate::auth::{header_name, inbound};
use crate::config::Spanned;
use crate::config::declarations::gateway::{self, GatewayFile};
use crate::config::declarations::{Name, Names, Text, TextPart};
use crate::diagnostic::{Diagnostic, codes, short};
use crate::http::attributes;
use crate::mapping::Environment;
use crate::plan::{AuthPolicy, Client, Cors};

/// What routes name of `gateway.yaml`.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub auth: BTreeMap<Arc<str>, AuthPolicy>,
    pub cors: BTreeMap<Arc<str>, Arc<Cors>>,
    /// Every scope that some client has.
    pub scopes: BTreeSet<Arc<str>>,
    /// Policies of several, by their names in order: routes that name the same share one.
    joined: RefCell<BTreeMap<Vec<String>, AuthPolicy>>,
}

impl Doors {
    /// The auth policies and CORS declarations, and the scopes of `clients`.
    pub fn link(
        file: &GatewayFile,
        clients: &[Arc<Client>],
        language: &Environment<'_>,
        findings: &mut Findings,
    ) -> Doors {
        let unasked = file.auth.iter().filter_map(|(name, policy)| unasked(name, policy, file));
        unasked.for_each(|finding| findings.add(finding));
        let auth = file
            .auth
            .iter()
            .filter_map(|(name, policy)| Some((shared(name), auth_policy(policy, language, findings)?)));
        let auth = auth.collect();
        let cors = file
            .cors
            .iter()
            .map(|(name, cors)| (shared(name), Arc::new(cors_policy(cors, findings))))
            .collect();
        let scopes = clients.iter().flat_map(|client| client.scopes.iter().cloned()).collect();
        Doors { auth, cors, scopes, joined: RefCell::default() }
    }

    /// The policy of a route that names several. `None` when one of them is none.
    pub fn any_of(&self, names: &Names, policies: Vec<Option<AuthPolicy>>) -> Option<AuthPolicy> {
        let policies: Vec<AuthPolicy> = policies.into_iter().collect::<Option<_>>()?;
        let names = names.0.iter().map(|name| name.value.clone()).collect();
        let mut joined = self.joined.borrow_mut();
        Some(Arc::clone(joined.entry(names).or_insert_with(|| inbound::several(policies))))
    }
}

/// Every client of the project.
pub(super) fn link(file: &GatewayFile, findings: &mut Findings) -> Vec<Arc<Client>> {
    let mut seen = BTreeMap::new();
    let elsewhere = file.auth.values().any(|policy| NAMED_ELSEWHERE.contains(&policy.scheme.value.as_str()));
    file.clients
        .iter()
        .map(|(name, declared)| {
            let own = [declared.keys.len(), declared.passwords.len(), declared.certificates.len()];
            if own == [0; 3] && !elsewhere {
                findings.add(keyless(name));
            }
            Arc::new(client(name, declared, &mut seen, findings))
        })
        .collect()
}

/// Schemes by which clients are known that have no key here.
const NAMED_ELSEWHERE: [&str; 2] = ["jwt", "oauth2_introspection"];

fn keyless(name: &Name) -> Diagnostic {
    let message = format!("the client `{}` has no key, so nobody can call as it", name.value);
    Diagnostic::new(&codes::CLIENT_WITHOUT_KEY, name.span, message)
        .help("run `crossdock key` and add the digest it prints: `keys: [\"sha256:…\"]`")
}

fn client(
    name: &Name,
    declared: &gateway::Client,
    seen: &mut BTreeMap<[u8; 32], Name>,
    findings: &mut Findings,
) -> Client {
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
    let passwords = declared.passwords.iter().filter_map(|text| findings.keep(password(text))).collect();
    let rules = declared.certificates.iter().filter_map(|one| findings.keep(certificate(one)));
    let certificates = rules.collect();
    if declared.account.value.trim().is_empty() {
        let message = format!("the account of `{}` is that of callers whom nobody knows", name.value);
        let help = "write the customer's account: `account: C-1002`";
        findings.add(Diagnostic::new(&codes::UNKNOWN_VALUE, declared.account.span, message).help(help));
    }
    let account = declared.account.value.as_str().into();
    Client { name: shared(name), account, scopes, keys, passwords, certificates, claims: None }
}

/// A password's hash: written here, from a variable, or kept as a secret.
fn password(text: &Text) -> Result<PasswordHash, Diagnostic> {
    if let [TextPart::Secret(name)] = text.parts.as_slice() {
        return Ok(PasswordHash::Secret(name.as_str().into()));
    }
    // Without a value yet: `serve` asks for the variable before it reads passwords.
    if text.parts.iter().any(|part| matches!(part, TextPart::Missing(_))) {
        return Ok(PasswordHash::Known("".into()));
    }
    PasswordHash::parse(&settings::shown(text)).ok_or_else(|| {
        // The words themselves are not repeated: they may be a password.
        Diagnostic::new(&codes::BAD_KEY, text.span, "this is not the hash of a password").conceal().help(
            "run `crossdock key --password`, give it the password, and write here what it prints: `$argon2id$…`",
        )
    })
}

/// What a certificate must say: something at least, each in its form.
fn certificate(declared: &Spanned<gateway::Certificate>) -> Result<CertificateRule, Diagnostic> {
    let gateway::Certificate { subject, san, issuer } = &declared.value;
    if subject.is_none() && san.is_none() && issuer.is_none() {
        return Err(Diagnostic::new(
            &codes::MISSING_KEY,
            declared.span,
            "this certificate could be anybody's",
        )
        .help("say what it says: `{ subject: \"CN=hub, O=Hub Ltd\" }` or `{ san: \"dns:hub.example\" }`"));
    }
    let bad = |text: &Spanned<String>, help: &str| {
        let message = format!("no certificate says `{}` here", short(&text.value));
        Diagnostic::new(&codes::UNKNOWN_VALUE, text.span, message).help(help)
    };
    let attributes = |text: &Option<Spanned<String>>| {
        let read = |text: &Spanned<String>| {
            attributes(&text.value).ok_or_else(|| bad(text, "write its attributes: `CN=hub, O=Hub Ltd`"))
        };
        text.as_ref().map(read).transpose()
    };
    let known = |name: &str| ["dns:", "email:", "uri:", "ip:"].iter().any(|kind| name.starts_with(kind));
    if let Some(name) = san.as_ref().filter(|name| !known(&name.value)) {
        return Err(bad(name, "write its kind too: `dns:hub.example`, `email:…`, `uri:…` or `ip:…`"));
    }
    let san = san.as_ref().map(|name| match name.value.strip_prefix("dns:") {
        Some(host) => format!("dns:{}", host.to_ascii_lowercase()),
        None => name.value.clone(),
    });
    Ok(CertificateRule { subject: attributes(subject)?, san, issuer: attributes(issuer)? })
}

/// A policy by certificates needs a listener that asks for them.
fn unasked(name: &Name, policy: &gateway::AuthPolicy, file: &GatewayFile) -> Option<Diagnostic> {
    let asked = file.listen.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
    (policy.scheme.value == "mtls" && !asked).then(|| {
        let message = format!("`{}` asks for certificates that the listener does not ask for", name.value);
        Diagnostic::new(&codes::MISSING_KEY, policy.scheme.span, message)
            .help("name the authorities that vouch for your callers: `listen: { tls: { client_ca: partners.pem, … } }`")
    })
}

fn auth_policy(
    policy: &gateway::AuthPolicy,
    language: &Environment<'_>,
    findings: &mut Findings,
) -> Option<AuthPolicy> {
    let compiled = inbound::compile(policy, language);
    compiled.map_err(|wrong| wrong.into_iter().for_each(|finding| findings.add(finding))).ok()
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
