//! A signed token taken apart (RFC 7515 §7.1), within bounds and believing nothing of it yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::algorithm::Algorithm;
use crate::codec::json::{self, Limits};
use crate::value::Value;

/// Longest token that is looked at, in bytes.
pub(in crate::auth::inbound) const LONGEST: usize = 8 << 10;
/// Longest name of a key.
const LONGEST_ID: usize = 256;
/// Headers and claims: so deep, so long.
const LIMITS: Limits = Limits { depth: 16, bytes: LONGEST };
/// Header members that would make us use a key, or a way of reading, that the token brings itself.
const REFUSED: [&str; 8] = ["b64", "crit", "enc", "jku", "jwk", "x5c", "x5u", "zip"];
/// What a token may say that it is (RFC 8725 §3.11): a token for logging out is none for calling.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// A token in its three parts.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub algorithm: Algorithm,
    pub key: Option<String>,
    /// What is signed: header and claims as they were sent.
    pub message: &'t str,
    pub signature: Vec<u8>,
    claims: &'t str,
}

impl<'t> Token<'t> {
    /// Takes a token apart. `None` when it is anything but a signed token whose header asks for nothing special.
    pub fn parse(text: &'t str) -> Option<Token<'t>> {
        if text.len() > LONGEST {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        if claims.contains('.') {
            return None;
        }
        let header = object(header)?;
        if REFUSED.iter().any(|name| header.get(name).is_some()) || !is_token(&header) {
            return None;
        }
        let key = match header.get("kid") {
            Some(id) => Some(id.as_str().filter(|id| id.len() <= LONGEST_ID)?.to_owned()),
            None => None,
        };
        let algorithm = Algorithm::named(header.get("alg")?.as_str()?)?;
        Some(Token { algorithm, key, message, signature: decoded(signature)?, claims })
    }

    /// What it says. `None` when that is no object, or says a thing twice.
    pub fn claims(&self) -> Option<Value> {
        object(self.claims)
    }
}

/// The issuer that a token names, unproven: only to choose who looks at it.
pub(in crate::auth::inbound) fn issuer(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parts = text.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    Some(object(claims)?.get("iss")?.as_str()?.to_owned())
}

fn is_token(header: &Value) -> bool {
    match header.get("typ") {
        None => true,
        Some(said) => {
            said.as_str().is_some_and(|said| TYPES.iter().any(|known| said.eq_ignore_ascii_case(known)))
        }
    }
}

fn object(part: &str) -> Option<Value> {
    let value = json::decode(&decoded(part)?, &LIMITS).ok()?;
    value.as_object().is_some().then_some(value)
}

/// Without padding, without stray bits at the end: each token has one spelling.
fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
