//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Exchange;
use super::status::millis;
use crate::gateway::problem::{IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING, Problem};
use crate::http::HeaderMap;
use crate::plan::Idempotency;
use crate::store::{Claim, ClaimKind};
use crate::value::Value;

/// The header, lower case.
const NAME: &str = "idempotency-key";
/// Longest key, in characters.
const LONGEST: usize = 255;

/// What a caller asked for under a key.
#[derive(Debug)]
pub(super) struct Asked {
    key: Arc<str>,
    fingerprint: Arc<str>,
}

/// The key of a request and the fingerprint of what it asks for; `None` where the route takes no keys, or
/// none was sent to one that does not need it.
pub(super) fn asked<'v>(
    exchange: &Exchange<'_>,
    parameters: impl Iterator<Item = &'v Option<Value>>,
    body: Option<&'v Value>,
) -> Result<Option<Asked>, Problem> {
    let Some(wanted) = exchange.route().and_then(|route| route.idempotency) else { return Ok(None) };
    let Some(key) = key(&exchange.head.headers)? else {
        return match wanted {
            Idempotency::Optional => Ok(None),
            Idempotency::Required => Err(Problem::new(&IDEMPOTENCY_KEY_MISSING).detail(
                "send an `Idempotency-Key`: a fresh one for each booking, the same one when you try again",
            )),
        };
    };
    Ok(Some(Asked { key, fingerprint: fingerprint(parameters, body) }))
}

impl Asked {
    /// The name that is taken by the instance which does it first.
    pub fn claim(&self, exchange: &Exchange<'_>) -> Option<Claim> {
        let now = millis(&*exchange.gateway.clock);
        let kept = exchange.generation.plan.settings.store.keys;
        Some(Claim {
            kind: ClaimKind::Request,
            account: exchange.account(),
            scope: Arc::clone(&exchange.route()?.name),
            key: Arc::clone(&self.key),
            fingerprint: Arc::clone(&self.fingerprint),
            expires: Some(now.saturating_add(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))),
        })
    }

    /// Whether a claim was made for the same request.
    pub fn is_same(&self, claim: &Claim) -> bool {
        claim.fingerprint == self.fingerprint
    }
}

/// The key, as a structured string (RFC 9651 §3.3.3) or, as many send it, without quotes.
fn key(headers: &HeaderMap) -> Result<Option<Arc<str>>, Problem> {
    let mut sent = headers.get_all(NAME).iter();
    let Some(first) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(invalid("send one `Idempotency-Key`"));
    }
    let text = first.to_str().map_err(|_| invalid(FORM))?.trim();
    let key = match text.strip_prefix('"') {
        Some(rest) => unquoted(rest),
        None => text
            .bytes()
            .all(|sign| sign.is_ascii_graphic() && !b"\",;\\".contains(&sign))
            .then(|| text.to_owned()),
    };
    let key = key.filter(|key| (1..=LONGEST).contains(&key.len())).ok_or_else(|| invalid(FORM))?;
    Ok(Some(key.into()))
}

const FORM: &str =
    "an `Idempotency-Key` is 1 to 255 visible characters, such as a UUID, in double quotes or without";

fn invalid(detail: &str) -> Problem {
    Problem::new(&IDEMPOTENCY_KEY_INVALID).detail(detail)
}

/// What stands between the opening quote, which is read already, and the closing one at the end.
fn unquoted(rest: &str) -> Option<String> {
    let mut text = String::new();
    let mut signs = rest.chars();
    loop {
        match signs.next()? {
            '"' => return signs.as_str().is_empty().then_some(text),
            '\\' => text.push(signs.next().filter(|sign| matches!(sign, '"' | '\\'))?),
            sign if sign.is_ascii_graphic() || sign == ' ' => text.push(sign),
            _ => return None,
        }
    }
}

/// SHA-256, hex, over what is asked for: the same for two bodies that say the same, in whatever order.
fn fingerprint<'v>(parameters: impl Iterator<Item = &'v Option<Value>>, body: Option<&'v Value>) -> Arc<str> {
    let mut hash = Sha256::new();
    for parameter in parameters.map(Option::as_ref).chain([body]) {
        match parameter {
            Some(value) => add(&mut hash, value),
            None => hash.update(b"-"),
        }
    }
    format!("{:x}", hash.finalize()).into()
}

/// Every part says its kind and its length, so that no two values read the same.
fn add(hash: &mut Sha256, value: &Value) {
    let text = |hash: &mut Sha256, kind: u8, text: &str| {
        hash.update([kind]);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    let count = |hash: &mut Sha256, kind: u8, count: usize| {
        hash.update([kind]);
        hash.update((count as u64).to_be_bytes());
    };
    match value {
        Value::Null => hash.update(b"0"),
        Value::Bool(false) => hash.update(b"f"),
        Value::Bool(true) => hash.update(b"t"),
        Value::Number(number) => text(hash, b'n', &number.canonical_text()),
        Value::String(own) => text(hash, b's', own),
        Value::Array(items) => {
            count(hash, b'a', items.len());
            items.iter().for_each(|item| add(hash, item));
        }
        Value::Object(members) => {
            count(hash, b'o', members.len());
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|&(name, _)| name);
            for (name, value) in sorted {
                text(hash, b'k', name);
                add(hash, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;
    use crate::http::{HeaderName, HeaderValue};

    fn read(values: &[&str]) -> Result<Option<String>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static(NAME), HeaderValue::from_str(value).unwrap());
        }
        key(&headers).map(|key| key.map(|key| key.to_string())).map_err(|problem| problem.status)
    }

    #[test]
    fn a_key_reads_the_same_with_quotes_and_without() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["\"8e03978e-40d5\""]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(read(&[" 8e03978e-40d5 "]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(read(&[r#""a \"b\" \\""#]), Ok(Some(r#"a "b" \"#.to_owned())));
        assert_eq!(read(&["x".repeat(255).as_str()]).unwrap().unwrap().len(), 255);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "x".repeat(256);
        for bad in ["", "\"\"", "\"open", "a b", "a,b", "\"a\"b", r#""a\n""#, "\"a\";p=1", long.as_str()] {
            assert_eq!(read(&[bad]), Err(400), "{bad}");
        }
        assert_eq!(read(&["a", "a"]), Err(400));
    }

    #[test]
    fn the_fingerprint_reads_values_and_not_their_spelling() {
        let of = |text: &str| {
            let body = json::decode(text.as_bytes(), &json::Limits::default()).unwrap();
            fingerprint([].iter(), Some(&body))
        };
        assert_eq!(of(r#"{"a": 1, "b": [12.50, null]}"#), of(r#"{"b":[12.5,null],"a":1.0}"#));
        let differ = [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":null}"#,
            "{}",
            r#"{"a":[1]}"#,
            r#"{"a":true}"#,
            r#"{"b":1}"#,
            r#"["ab"]"#,
            r#"["a","b"]"#,
            r#"[["a"],"b"]"#,
            r#"[["a","b"]]"#,
        ];
        let all: std::collections::BTreeSet<_> = differ.iter().map(|text| of(text)).collect();
        assert_eq!(all.len(), differ.len());
    }

    #[test]
    fn parameters_count_too() {
        let (one, other) = ([Some(Value::from("a")), None], [None, Some(Value::from("a"))]);
        assert_ne!(fingerprint(one.iter(), None), fingerprint(other.iter(), None));
    }
}
