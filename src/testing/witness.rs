//! Sees what calls to systems come to, so that a failed test can say why.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::compare::shown;
use crate::simulator::{Recorded, Simulator};
use crate::system::{FailureKind, Observer, OperationName, Outcome};
use crate::value::Value;

/// Remembers every attempt that gave no result, in words.
#[derive(Debug)]
pub(super) struct Witness {
    simulator: Arc<Simulator>,
    seen: Mutex<Seen>,
}

/// One that gave no result.
#[derive(Debug)]
struct Attempt {
    name: OperationName,
    words: String,
    /// Where the answer is written, in brackets.
    places: String,
}

#[derive(Debug, Default)]
struct Seen {
    attempts: Vec<Attempt>,
    /// How many calls there had been.
    calls: u64,
    /// Of each operation: where the answers of its latest calls are written.
    places: BTreeMap<OperationName, Vec<Arc<str>>>,
}

impl Observer for Witness {
    fn on_attempt(&self, system: &str, operation: &str, outcome: &Outcome, _took: Duration) {
        let name = OperationName { system: system.into(), operation: operation.into() };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let places = seen.places_of(&name, &self.simulator);
        let Some(words) = words(outcome) else { return };
        let unsent = outcome.failure().is_some_and(|failure| {
            matches!(failure.kind, FailureKind::Request | FailureKind::BreakerOpen | FailureKind::Limited)
        });
        let places = if unsent { String::new() } else { places };
        seen.attempts.push(Attempt { name, words, places });
    }
}

impl Seen {
    /// Where what an operation was just answered is written: ` (stubs/erp.yaml:14)`. Of calls that ran at
    /// once, all are named.
    fn places_of(&mut self, name: &OperationName, simulator: &Simulator) -> String {
        let (fresh, made) = simulator.calls_after(self.calls);
        self.calls = made;
        let mut latest: BTreeMap<OperationName, Vec<Arc<str>>> = BTreeMap::new();
        for call in fresh {
            latest.entry(call.operation).or_default().extend(call.place);
        }
        self.places.extend(latest);
        let mut places = self.places.get(name).cloned().unwrap_or_default();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) }
    }
}

/// What an attempt without a result came to.
fn words(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Ok { .. } => None,
        Outcome::Rejected { message, .. } => Some(format!("rejected: {message}")),
        Outcome::Declined { code, text, .. } => Some(format!("its mapping said reject `{code}`: {text}")),
        other => other.failure().map(|failure| failure.message.clone()),
    }
}

impl Witness {
    pub fn of(simulator: &Arc<Simulator>) -> Arc<Witness> {
        Arc::new(Witness { simulator: Arc::clone(simulator), seen: Mutex::default() })
    }

    /// What was seen since the last time, and of `reasons`, what the gateway told its log, whatever is more than that.
    pub fn told(&self, calls: &[Recorded], reasons: Vec<String>) -> Vec<String> {
        let seen = std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner).attempts);
        let silent: Vec<&Recorded> = calls.iter().filter(|call| call.unanswered.is_some()).collect();
        let heard = || seen.iter().filter(|one| !silent.iter().any(|call| call.operation == one.name));
        let lines = silent.iter().map(|call| unanswered(call));
        let lines =
            lines.chain(heard().map(|one| format!("{}: {}{}", dotted(&one.name), one.words, one.places)));
        let lines = counted(lines.collect());
        let known = |reason: &str| {
            let silent = silent.iter().filter_map(|call| call.unanswered.as_deref());
            silent.chain(heard().map(|one| one.words.as_str())).any(|words| reason.contains(words))
        };
        let more = reasons.into_iter().filter(|reason| !known(reason));
        let more: Vec<String> = more.map(|reason| format!("the log says why: {reason}")).collect();
        let calls =
            (!lines.is_empty()).then(|| format!("the calls that gave no result:\n  {}", lines.join("\n  ")));
        calls.into_iter().chain(more).collect()
    }
}

/// `erp.find_order was called with GET /orders/SO-9: no case of the stub ...`
fn unanswered(call: &Recorded) -> String {
    let why = call.unanswered.as_deref().unwrap_or_default();
    let query = match call.query.as_object() {
        Some(members) if members.iter().next().is_some() => format!(", query {}", shown(&call.query)),
        _ => String::new(),
    };
    let body = call.body.as_ref().map_or_else(String::new, |body: &Value| format!(", body {}", shown(body)));
    format!("{} was called with `{} {}`{query}{body}: {why}", dotted(&call.operation), call.method, call.path)
}

/// Lines that stand several times stand once, with how often.
fn counted(lines: Vec<String>) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for line in lines {
        match counted.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => counted.push((line, 1)),
        }
    }
    let words = |(line, times)| if times == 1 { line } else { format!("{line}, {times} times") };
    counted.into_iter().map(words).collect()
}

fn dotted(name: &OperationName) -> String {
    format!("{}.{}", name.system, name.operation)
}
