//! `scheme: oauth2_introspection`: the issuer's server tells what a bearer's token is (RFC 7662).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::bearer::{self, Sent};
use super::claims::{Maker, Reading};
use super::fetch::{self, Place, Source};
use super::flights::Flights;
use super::jwt::{self, LONGEST};
use super::verified::{self, Verified};
use super::{
    Answer, AuthPolicy, Declared, Head, Means, Refused, Scheme, Sight, Verdict, Verifier, Why, times,
};
use crate::auth::resolve;
use crate::clock::Clock;
use crate::codec::json::{self, Limits};
use crate::config::declarations::{Text, gateway};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::Bytes;
use crate::mapping::Environment;
use crate::value::Value;

pub(super) static SCHEME: Scheme = Scheme {
    name: "oauth2_introspection",
    about: "a token in `Authorization: Bearer` that the server at `introspection_url` knows, \
            where we are `client_id` with `client_secret`",
    needs: &["client_id", "client_secret", "introspection_url"],
    takes: &["account", "audience", "ca", "cache", "client", "issuer", "scopes", "skew"],
    compile,
};

/// How long what was told is believed, unless said; and at most.
const BELIEVED: Duration = Duration::from_secs(30);
const LONGEST_BELIEF: Duration = Duration::from_secs(600);
/// How long it is believed that a token is none, and of how many.
const DISBELIEVED: Duration = Duration::from_secs(10);
const STRANGERS: u64 = 10_000;
/// Questions at once.
const AT_ONCE: usize = 64;
/// How long nobody is asked who did not answer.
const REST: Duration = Duration::from_secs(1);
/// What is told of a token: so deep, so long.
const LIMITS: Limits = Limits { depth: 16, bytes: 64 << 10 };

#[derive(Debug)]
struct Introspection {
    url: Text,
    ca: Option<Text>,
    id: Text,
    secret: Text,
    issuer: Option<Text>,
    audience: Vec<Text>,
    skew: Duration,
    believed: Duration,
    reading: Arc<Reading>,
    makes: bool,
}

fn compile(
    policy: &gateway::AuthPolicy,
    environment: &Environment<'_>,
) -> Result<AuthPolicy, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    if let Some(Err(finding)) =
        policy.introspection_url.as_ref().map(|url| fetch::check("introspection_url", url))
    {
        findings.push(finding);
    }
    let skew = jwt::skew(policy.skew.as_ref()).map_err(|finding| findings.push(finding)).ok();
    let believed = policy.cache.as_ref().map_or(BELIEVED, |cache| cache.value.0);
    if let Some(cache) = policy.cache.as_ref().filter(|_| believed > LONGEST_BELIEF) {
        let message = "a token that was withdrawn would be good for so long";
        findings.push(
            Diagnostic::new(&codes::BAD_LIMIT, cache.span, message)
                .help("write at most `10m`; 30s is the default"),
        );
    }
    let reading = Reading::compile(policy, environment).map_err(|wrong| findings.extend(wrong)).ok();
    let (Some(url), Some(id), Some(secret)) =
        (policy.introspection_url.clone(), policy.client_id.clone(), policy.client_secret.clone())
    else {
        return Err(findings);
    };
    let (Some(skew), Some(reading), true) = (skew, reading, findings.is_empty()) else {
        return Err(findings);
    };
    Ok(Arc::new(Introspection {
        url,
        ca: policy.ca.clone(),
        id,
        secret,
        issuer: policy.issuer.clone(),
        audience: policy.audience.as_ref().map(|texts| texts.0.clone()).unwrap_or_default(),
        skew,
        believed,
        reading: Arc::new(reading),
        makes: policy.account.is_some(),
    }))
}

impl Declared for Introspection {
    fn makes_clients(&self) -> bool {
        self.makes
    }

    fn brings_claims(&self) -> bool {
        true
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let text = |text: &Text| resolve(text, means.secret);
        let plain = |one: &Text| text(one).map(|found| found.reveal().to_owned());
        let ca =
            self.ca.as_ref().map(|name| text(name).map(|name| means.root.join(name.reveal()))).transpose()?;
        let proof = fetch::basic(&text(&self.id)?, &text(&self.secret)?).map_err(|why| vec![why])?;
        let place = Place::new(text(&self.url)?.reveal(), ca, Some(proof));
        let place = place.map_err(|why| vec![format!("`introspection_url`: {why}")])?;
        Ok(Arc::new(Bearer(Arc::new(Rules {
            source: Box::new(place),
            issuer: self.issuer.as_ref().map(plain).transpose()?,
            audience: self.audience.iter().map(plain).collect::<Result<_, _>>()?,
            skew: self.skew,
            believed: self.believed,
            maker: Maker::new(&self.reading, means),
            clock: Arc::clone(means.clock),
            known: Known::new(self.believed),
        }))))
    }
}

/// What was told a moment ago, and who asks now.
#[derive(Debug)]
struct Known {
    verified: Verified,
    strangers: Cache<[u8; 32], ()>,
    flights: Flights,
    questions: Semaphore,
    /// Nobody is asked before this, on the monotonic clock.
    rest: Mutex<Duration>,
}

