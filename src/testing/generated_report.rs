//! How generated cases went: a line per mapping, and each counter-example as a test to keep.

use std::fmt::Write as _;
use std::sync::Arc;

use super::generated::{Counter, Generated};
use crate::value::Value;

impl Generated {
    /// Whether no input went wrong, and some could be made up.
    pub fn held(&self) -> bool {
        self.counter.is_none() && self.tried() > 0
    }

    fn tried(&self) -> usize {
        self.mapped + self.rejected.values().sum::<usize>()
    }

    fn line(&self) -> String {
        if self.counter.is_some() {
            return "failed".to_owned();
        }
        if self.tried() == 0 {
            return "no input could be made up for its schemas".to_owned();
        }
        let mut parts = vec![format!("{} mapped", self.mapped)];
        parts.extend(self.rejected.iter().map(|(code, count)| format!("{count} rejected as `{code}`")));
        if self.unmade > 0 {
            parts.push(format!("{} could not be made up", self.unmade));
        }
        parts.join(", ")
    }
}

/// A line per mapping, then what to put into a file of `tests/`.
pub fn generated_text(all: &[Generated], seed: u64) -> String {
    let width = all.iter().map(|one| one.mapping.chars().count()).max().unwrap_or(0);
    let mut out = format!("generated, seed {seed}\n");
    for one in all {
        let _ = writeln!(out, "  {:<width$}  {}", one.mapping, one.line());
    }
    let counters: Vec<(&Arc<str>, &Counter)> =
        all.iter().filter_map(|one| Some((&one.mapping, one.counter.as_ref()?))).collect();
    for (mapping, counter) in &counters {
        let _ = writeln!(out, "\n{mapping}: inputs that fit their schemas, and yet");
        for why in &counter.why {
            let _ = writeln!(out, "  {why}");
        }
    }
    if !counters.is_empty() {
        let tests = counters.iter().map(|(_, counter)| counter.test.as_str()).collect::<Vec<_>>().join("\n");
        let _ = write!(out, "\nas tests, for a file such as tests/generated.yaml:\n\ntests:\n{tests}");
    }
    out
}

/// The same, as data.
pub fn generated_value(all: &[Generated]) -> Value {
    let one = |one: &Generated| -> Value {
        let rejected = one.rejected.iter().map(|(code, count)| (code.clone(), Value::from(*count as i64)));
        let mut members: Vec<(Arc<str>, Value)> = vec![
            ("mapping".into(), Value::from(&*one.mapping)),
            ("held".into(), Value::Bool(one.held())),
            ("mapped".into(), Value::from(one.mapped as i64)),
            ("rejected".into(), rejected.collect()),
            ("unmade".into(), Value::from(one.unmade as i64)),
        ];
        if let Some(counter) = &one.counter {
            let why = counter.why.iter().map(|why| Value::from(why.as_str())).collect();
            members.push(("why".into(), Value::array(why)));
            members.push(("test".into(), Value::from(counter.test.as_str())));
        }
        members.into_iter().collect()
    };
    Value::array(all.iter().map(one).collect())
}
