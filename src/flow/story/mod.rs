//! The story of an instance, told from its journal: what happened, how long each thing took, and who was waited
//! for. Pure: entries in, words and numbers out.

#[cfg(test)]
mod tests;
mod text;
mod waits;
mod words;

use std::sync::Arc;

pub use text::{Head, lapse, text};
pub use waits::{Party, Share, Waits, shares, waits_on};

use crate::codec::json;
use crate::store::{Entry, Millis};
use crate::value::{Number, Value};

/// One entry of a journal, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub number: u64,
    pub at: Millis,
    pub kind: Arc<str>,
    /// The step's path, rounds included; empty: the instance itself.
    pub path: Arc<str>,
    /// What goes with the kind.
    pub body: Value,
}

impl Scene {
    /// Reads an entry. What cannot be read says nothing beyond its kind.
    pub fn read(entry: &Entry) -> Scene {
        let limits = json::Limits { depth: 512, bytes: usize::MAX };
        Scene {
            number: entry.number,
            at: entry.at,
            kind: Arc::clone(&entry.kind),
            path: Arc::clone(&entry.path),
            body: opened(json::decode(&entry.body, &limits).unwrap_or_default(), &limits),
        }
    }

    /// A text in the body.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// A whole number in the body.
    pub fn whole(&self, name: &str) -> Option<i64> {
        self.body.get(name)?.as_number().and_then(Number::to_i64)
    }

    /// `erp.create_order`, for what is about a call.
    pub fn operation(&self) -> Option<String> {
        Some(format!("{}.{}", self.text("system")?, self.text("operation")?))
    }
}

/// Members of an entry that say what happened, and nothing of anybody.
const BARE: [&str; 22] = [
    "action",
    "adopted",
    "attempt",
    "code",
    "event",
    "events",
    "failure",
    "how",
    "key",
    "ms",
    "number",
    "occurred_at",
    "operation",
    "outcome",
    "park",
    "probe",
    "recorded_at",
    "status",
    "system",
    "undo",
    "wait_ms",
    "who",
];

/// What is left of an entry whose payloads were erased; `None`: nothing.
pub fn residue(body: &Value) -> Option<Value> {
    let Value::Object(body) = body else { return None };
    let bare = body.iter().filter(|(name, _)| BARE.contains(&&***name));
    let mut left: crate::value::Map = bare.map(|(name, value)| (Arc::clone(name), value.clone())).collect();
    left.insert("erased", Value::Bool(true));
    Some(Value::object(left))
}

/// With what went over the wire as the JSON that it was.
fn opened(body: Value, limits: &json::Limits) -> Value {
    let Some(Value::Object(wire)) = body.get("wire").cloned() else { return body };
    let mut wire = Arc::unwrap_or_clone(wire);
    for name in ["request", "answer"] {
        let said = wire.get(name).and_then(Value::as_str);
        if let Some(said) = said.and_then(|said| json::decode(said.as_bytes(), limits).ok()) {
            wire.insert(name, said);
        }
    }
    let Value::Object(body) = body else { return body };
    let mut body = Arc::unwrap_or_clone(body);
    body.insert("wire", Value::object(wire));
    Value::object(body)
}

/// A line of the story.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub scene: Scene,
    /// What happened, in a sentence.
    pub words: String,
    /// How long what ended here took, where it is known.
    pub took: Option<Millis>,
}

/// A whole story.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    pub began: Millis,
    /// `None`: it goes on.
    pub ended: Option<Millis>,
    pub lines: Vec<Line>,
    /// Whom it waited for, and how long in all; the longest first. They add up to the whole time.
    pub shares: Vec<Share>,
}

impl Story {
    /// How long it took, or takes so far.
    pub fn took(&self) -> Millis {
        self.shares.iter().map(|share| share.took).sum()
    }
}

/// Tells the story of an instance that began at `began` from all entries of its journal, as it is at `now`.
pub fn tell(mut scenes: Vec<Scene>, began: Millis, now: Millis) -> Story {
    place_resumed(&mut scenes);
    let ended = scenes.iter().rev().find(|scene| *scene.kind == *"ended").map(|scene| scene.at);
    let shares = shares(&scenes, began, ended.unwrap_or(now));
    let took: Vec<_> = (0..scenes.len()).map(|at| words::took(&scenes[..=at])).collect();
    let lines = scenes.into_iter().zip(took);
    let lines = lines.map(|(scene, took)| Line { words: words::of(&scene), took, scene }).collect();
    Story { began, ended, lines, shares }
}

/// What goes on says only where it was parked: it gets the step's path.
fn place_resumed(scenes: &mut [Scene]) {
    for at in 0..scenes.len() {
        let (before, rest) = scenes.split_at_mut(at);
        let Some(scene) = rest.first_mut().filter(|scene| *scene.kind == *"resumed") else { continue };
        let park = scene.whole("park");
        let parked = before.iter().rev().find(|own| *own.kind == *"parked" && own.whole("park") == park);
        if let Some(parked) = parked {
            scene.path = Arc::clone(&parked.path);
        }
    }
}