impl Known {
    fn new(believed: Duration) -> Known {
        let strangers = Cache::builder().max_capacity(STRANGERS).time_to_live(DISBELIEVED).build();
        let (verified, questions) = (Verified::new(believed), Semaphore::new(AT_ONCE));
        Known { verified, strangers, flights: Flights::default(), questions, rest: Mutex::default() }
    }
}

#[derive(Debug)]
struct Rules {
    source: Box<dyn Source>,
    issuer: Option<String>,
    audience: Vec<String>,
    skew: Duration,
    believed: Duration,
    maker: Maker,
    clock: Arc<dyn Clock>,
    known: Known,
}

#[derive(Debug)]
struct Bearer(Arc<Rules>);

impl Verifier for Bearer {
    /// A token that says of itself who issued it is more likely another policy's, unless that is our issuer.
    fn sees(&self, head: &Head<'_>) -> Sight {
        match bearer::sent(head.headers) {
            Sent::Token(token) => match (jwt::issuer(token), &self.0.issuer) {
                (None, _) => Sight::Yes,
                (Some(said), Some(own)) if said == *own => Sight::Yes,
                _ => Sight::Perhaps,
            },
            Sent::Unreadable => Sight::Perhaps,
            Sent::Nothing => Sight::No,
        }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        let token = match bearer::sent(head.headers) {
            Sent::Token(token) => token,
            Sent::Unreadable => return Verdict::Now(Err(bearer::invalid(Why::Wrong, "send one token"))),
            Sent::Nothing => return Verdict::Now(Err(bearer::missing())),
        };
        // RFC 6750 §2.1: nothing else is a token.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || token.len() > LONGEST || !token.bytes().all(is_token) {
            return Verdict::Now(Err(not_valid()));
        }
        let digest = verified::digest(token.as_bytes());
        if let Some(answer) = self.0.remembered(&digest) {
            return Verdict::Now(answer);
        }
        let (rules, token) = (Arc::clone(&self.0), token.to_owned());
        Verdict::Later(Box::pin(async move { rules.ask(&token, digest).await }))
    }

    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        Some(bearer::insufficient(scope))
    }
}

impl Rules {
    fn remembered(&self, digest: &[u8; 32]) -> Option<Answer> {
        let now = times::seconds(self.clock.now());
        if let Some(client) = self.known.verified.client(digest, now, 0) {
            return Some(Ok(Some(client)));
        }
        self.known.strangers.contains_key(digest).then(|| Err(not_valid()))
    }

    /// Asks once for all who bring the same token.
    async fn ask(&self, token: &str, digest: [u8; 32]) -> Answer {
        let _turn = self.known.flights.turn(digest).await;
        if let Some(answer) = self.remembered(&digest) {
            return answer;
        }
        let told = self.told(token).await.map_err(|why| {
            tracing::warn!(target: "crossdock::auth", why, "tokens cannot be introspected");
            bearer::away()
        })?;
        let answer = self.hold(&told, digest, token.len());
        if answer.as_ref().is_err_and(|refused| refused.why == Why::Wrong) {
            self.known.strangers.insert(digest, ());
        }
        answer
    }

    async fn told(&self, token: &str) -> Result<Value, String> {
        let _one = self.known.questions.acquire().await.map_err(|closed| closed.to_string())?;
        let rest = || self.known.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if *rest() > self.clock.monotonic() {
            return Err("the server did not answer a moment ago".to_owned());
        }
        let coded = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
        let form = Bytes::from(format!("token={coded}&token_type_hint=access_token"));
        let told = self.source.ask(Some(form)).await.and_then(|bytes| {
            json::decode(&bytes, &LIMITS)
                .map_err(|error| format!("what it told is no JSON: {}", error.message))
        });
        if told.is_err() {
            *rest() = self.clock.monotonic() + REST;
        }
        told
    }

    /// Holds what was told against what is declared.
    fn hold(&self, told: &Value, digest: [u8; 32], size: usize) -> Answer {
        let bearers = told
            .get("token_type")
            .is_none_or(|said| said.as_str().is_some_and(|said| said.eq_ignore_ascii_case("bearer")));
        if told.get("active").and_then(Value::as_bool) != Some(true) || !bearers {
            return Err(not_valid());
        }
        let issued =
            self.issuer.as_ref().is_none_or(|own| told.get("iss").and_then(Value::as_str) == Some(own));
        if !issued || !(self.audience.is_empty() || jwt::is_for(told, &self.audience)) {
            return Err(bearer::invalid(Why::Unfit, "this token is not for here"));
        }
        let now = self.clock.now();
        let end = times::end(told, now, self.skew, false).map_err(jwt::untimely)?;
        let client = self.maker.client(told, now).map_err(jwt::nobody)?;
        let until = end.min(times::seconds(now) + self.believed.as_secs_f64());
        self.known.verified.keep(digest, &client, until, 0, size);
        Ok(Some(client))
    }
}

