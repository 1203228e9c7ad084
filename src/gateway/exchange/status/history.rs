//! A journal as its customer may read it: when which stage was done, and nothing of what went through it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::codec::json;
use crate::store::{Entry, Millis};
use crate::value::Value;

/// Things told at most: the latest.
const TOLD: usize = 100;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway::exchange) struct Past {
    pub at: Millis,
    /// The step, without rounds; empty: the whole instance.
    pub stage: Arc<str>,
    pub what: &'static str,
}

/// What is told of a journal, in its order.
#[derive(Debug, Default)]
pub(super) struct History {
    pub past: VecDeque<Past>,
    /// The name of the route that the instance came by.
    pub route: Option<Arc<str>>,
    /// Steps that wait for a system that is away.
    held: BTreeSet<Arc<str>>,
    /// Whether it waits for its turn.
    pub queued: bool,
}

impl History {
    /// Whether a step waits for a system that is away.
    pub fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes in the next entry.
    pub fn add(&mut self, entry: &Entry) {
        let stage: Arc<str> = entry.path.split('[').next().unwrap_or_default().into();
        let Some(what) = self.what(entry, &stage) else { return };
        if let Some(last) = self.past.back_mut().filter(|last| last.stage == stage && last.what == what) {
            // The rounds of a loop are one stage, done when its last round is.
            if what != "delayed" {
                last.at = entry.at;
            }
            return;
        }
        if self.past.len() == TOLD {
            self.past.pop_front();
        }
        self.past.push_back(Past { at: entry.at, stage, what });
    }

    fn what(&mut self, entry: &Entry, stage: &Arc<str>) -> Option<&'static str> {
        match &*entry.kind {
            "accepted" => {
                self.route = word(entry, "route");
                Some("accepted")
            }
            "queued" => {
                self.queued = true;
                Some("queued")
            }
            "turn" => {
                self.queued = false;
                Some("begun")
            }
            "outcome" => self.outcome(entry, stage),
            "emitted" => Some("done"),
            "listening" => Some("waiting"),
            "holding" => {
                self.held.insert(Arc::clone(stage));
                Some("delayed")
            }
            "parked" => {
                self.held.remove(stage);
                Some("attention")
            }
            "responded" => Some("answered"),
            "ended" => Some(match &*word(entry, "how")? {
                "rejected" => "rejected",
                "cancelled" => "cancelled",
                "raised" | "failed" => "failed",
                _ => "completed",
            }),
            _ => None,
        }
    }

    /// Only what was done is told: a failed attempt is nobody's business but ours.
    fn outcome(&mut self, entry: &Entry, stage: &Arc<str>) -> Option<&'static str> {
        let how = word(entry, "outcome")?;
        if matches!(&*how, "ok" | "rejected" | "declined") {
            self.held.remove(stage);
        }
        let body = json::decode(&entry.body, &json::Limits::default()).ok()?;
        let is = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
        match &*how {
            "ok" if is("probe") => None,
            "ok" if is("undo") => Some("undone"),
            "ok" => Some("done"),
            _ => None,
        }
    }
}

fn word(entry: &Entry, name: &str) -> Option<Arc<str>> {
    match json::decode(&entry.body, &json::Limits::default()).ok()?.get(name)? {
        Value::String(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(entries: &[(&str, &str, &str)]) -> (Vec<String>, bool) {
        let mut history = History::default();
        for ((kind, path, body), at) in entries.iter().zip(1..) {
            let body = Arc::from(body.as_bytes());
            history.add(&Entry { number: 0, at, kind: (*kind).into(), path: (*path).into(), body });
        }
        let words = history.past.iter().map(|past| format!("{} {} {}", past.at, past.stage, past.what));
        (words.collect(), history.is_held())
    }

    #[test]
    fn only_what_is_done_is_told_and_never_with_what() {
        let (words, held) = told(&[
            ("accepted", "", r#"{"inputs":{"secret":1},"route":"POST /v1/x"}"#),
            ("sent", "order", r#"{"system":"erp","inputs":[1]}"#),
            ("outcome", "order", r#"{"system":"erp","outcome":"failed","failure":"timeout"}"#),
            ("retry", "", "{}"),
            ("outcome", "order", r#"{"outcome":"ok","probe":true}"#),
            ("outcome", "order", r#"{"outcome":"ok","result":{"secret":1}}"#),
            ("outcome", "lines[0]", r#"{"outcome":"ok"}"#),
            ("outcome", "lines[1]", r#"{"outcome":"ok"}"#),
            ("outcome", "order", r#"{"outcome":"ok","undo":true}"#),
            ("ended", "", r#"{"how":"raised","detail":"late"}"#),
        ]);
        assert_eq!(words, ["1  accepted", "6 order done", "8 lines done", "9 order undone", "10  failed"]);
        assert!(!held);
    }

    #[test]
    fn it_is_delayed_until_the_step_comes_through() {
        let away = [("holding", "order", r#"{"system":"erp"}"#); 2];
        let (words, held) = told(&away);
        assert_eq!((words, held), (vec!["1 order delayed".to_owned()], true));
        let back = [away[0], ("outcome", "order", r#"{"outcome":"ok"}"#)];
        assert!(!told(&back).1);
    }
}
