//! What a system's answer says, fit for a log: redacted, without secrets, short. What is no JSON is
//! described, never quoted: nothing could be taken out of it.

use std::sync::Arc;

use super::WireResponse;
use super::decode::{decode, media_type};
use super::live::Connection;
use super::words::bounded;
use crate::codec::json;
use crate::http::{HeaderMap, HeaderValue};
use crate::telemetry::{self, REDACTED};
use crate::value::{Map, Value};

/// Parts of a proof of identity that are this long are no words of its scheme.
const PART: usize = 8;

impl Connection {
    /// What an answer says: `status 422: {"error":"..."}`, `status 502, text/html, 3120 bytes`.
    pub fn said(&self, answer: &WireResponse) -> String {
        let status = answer.status.as_u16();
        match decode(&answer.headers, &answer.body) {
            Ok(None) => format!("status {status}, no body"),
            Ok(Some(body)) if is_data(&answer.headers, &body) => {
                format!("status {status}: {}", self.quoted(&body))
            }
            _ => format!("status {status}, {}, {} bytes", type_of(&answer.headers), answer.body.len()),
        }
    }

    /// A value in JSON without what the project redacts and without secrets, cut short.
    pub(super) fn quoted(&self, value: &Value) -> String {
        let found = self.redact.iter().flat_map(|query| query.locate(value));
        let pointers: Vec<String> = found.map(|at| at.as_str().to_owned()).collect();
        let clean = scrubbed(&telemetry::redact(value, &pointers), &self.unspeakable());
        bounded(&String::from_utf8_lossy(&json::encode(&clean)))
    }

    /// A sentence of ours without secrets that it took from an answer, cut short.
    pub(super) fn speakable(&self, sentence: &str) -> String {
        bounded(&without(sentence, &self.unspeakable()))
    }

    /// The system's secrets, and what proves to it now who we are; the longest first.
    pub(super) fn unspeakable(&self) -> Vec<Arc<str>> {
        let mut words: Vec<Arc<str>> = Vec::new();
        for identity in self.identities.all() {
            words.extend(identity.secrets.values().map(|secret| Arc::from(secret.reveal())));
            let mut proof = HeaderMap::new();
            if let Some(signer) = &identity.signer {
                let _ = signer.sign(&mut proof);
            }
            words.extend(parts(proof.values()));
        }
        words.retain(|word| !word.is_empty());
        words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        words
    }
}

/// What proves who we are, and what it is made of: none of it is to be repeated.
pub(super) fn parts<'v>(values: impl Iterator<Item = &'v HeaderValue>) -> Vec<Arc<str>> {
    let mut words = Vec::new();
    for value in values.filter_map(|value| value.to_str().ok()) {
        let parts = value.split([' ', '=', ';', ',', '"']).filter(|part| part.len() >= PART);
        words.extend(parts.map(Arc::from));
        words.push(Arc::from(value));
    }
    words
}

/// Whether a body has parts that can be told apart: JSON or a form, not a text.
fn is_data(headers: &HeaderMap, body: &Value) -> bool {
    !matches!(body, Value::String(_))
        || media_type(headers).is_none_or(|known| known.essence().ends_with("json"))
}

fn type_of(headers: &HeaderMap) -> String {
    media_type(headers).map_or_else(|| "no media type".to_owned(), |known| bounded(known.essence()))
}

pub(super) fn without(text: &str, words: &[Arc<str>]) -> String {
    words.iter().fold(text.to_owned(), |text, word| match text.contains(&**word) {
        true => text.replace(&**word, REDACTED),
        false => text,
    })
}

fn scrubbed(value: &Value, words: &[Arc<str>]) -> Value {
    if words.is_empty() {
        return value.clone();
    }
    let holds = |text: &str| words.iter().any(|word| text.contains(&**word));
    match value {
        Value::String(text) if holds(text) => Value::from(without(text, words)),
        Value::Number(number) if holds(&number.to_string()) => Value::from(REDACTED),
        Value::Array(items) => Value::array(items.iter().map(|item| scrubbed(item, words)).collect()),
        Value::Object(map) => {
            let clean =
                |name: &Arc<str>| if holds(name) { without(name, words).into() } else { Arc::clone(name) };
            let members = map.iter().map(|(name, member)| (clean(name), scrubbed(member, words)));
            Value::object(members.collect::<Map>())
        }
        other => other.clone(),
    }
}
