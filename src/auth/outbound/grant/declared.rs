//! What a system file says about its token endpoint, checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::assertion::{Assertion, Key};
use super::form::{Form, encoded};
use super::token::{Exchange, Token};
use crate::auth::outbound::desk::Desk;
use crate::auth::outbound::session::answer;
use crate::auth::outbound::sessions::login_digest;
use crate::auth::outbound::{self, Declared, LogsIn, Means, Signer, concealed};
use crate::auth::{Secret, resolve};
use crate::config::declarations::system::{Algorithm, ClientAuth, SystemAuth};
use crate::config::declarations::{Name, Text, TextPart};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::{HeaderValue, Target};
use crate::mapping::{self, Compiled, Environment};

/// How long an assertion is good, unless said: an endpoint's clock may be off by as much.
const LIFETIME: Duration = Duration::from_secs(180);
/// How long a token is good that does not say so, unless said.
const TOKEN_LIFE: Duration = Duration::from_secs(1800);
/// How long nobody asks again after a refusal: endpoints lock clients that guess.
const BACKOFF: Duration = Duration::from_secs(30);
/// RFC 7523 §2.1 and §2.2.
const BY_ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLIENT_BY_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Debug)]
struct DeclaredGrant {
    how: How,
    token_url: Text,
    scope: Option<Text>,
    parameters: BTreeMap<Name, Text>,
    audience: Option<Text>,
    key: Option<Text>,
    key_id: Option<Text>,
    algorithm: Algorithm,
    lifetime: Duration,
    life: Duration,
    expired: Option<Compiled>,
}

#[derive(Debug)]
enum How {
    Client { id: Text, secret: Option<Text>, auth: ClientAuth },
    Assertion { issuer: Text, subject: Option<Text>, claims: BTreeMap<Name, Text> },
}

pub(super) fn oauth2_client(auth: &SystemAuth, environment: &Environment<'_>) -> outbound::Compiled {
    let way = auth.client_auth.as_ref().map_or(ClientAuth::Header, |way| way.value);
    let by_key = way == ClientAuth::PrivateKeyJwt;
    let place = auth.client_auth.as_ref().map_or(auth.scheme.span, |way| way.span);
    let lacks = |key: &str| {
        let message = format!("`oauth2_client` lacks the key `{key}` for this `client_auth`");
        Diagnostic::new(&codes::MISSING_KEY, place, message).help(format!("add `{key}: ...`"))
    };
    let signs = |key: &str, span| {
        let message = format!("`{key}` is for `client_auth: private_key_jwt` only");
        Diagnostic::new(&codes::MISPLACED_KEY, span, message).help("take it out, or write that `client_auth`")
    };
    let mut findings = Vec::new();
    if by_key {
        findings.extend(auth.key.is_none().then(|| lacks("key")));
        findings.extend(auth.client_secret.as_ref().map(|secret| {
            let message = "`client_secret` says nothing where a key signs";
            Diagnostic::new(&codes::MISPLACED_KEY, secret.span, message).help("take it out")
        }));
    } else {
        findings.extend(auth.client_secret.is_none().then(|| lacks("client_secret")));
        let texts = [("key", &auth.key), ("key_id", &auth.key_id)];
        findings.extend(texts.iter().filter_map(|(name, text)| Some(signs(name, text.as_ref()?.span))));
        findings.extend(auth.algorithm.as_ref().map(|name| signs("algorithm", name.span)));
        findings.extend(auth.lifetime.as_ref().map(|lapse| signs("lifetime", lapse.span)));
    }
    let Some(id) = auth.client_id.clone() else { return (None, findings) };
    compile(auth, How::Client { id, secret: auth.client_secret.clone(), auth: way }, environment, findings)
}

pub(super) fn jwt_bearer(auth: &SystemAuth, environment: &Environment<'_>) -> outbound::Compiled {
    let Some(issuer) = auth.issuer.clone() else { return (None, Vec::new()) };
    let how = How::Assertion { issuer, subject: auth.subject.clone(), claims: auth.claims.clone() };
    compile(auth, how, environment, Vec::new())
}

