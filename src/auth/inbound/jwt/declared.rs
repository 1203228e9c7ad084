//! What a policy of `scheme: jwt` says, checked; and what looks at tokens by it.

use std::sync::Arc;
use std::time::Duration;

use super::algorithm::{Algorithm, KeyKind};
use super::keys::{self, Key};
use super::trust::{Ages, Trust};
use super::{Jwt, Rules};
use crate::auth::inbound::claims::{Maker, Reading};
use crate::auth::inbound::verified::Verified;
use crate::auth::inbound::{AuthPolicy, Declared, Means, Scheme, Verifier, fetch, times};
use crate::auth::resolve;
use crate::config::Spanned;
use crate::config::declarations::gateway;
use crate::config::declarations::{Lapse, Text};
use crate::diagnostic::{Diagnostic, codes, short};
use crate::mapping::Environment;

pub(in crate::auth::inbound) static SCHEME: Scheme = Scheme {
    name: "jwt",
    about: "a signed token of an `issuer` for an `audience` in `Authorization: Bearer`, signed by one of the \
            `algorithms` with a key of `jwks_url`, of `jwks_file`, or with a `secret`",
    needs: &["algorithms", "audience", "issuer"],
    takes: &[
        "account",
        "ca",
        "client",
        "jwks_file",
        "jwks_url",
        "keep",
        "refresh",
        "scopes",
        "secret",
        "skew",
    ],
    compile,
};

/// Keys are renewed when they are so old, unless said.
const REFRESH: Duration = Duration::from_secs(600);
/// Keys are not used any more when they are so old, unless said.
const KEEP: Duration = Duration::from_secs(86_400);
/// Nobody is asked for keys more often.
const SOONEST: Duration = Duration::from_secs(30);
/// How long a token that held is not checked again.
const REMEMBERED: Duration = Duration::from_secs(300);

/// Where keys are.
#[derive(Debug)]
enum Origin {
    Url { url: Text, ca: Option<Text> },
    File(Text),
    Secret(Text),
}

#[derive(Debug)]
struct DeclaredJwt {
    algorithms: Vec<Algorithm>,
    issuer: Text,
    audience: Vec<Text>,
    skew: Duration,
    ages: Ages,
    origin: Origin,
    reading: Arc<Reading>,
    /// Whether clients are made from tokens.
    makes: bool,
}

fn compile(
    policy: &gateway::AuthPolicy,
    environment: &Environment<'_>,
) -> Result<AuthPolicy, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let origin = origin(policy).map_err(|finding| findings.push(finding)).ok();
    let algorithms = algorithms(policy, origin.as_ref(), &mut findings);
    let skew = skew(policy.skew.as_ref()).map_err(|finding| findings.push(finding)).unwrap_or(times::SKEW);
    let ages = ages(policy).map_err(|finding| findings.push(finding)).ok();
    let reading = Reading::compile(policy, environment).map_err(|wrong| findings.extend(wrong)).ok();
    let (Some(origin), Some(ages), Some(reading), Some(issuer), Some(audience), true) =
        (origin, ages, reading, policy.issuer.clone(), policy.audience.clone(), findings.is_empty())
    else {
        return Err(findings);
    };
    let (audience, makes) = (audience.0, policy.account.is_some());
    let reading = Arc::new(reading);
    Ok(Arc::new(DeclaredJwt { algorithms, issuer, audience, skew, ages, origin, reading, makes }))
}

/// Exactly one place where keys are.
fn origin(policy: &gateway::AuthPolicy) -> Result<Origin, Diagnostic> {
    let places =
        [("jwks_url", &policy.jwks_url), ("jwks_file", &policy.jwks_file), ("secret", &policy.secret)];
    let mut given = places.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    let Some((name, text)) = given.next() else {
        let message = "`jwt` does not say where the issuer's keys are";
        return Err(Diagnostic::new(&codes::MISSING_KEY, policy.scheme.span, message)
            .help("write `jwks_url: https://issuer.example/.well-known/jwks.json`, or `jwks_file:`"));
    };
    if let Some((other, second)) = given.next() {
        let message = format!("`{other}` stands beside `{name}`: keys come from one place");
        return Err(Diagnostic::new(&codes::CONFLICTING_KEYS, second.span, message)
            .related(text.span, format!("`{name}`"))
            .help("keep one of them; a second issuer is a second policy, and a route may name both"));
    }
    match name {
        "jwks_url" => {
            fetch::check(name, text)?;
            Ok(Origin::Url { url: text.clone(), ca: policy.ca.clone() })
        }
        "jwks_file" => Ok(Origin::File(text.clone())),
        _ => Ok(Origin::Secret(text.clone())),
    }
}