fn not_valid() -> Refused {
    bearer::invalid(Why::Wrong, "this token is not valid here")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::stage::{Stage, verify, verify_later};
    use super::*;
    use crate::clock::{BoxFuture, Moment, VirtualClock};

    /// A server that tells this of every token, or nothing, and counts who asks.
    #[derive(Debug, Clone)]
    struct Told(Arc<(Option<&'static str>, AtomicUsize)>);

    impl Source for Told {
        fn ask(&self, form: Option<Bytes>) -> BoxFuture<'_, Result<Bytes, String>> {
            self.0.1.fetch_add(1, Ordering::SeqCst);
            assert!(form.is_some_and(|form| form.starts_with(b"token=")));
            Box::pin(async move {
                tokio::task::yield_now().await;
                self.0.0.map(Bytes::from).ok_or_else(|| "it is away".to_owned())
            })
        }
    }

    fn bearer(told: Option<&'static str>) -> (Bearer, Told, Arc<VirtualClock>) {
        let clock = VirtualClock::new(Moment(1_000 * 1_000_000_000), 1);
        let mut stage = Stage::default();
        stage.client("portal", &[]);
        let told = Told(Arc::new((told, AtomicUsize::new(0))));
        let rules = Rules {
            source: Box::new(told.clone()),
            issuer: Some("https://issuer.example".into()),
            audience: vec!["api".into()],
            skew: Duration::from_secs(60),
            believed: BELIEVED,
            maker: Maker::plain(stage.clients.clone()),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            known: Known::new(BELIEVED),
        };
        (Bearer(Arc::new(rules)), told, clock)
    }

    async fn ask(bearer: &Bearer, token: &str) -> Result<String, Why> {
        let answer = verify_later(bearer, &[("authorization", &format!("Bearer {token}"))]).await;
        answer.map(|client| client.unwrap().name.to_string()).map_err(|refused| refused.why)
    }

    const ACTIVE: &str =
        r#"{"active":true,"iss":"https://issuer.example","aud":"api","client_id":"portal","exp":1020}"#;

    #[tokio::test]
    async fn one_question_serves_all_who_bring_a_token_until_it_ends() {
        let (verifier, told, clock) = bearer(Some(ACTIVE));
        let (one, two) = tokio::join!(ask(&verifier, "abc"), ask(&verifier, "abc"));
        assert_eq!((one.unwrap(), two.unwrap()), ("portal".to_owned(), "portal".to_owned()));
        assert!(verify(&verifier, &[("authorization", "Bearer abc")]).is_ok());
        assert_eq!(told.0.1.load(Ordering::SeqCst), 1);
        // Past its end nothing is remembered; within the skew the server may still call it active.
        clock.advance(Duration::from_secs(21));
        ask(&verifier, "abc").await.unwrap();
        assert_eq!(told.0.1.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn only_what_is_active_and_for_us_passes() {
        for told in [
            r#"{"active":false}"#,
            r#"{"active":"true"}"#,
            r#"{}"#,
            r#"{"active":true,"active":true}"#,
            r#"{"active":true}"#,
            r#"{"active":true,"iss":"https://evil.example","aud":"api","client_id":"portal"}"#,
            r#"{"active":true,"iss":"https://issuer.example","aud":"other","client_id":"portal"}"#,
            r#"{"active":true,"iss":"https://issuer.example","aud":"api","client_id":"stranger"}"#,
            r#"{"active":true,"iss":"https://issuer.example","aud":"api","client_id":"portal","exp":900}"#,
            r#"{"active":true,"iss":"https://issuer.example","aud":"api","client_id":"portal","nbf":1100}"#,
            r#"{"active":true,"iss":"https://issuer.example","aud":"api","client_id":"portal","token_type":"DPoP"}"#,
            "[]",
            "<html>",
        ] {
            let (verifier, ..) = bearer(Some(told));
            assert!(ask(&verifier, "abc").await.is_err(), "{told}");
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_not_asked_about_and_strangers_once() {
        let (verifier, told, _) = bearer(Some(r#"{"active":false}"#));
        for wrong in ["", "a b", "a\"b", "a,b", &"a".repeat(LONGEST + 1)] {
            assert_eq!(ask(&verifier, wrong).await.unwrap_err(), Why::Wrong);
        }
        assert_eq!(told.0.1.load(Ordering::SeqCst), 0);
        for _ in 0..3 {
            assert_eq!(ask(&verifier, "abc").await.unwrap_err(), Why::Wrong);
        }
        assert_eq!(told.0.1.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_server_that_is_away_lets_nobody_in_and_is_left_alone_for_a_moment() {
        let (verifier, told, clock) = bearer(None);
        for token in ["a", "b", "c"] {
            assert_eq!(ask(&verifier, token).await.unwrap_err(), Why::Unknown);
        }
        assert_eq!(told.0.1.load(Ordering::SeqCst), 1);
        clock.advance(REST);
        assert_eq!(ask(&verifier, "d").await.unwrap_err(), Why::Unknown);
        assert_eq!(told.0.1.load(Ordering::SeqCst), 2);
    }
}