fn compile(
    auth: &SystemAuth,
    how: How,
    environment: &Environment<'_>,
    mut findings: Vec<Diagnostic>,
) -> outbound::Compiled {
    let Some(token_url) = auth.token_url.clone() else { return (None, findings) };
    findings.extend(place(&token_url));
    let expired = auth.expired.as_ref().map(|rule| {
        let (compiled, found) = mapping::compile_condition(rule, &answer::scope(), environment);
        findings.extend(found);
        compiled
    });
    let expired = match expired {
        Some(None) => return (None, findings),
        Some(rule) => rule,
        None => None,
    };
    let declared = DeclaredGrant {
        how,
        token_url,
        scope: auth.scope.clone(),
        parameters: auth.parameters.clone(),
        audience: auth.audience.clone(),
        key: auth.key.clone(),
        key_id: auth.key_id.clone(),
        algorithm: auth.algorithm.as_ref().map_or(Algorithm::Rs256, |name| name.value),
        lifetime: auth.lifetime.as_ref().map_or(LIFETIME, |lapse| lapse.value.0),
        life: auth.token_life.as_ref().map_or(TOKEN_LIFE, |lapse| lapse.value.0),
        expired,
    };
    let refused = findings.iter().any(|finding| finding.severity() == crate::diagnostic::Severity::Error);
    ((!refused).then(|| Box::new(declared) as Box<dyn Declared>), findings)
}

/// Whether the endpoint's place can be one.
fn place(url: &Text) -> Option<Diagnostic> {
    let mut literal = String::new();
    for part in &url.parts {
        match part {
            TextPart::Literal(words) => literal.push_str(words),
            TextPart::Missing(_) => return None,
            TextPart::Secret(_) => {
                let message = "`token_url` holds a secret, which logs would show";
                let finding = Diagnostic::new(&codes::MISPLACED_SECRET, url.span, message);
                return Some(finding.help("move it into `client_secret` or `parameters`"));
            }
        }
    }
    if literal.starts_with('/') {
        return None;
    }
    let why = Target::parse(&literal).err()?;
    let finding = Diagnostic::new(&codes::BAD_URL, url.span, format!("`{literal}` {why}"));
    Some(finding.help("a path below the system's `url` begins with `/`"))
}

impl Declared for DeclaredGrant {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let mut opening = Opening { means, wrong: Vec::new() };
        let opened = self.exchange(&mut opening);
        if !opening.wrong.is_empty() {
            return Err(opening.wrong);
        }
        let Some((exchange, digest)) = opened else {
            return Err(vec!["the token request cannot be put together".to_owned()]);
        };
        let desk = Desk {
            what: "token request",
            digest,
            backoff: BACKOFF,
            clock: Arc::clone(means.clock),
            sessions: means.sessions.clone(),
        };
        Ok(Arc::new(Token {
            exchange,
            desk,
            life: self.life,
            expired: self.expired.clone(),
            tables: Arc::clone(means.tables),
            clock: Arc::clone(means.clock),
        }))
    }

    fn elsewhere(&self) -> Option<&Text> {
        let below =
            matches!(self.token_url.parts.first(), Some(TextPart::Literal(words)) if words.starts_with('/'));
        (!below).then_some(&self.token_url)
    }

    fn logs_in(&self) -> LogsIn {
        LogsIn::Standard
    }
}

/// Fills in secrets, and gathers what is wrong.
struct Opening<'a> {
    means: &'a Means<'a>,
    wrong: Vec<String>,
}

impl Opening<'_> {
    fn text(&mut self, text: &Text) -> Option<Secret> {
        self.keep(resolve(text, self.means.secret))
    }

    fn maybe(&mut self, text: Option<&Text>) -> Option<Secret> {
        text.and_then(|text| self.text(text))
    }

    fn keep<T>(&mut self, result: Result<T, Vec<String>>) -> Option<T> {
        result.map_err(|why| self.wrong.extend(why)).ok()
    }
}

