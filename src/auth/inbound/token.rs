//! `scheme: token`: senders repeat a text that both know, in a header, the query or the body.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Answer, AuthPolicy, Declared, Head, LONGEST, Means, Proven, Refused, Scheme, Sight, Verdict, Verifier,
    Why,
};
use crate::auth::header_name;
use crate::clock::Moment;
use crate::codec::json;
use crate::config::declarations::{Text, gateway};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::HeaderName;
use crate::value::Value;

pub(super) static SCHEME: Scheme = Scheme {
    name: "token",
    about: "one of `secrets` in a `header` (behind a `prefix`), in the `query` or in the `body`",
    needs: &["secrets"],
    takes: &["body", "header", "prefix", "query"],
    compile: |policy, _| compile(policy).map_err(|finding| vec![finding]),
};

/// Where the token stands.
#[derive(Debug, Clone)]
enum Place {
    Header {
        name: HeaderName,
        prefix: Arc<str>,
    },
    Query(Arc<str>),
    /// The steps of a JSON Pointer; `*` is every item.
    Body(Arc<[String]>),
}

fn compile(policy: &gateway::AuthPolicy) -> Result<AuthPolicy, Diagnostic> {
    let places = [&policy.header, &policy.query, &policy.body].into_iter().flatten().collect::<Vec<_>>();
    if let [first, second, ..] = places.as_slice() {
        let finding =
            Diagnostic::new(&codes::CONFLICTING_KEYS, second.span, "the token stands in two places");
        return Err(finding.related(first.span, "the first one").help("keep one of them"));
    }
    if let (Some(prefix), None) = (&policy.prefix, &policy.header) {
        let finding = Diagnostic::new(&codes::MISPLACED_KEY, prefix.span, "only a header has a prefix");
        return Err(finding.help("take it out"));
    }
    let prefix = policy.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
    let place = match (&policy.header, &policy.query, &policy.body) {
        (Some(name), ..) => Place::Header { name: header_name(name)?, prefix: prefix.into() },
        (_, Some(name), _) => Place::Query(name.value.as_str().into()),
        (_, _, Some(pointer)) => Place::Body(steps(&pointer.value).ok_or_else(|| no_pointer(pointer))?),
        _ => {
            let message = "nothing says where the token stands";
            let finding = Diagnostic::new(&codes::MISSING_KEY, policy.scheme.span, message);
            return Err(finding.help("add `header: X-Token`, `query: token` or `body: /token`"));
        }
    };
    Ok(Arc::new(Shared { place, secrets: super::secrets(policy)? }))
}

fn no_pointer(text: &crate::config::Spanned<String>) -> Diagnostic {
    let message = format!("`{}` is not a JSON Pointer", text.value);
    let help = format!("write `/{}`", text.value.trim_start_matches('/').replace('.', "/"));
    Diagnostic::new(&codes::BAD_POINTER, text.span, message).help(help)
}

