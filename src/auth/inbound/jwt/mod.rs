//! `scheme: jwt`: callers send a signed token (RFC 7519, RFC 9068) as `Authorization: Bearer`.
//!
//! What is looked at is declared: algorithms, issuer, audience. A token says which of the issuer's keys signed it and
//! never brings one; a key is used with the algorithms of its own kind, so that neither side can be taken for the other.

mod algorithm;
mod declared;
mod keys;
#[cfg(test)]
mod tests;
mod token;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use super::bearer::{self, Sent};
use super::claims::{Maker, Nobody};
use super::times::{self, Untimely};
use super::verified::{self, Verified};
use super::{Answer, Client, Head, Refused, Sight, Verdict, Verifier, Why};
use crate::clock::Clock;
use crate::value::Value;
use algorithm::Algorithm;
pub(super) use declared::{SCHEME, skew};
use token::Token;
pub(super) use token::{LONGEST, issuer};
pub use trust::Trust;
use trust::{Ages, Choice};

/// Everything that a token is held against. Shared by the requests that wait for keys.
#[derive(Debug)]
struct Rules {
    algorithms: Vec<Algorithm>,
    issuer: String,
    audience: Vec<String>,
    skew: Duration,
    ages: Ages,
    trust: Arc<Trust>,
    maker: Maker,
    verified: Verified,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Jwt(Arc<Rules>);

impl Verifier for Jwt {
    fn sees(&self, head: &Head<'_>) -> Sight {
        match bearer::sent(head.headers) {
            Sent::Token(token) if token::issuer(token).as_deref() == Some(&*self.0.issuer) => Sight::Yes,
            Sent::Token(_) | Sent::Unreadable => Sight::Perhaps,
            Sent::Nothing => Sight::No,
        }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        let text = match bearer::sent(head.headers) {
            Sent::Token(text) => text,
            Sent::Unreadable => return Verdict::Now(Err(bearer::invalid(Why::Wrong, "send one token"))),
            Sent::Nothing => return Verdict::Now(Err(bearer::missing())),
        };
        let rules = &self.0;
        let digest = verified::digest(text.as_bytes());
        if let Some(client) = rules.verified.client(&digest, rules.now(), rules.trust.known().version) {
            return Verdict::Now(Ok(Some(client)));
        }
        let Some(token) = Token::parse(text).filter(|token| rules.algorithms.contains(&token.algorithm))
        else {
            return Verdict::Now(Err(not_valid()));
        };
        match rules.trust.choose(token.algorithm, token.key.as_deref(), rules.ages) {
            Choice::Key(key) => Verdict::Now(rules.hold(&token, &key, digest)),
            Choice::None => Verdict::Now(Err(not_valid())),
            Choice::Fetch => {
                let (rules, text) = (Arc::clone(rules), text.to_owned());
                Verdict::Later(Box::pin(async move { rules.fetch(&text, digest).await }))
            }
        }
    }

    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        Some(bearer::insufficient(scope))
    }
}

impl Rules {
    fn now(&self) -> f64 {
        times::seconds(self.clock.now())
    }

    /// Holds a token against the issuer's keys once these were fetched.
    async fn fetch(&self, text: &str, digest: [u8; 32]) -> Answer {
        let token = Token::parse(text).ok_or_else(not_valid)?;
        match self.trust.fetch(token.algorithm, token.key.as_deref(), self.ages).await {
            Ok(Some(key)) => self.hold(&token, &key, digest),
            Ok(None) => Err(not_valid()),
            Err(()) => Err(bearer::away()),
        }
    }

    /// Signature first: nothing is said of a token that the issuer did not make.
    fn hold(&self, token: &Token<'_>, key: &keys::Key, digest: [u8; 32]) -> Answer {
        let version = self.trust.known().version;
        if !key.verifies(token.algorithm, token.message.as_bytes(), &token.signature) {
            return Err(not_valid());
        }
        let claims = token.claims().ok_or_else(not_valid)?;
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) || !is_for(&claims, &self.audience)
        {
            return Err(bearer::invalid(Why::Unfit, "this token is not for here"));
        }
        let end = times::end(&claims, self.clock.now(), self.skew, true).map_err(untimely)?;
        let client: Arc<Client> = self.maker.client(&claims, self.clock.now()).map_err(nobody)?;
        self.verified.keep(digest, &client, end, version, token.message.len());
        Ok(Some(client))
    }
}

/// Whether one of those whom we are stands in `aud`, a text or a list of texts (RFC 7519 §4.1.3).
pub(super) fn is_for(claims: &Value, audience: &[String]) -> bool {
    let ours = |said: &Value| said.as_str().is_some_and(|said| audience.iter().any(|own| own == said));
    match claims.get("aud") {
        Some(Value::Array(_)) => {
            claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.iter().any(ours))
        }
        Some(one) => ours(one),
        None => false,
    }
}

fn not_valid() -> Refused {
    bearer::invalid(Why::Wrong, "this token is not valid here")
}

pub(super) fn untimely(why: Untimely) -> Refused {
    bearer::invalid(
        Why::Unfit,
        match why {
            Untimely::Unreadable => "this token does not say how long it is good",
            Untimely::Expired => "this token is expired: get a new one",
            Untimely::NotYet => "this token is not good yet",
        },
    )
}

pub(super) fn nobody(why: Nobody) -> Refused {
    bearer::invalid(
        Why::Unfit,
        match why {
            Nobody::Unsaid => "this token does not say who is calling",
            Nobody::Unknown => "the client of this token is not known here",
        },
    )
}