impl DeclaredGrant {
    /// The request, and the digest of all that decides what it gives.
    fn exchange(&self, opening: &mut Opening<'_>) -> Option<(Exchange, [u8; 32])> {
        let url = opening.text(&self.token_url)?;
        let (mut form, mut client, mut digested) = (Form::default(), None, vec![url.clone()]);
        let assertion = match &self.how {
            How::Client { id, secret, auth } => {
                form.add("grant_type", "client_credentials");
                let (id, secret) = (opening.text(id)?, opening.maybe(secret.as_ref()));
                match (auth, secret) {
                    (ClientAuth::Header, Some(secret)) => {
                        digested.push(secret.clone());
                        client = opening.keep(basic(&id, &secret));
                    }
                    (ClientAuth::Body, Some(secret)) => {
                        form.add("client_id", id.reveal());
                        form.add("client_secret", secret.reveal());
                    }
                    _ => form.add("client_id", id.reveal()),
                }
                digested.push(id.clone());
                let by_key = *auth == ClientAuth::PrivateKeyJwt;
                by_key.then(|| self.client_assertion(id, &url, &mut form, opening)).flatten()
            }
            How::Assertion { issuer, subject, claims } => {
                form.add("grant_type", BY_ASSERTION);
                self.assertion(issuer, subject.as_ref(), claims, &url, opening)
            }
        };
        self.rest(&mut form, opening);
        digested.extend(assertion.iter().flat_map(|(_, assertion)| said(assertion)));
        digested.extend(opening.maybe(self.key.as_ref()));
        let form_bytes = form.bytes();
        let parts = digested.iter().map(|text| text.reveal().as_bytes()).chain([form_bytes.as_slice()]);
        let digest = login_digest(parts);
        let elsewhere = self.elsewhere().is_some();
        let path = if elsewhere { String::new() } else { url.reveal().to_owned() };
        Some((Exchange { path, elsewhere, client, form, assertion }, digest))
    }

    /// What stands in the form of either grant.
    fn rest(&self, form: &mut Form, opening: &mut Opening<'_>) {
        let audience = self.audience.as_ref().filter(|_| matches!(self.how, How::Client { .. }));
        for (name, text) in [("scope", self.scope.as_ref()), ("audience", audience)] {
            if let Some(value) = opening.maybe(text) {
                form.add(name, value.reveal());
            }
        }
        for (name, text) in &self.parameters {
            if let Some(value) = opening.text(text) {
                form.add(&name.value, value.reveal());
            }
        }
    }

    /// `private_key_jwt`: the client says itself who it is.
    fn client_assertion(
        &self,
        id: Secret,
        url: &Secret,
        form: &mut Form,
        opening: &mut Opening<'_>,
    ) -> Option<(&'static str, Assertion)> {
        form.add("client_assertion_type", CLIENT_BY_ASSERTION);
        let assertion = Assertion {
            issuer: id.clone(),
            subject: id,
            audience: url.clone(),
            claims: Vec::new(),
            key_id: opening.maybe(self.key_id.as_ref()),
            key: self.key(opening)?,
            lifetime: self.lifetime,
        };
        Some(("client_assertion", assertion))
    }

    fn assertion(
        &self,
        issuer: &Text,
        subject: Option<&Text>,
        claims: &BTreeMap<Name, Text>,
        url: &Secret,
        opening: &mut Opening<'_>,
    ) -> Option<(&'static str, Assertion)> {
        let claims = claims.iter().map(|(name, text)| Some((name.value.clone(), opening.text(text)?)));
        let claims: Option<Vec<_>> = claims.collect();
        let issuer = opening.text(issuer)?;
        let assertion = Assertion {
            subject: opening.maybe(subject).unwrap_or_else(|| issuer.clone()),
            issuer,
            audience: opening.maybe(self.audience.as_ref()).unwrap_or_else(|| url.clone()),
            claims: claims?,
            key_id: opening.maybe(self.key_id.as_ref()),
            key: self.key(opening)?,
            lifetime: self.lifetime,
        };
        Some(("assertion", assertion))
    }

    fn key(&self, opening: &mut Opening<'_>) -> Option<Key> {
        let pem = opening.maybe(self.key.as_ref())?;
        opening.keep(Key::read(&pem, self.algorithm).map_err(|why| vec![why]))
    }
}

/// All texts that an assertion says.
fn said(assertion: &Assertion) -> Vec<Secret> {
    let own = assertion.claims.iter().flat_map(|(name, value)| [Secret::new(name.clone()), value.clone()]);
    let fixed = [&assertion.issuer, &assertion.subject, &assertion.audience].map(Secret::clone);
    fixed.into_iter().chain(assertion.key_id.clone()).chain(own).collect()
}

/// `Authorization: Basic` with both encoded as in a form (RFC 6749 §2.3.1).
fn basic(id: &Secret, secret: &Secret) -> Result<HeaderValue, Vec<String>> {
    let (id, secret) = (encoded(id.reveal()), encoded(secret.reveal()));
    let both = Zeroizing::new(format!("{}:{}", *id, *secret));
    let proof = Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())));
    concealed(&proof).ok_or_else(|| vec!["`client_secret` cannot stand in a header".to_owned()])
}