fn steps(pointer: &str) -> Option<Arc<[String]>> {
    let steps = pointer.strip_prefix('/')?.split('/');
    Some(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

#[derive(Debug, Clone)]
struct Shared {
    place: Place,
    secrets: Vec<Text>,
}

impl Declared for Shared {
    fn knows_clients(&self) -> bool {
        false
    }

    /// Offline, the token is sent too: a stand-in for the secret.
    fn by_key(&self, _header: &HeaderName) -> AuthPolicy {
        Arc::new(self.clone())
    }

    fn is_proof(&self, header: &HeaderName) -> bool {
        matches!(&self.place, Place::Header { name, .. } if name == header)
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let secrets = super::opened(&self.secrets, means)?;
        if secrets.iter().any(|secret| secret.reveal().is_empty()) {
            return Err(vec!["an entry of `secrets` is empty".to_owned()]);
        }
        let digest = |secret: &crate::auth::Secret| Sha256::digest(secret.reveal().as_bytes()).into();
        Ok(Arc::new(Held { place: self.place.clone(), digests: secrets.iter().map(digest).collect() }))
    }
}

/// Digests of the tokens: compared in constant time, whatever their length.
struct Held {
    place: Place,
    digests: Vec<[u8; 32]>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({:?}: ..)", self.place)
    }
}

impl Verifier for Held {
    /// A body is not read yet: its sender may be anybody who brings no other proof.
    fn sees(&self, head: &Head<'_>) -> Sight {
        match &self.place {
            Place::Header { name, prefix } => match head.headers.get(name) {
                None => Sight::No,
                // What stands in a header with prefixes may be another's; the right token is not.
                Some(_) if !prefix.is_empty() && self.answer(head).is_err() => Sight::Perhaps,
                Some(_) => Sight::Yes,
            },
            Place::Query(name) => {
                let pairs = form(head.uri.query().unwrap_or_default());
                if pairs.iter().any(|(own, _)| **own == **name) { Sight::Yes } else { Sight::No }
            }
            Place::Body(_) => Sight::Perhaps,
        }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        Verdict::Now(self.answer(head))
    }

    /// The token stands in the body: it is read here, within the bounds of all bodies, and believed nothing of
    /// before the token is found.
    fn verify_body(&self, _head: &Head<'_>, body: &[u8], _now: Moment) -> Result<Proven, Refused> {
        let Place::Body(steps) = &self.place else { return Ok(Proven::default()) };
        let Ok(value) = json::decode(body, &json::Limits::default()) else { return self.wrong() };
        let mut found = Vec::new();
        if !gather(&value, steps, &mut found) || found.is_empty() {
            return self.missing();
        }
        found.iter().try_for_each(|token| self.is_token(token.as_bytes()))?;
        Ok(Proven::default())
    }
}

impl Held {
    /// Exactly one token, and one of ours, where the head carries it.
    fn answer(&self, head: &Head<'_>) -> Answer {
        match &self.place {
            Place::Header { name, prefix } => {
                let mut sent = head.headers.get_all(name).iter();
                match (sent.next(), sent.next()) {
                    (None, _) => self.missing(),
                    (Some(value), None) => {
                        self.is_token(value.as_bytes().strip_prefix(prefix.as_bytes()).unwrap_or_default())
                    }
                    _ => self.wrong(),
                }
            }
            Place::Query(name) => {
                let pairs = form(head.uri.query().unwrap_or_default());
                let mut sent = pairs.iter().filter(|(own, _)| **own == **name);
                match (sent.next(), sent.next()) {
                    (None, _) => self.missing(),
                    (Some((_, value)), None) => self.is_token(value.as_bytes()),
                    _ => self.wrong(),
                }
            }
            Place::Body(_) => Ok(()),
        }
        .map(|()| None)
    }

    fn is_token(&self, sent: &[u8]) -> Result<(), Refused> {
        let short = sent.len() <= LONGEST && !sent.is_empty();
        let digest: [u8; 32] = Sha256::digest(if short { sent } else { b"" }).into();
        // All are compared: how long it takes does not say which.
        let fits = self.digests.iter().fold(false, |fits, own| bool::from(own.ct_eq(&digest)) | fits);
        if short && fits { Ok(()) } else { self.wrong() }
    }

    fn wrong<T>(&self) -> Result<T, Refused> {
        Err(self.refused("this token is not known here".to_owned(), Why::Wrong))
    }

    fn missing<T>(&self) -> Result<T, Refused> {
        let detail = match &self.place {
            Place::Header { name, .. } => format!("send the token in the header `{name}`"),
            Place::Query(name) => format!("send the token in the query parameter `{name}`"),
            Place::Body(steps) => format!("send the token in the body, at `/{}`", steps.join("/")),
        };
        Err(self.refused(detail, Why::Missing))
    }

    fn refused(&self, detail: String, why: Why) -> Refused {
        Refused { detail, challenge: "Token".to_owned(), why }
    }
}

/// The texts at a pointer; `false` when a place has none.
fn gather<'v>(value: &'v Value, steps: &[String], found: &mut Vec<&'v str>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        found.extend(value.as_str());
        return value.as_str().is_some();
    };
    match value {
        Value::Array(items) if step == "*" => items.iter().all(|item| gather(item, rest, found)),
        Value::Array(items) => step
            .parse()
            .ok()
            .and_then(|at: usize| items.get(at))
            .is_some_and(|item| gather(item, rest, found)),
        _ => value.get(step).is_some_and(|inside| gather(inside, rest, found)),
    }
}

/// The pairs of a query, decoded.
fn form(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decoded(n), decoded(v)))
        .collect()
}