/// The declared algorithms: each known, and each of a kind that the keys can be.
fn algorithms(
    policy: &gateway::AuthPolicy,
    origin: Option<&Origin>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Algorithm> {
    let shared = matches!(origin, Some(Origin::Secret(_)));
    let fits = |algorithm: Algorithm| (algorithm.kind() == KeyKind::Shared) == shared;
    let mut read = |name: &Spanned<String>| {
        let known = Algorithm::ALL.iter().filter(|(_, algorithm)| fits(*algorithm)).map(|(name, _)| *name);
        let message = match Algorithm::named(&name.value) {
            Some(algorithm) if origin.is_none() || fits(algorithm) => return Some(algorithm),
            Some(_) if shared => format!("`{}` needs a key pair, and this policy has a secret", name.value),
            Some(_) => format!("`{}` needs a secret, and this policy's keys are public", name.value),
            None => format!("no token is taken that is signed by `{}`", short(&name.value)),
        };
        let list = known.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let finding = Diagnostic::new(&codes::UNKNOWN_VALUE, name.span, message);
        findings.push(finding.nearest(&name.value, known).help(format!("write one of {list}")));
        None
    };
    policy.algorithms.iter().filter_map(&mut read).collect()
}

/// How far clocks may be apart.
pub(in crate::auth::inbound) fn skew(declared: Option<&Spanned<Lapse>>) -> Result<Duration, Diagnostic> {
    let Some(skew) = declared else { return Ok(times::SKEW) };
    if skew.value.0 <= times::MOST_SKEW {
        return Ok(skew.value.0);
    }
    Err(Diagnostic::new(&codes::BAD_LIMIT, skew.span, "clocks that are more than 5m apart are wrong")
        .help("write at most `5m`; 60s is the default"))
}

fn ages(policy: &gateway::AuthPolicy) -> Result<Ages, Diagnostic> {
    let lapse =
        |given: &Option<Spanned<Lapse>>, default| given.as_ref().map_or(default, |lapse| lapse.value.0);
    let refresh = lapse(&policy.refresh, REFRESH);
    let ages = Ages { refresh, keep: lapse(&policy.keep, KEEP.max(refresh)) };
    let bad = |at: &Option<Spanned<Lapse>>, message: &str, help: &str| {
        let span = at.as_ref().map_or(policy.scheme.span, |lapse| lapse.span);
        Err(Diagnostic::new(&codes::BAD_LIMIT, span, message).help(help))
    };
    if ages.refresh < SOONEST {
        return bad(
            &policy.refresh,
            "nobody is asked for keys more often than every 30s",
            "write `30s` or more",
        );
    }
    if ages.keep < ages.refresh {
        let help = "write a time that is at least `refresh`; 24h is the default";
        return bad(&policy.keep, "keys would be thrown away before they are renewed", help);
    }
    Ok(ages)
}

impl Declared for DeclaredJwt {
    fn makes_clients(&self) -> bool {
        self.makes
    }

    fn brings_claims(&self) -> bool {
        true
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let plain = |text: &Text| resolve(text, means.secret).map(|text| text.reveal().to_owned());
        let mut missing = Vec::new();
        let mut or_missing = |why: Vec<String>| missing.extend(why);
        let issuer = plain(&self.issuer).map_err(&mut or_missing);
        let audience: Result<Vec<String>, _> = self.audience.iter().map(plain).collect();
        let audience = audience.map_err(&mut or_missing);
        let trust = self.trust(means).map_err(&mut or_missing);
        let (Ok(issuer), Ok(audience), Ok(trust)) = (issuer, audience, trust) else { return Err(missing) };
        Ok(Arc::new(Jwt(Arc::new(Rules {
            algorithms: self.algorithms.clone(),
            issuer,
            audience,
            skew: self.skew,
            ages: self.ages,
            trust,
            maker: Maker::new(&self.reading, means),
            verified: Verified::new(REMEMBERED),
            clock: Arc::clone(means.clock),
        }))))
    }
}

impl DeclaredJwt {
    fn trust(&self, means: &Means<'_>) -> Result<Arc<Trust>, Vec<String>> {
        let text = |text: &Text| resolve(text, means.secret);
        let file = |name: &Text| text(name).map(|name| means.root.join(name.reveal()));
        match &self.origin {
            Origin::Url { url, ca } => {
                let ca = ca.as_ref().map(file).transpose()?;
                let trust = means.lasting.trust(text(url)?.reveal(), ca, means.clock);
                trust.map_err(|why| vec![format!("`jwks_url`: {why}")])
            }
            Origin::File(name) => {
                let path = file(name)?;
                let told =
                    |why: &dyn std::fmt::Display| vec![format!("`jwks_file`: `{}` {why}", path.display())];
                let bytes =
                    std::fs::read(&path).map_err(|error| told(&format!("cannot be read: {error}")))?;
                let keys = keys::read(&bytes).map_err(|why| told(&why))?;
                Ok(Arc::new(Trust::given(keys, Arc::clone(means.clock))))
            }
            Origin::Secret(secret) => {
                let key = self.shared(text(secret)?.reveal().as_bytes())?;
                Ok(Arc::new(Trust::given(vec![key], Arc::clone(means.clock))))
            }
        }
    }

    /// A secret as long as the longest digest that it is used with (RFC 7518 §3.2): a shorter one can be guessed
    /// from any token.
    fn shared(&self, secret: &[u8]) -> Result<Key, Vec<String>> {
        let size = |algorithm: &Algorithm| match algorithm {
            Algorithm::Hs512 => 64,
            Algorithm::Hs384 => 48,
            _ => 32,
        };
        let least = self.algorithms.iter().map(size).max().unwrap_or(64);
        match secret.len() >= least {
            true => Ok(Key::shared(secret)),
            false => Err(vec![format!(
                "`secret` is shorter than {least} bytes: whoever has a token could guess it"
            )]),
        }
    }
}
