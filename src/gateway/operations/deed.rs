//! What somebody wants done, read from a request; and what can be done.

use std::sync::Arc;

use super::select::Seen;
use super::{Ask, Refusal};
use crate::flow::engine::Care;
use crate::http::StatusCode;
use crate::plan::Role;
use crate::store::Case;
use crate::value::{Map, Value};

/// What is done, and why.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub name: Arc<str>,
    pub what: What,
    pub reason: Arc<str>,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Retry,
    Skip(Option<Value>),
    /// The input's name, unless the flow has one only; a value, or places in it with new values.
    Amend(Option<Arc<str>>, Option<Value>, Map),
    Rerun(Arc<str>),
    Compensate,
    Cancel,
    Care(Care),
}

/// Every action, and what it says of itself in a preview.
const ACTIONS: [(&str, &str); 12] = [
    ("retry", "the step is tried again"),
    ("resume", "the step is tried again"),
    ("skip", "the flow goes on behind the step"),
    ("amend", "the input is changed, and every step that waits is tried again"),
    ("rerun", "the flow goes on from the step; what was sent is not sent again"),
    ("compensate", "what was done is undone, and the flow ends"),
    ("cancel", "the flow ends where it stands; nothing is undone"),
    ("acknowledge", "the case is acknowledged"),
    ("assign", "the case is given to somebody"),
    ("snooze", "the case is put off"),
    ("annotate", "a note is added"),
    ("resolve", "the case is closed"),
];

impl Deed {
    /// Reads it.
    pub fn read(ask: &Ask) -> Result<Deed, Refusal> {
        let name = ask.shared("action").unwrap_or_else(|| "".into());
        let known = || {
            let names: Vec<_> = ACTIONS.iter().map(|(name, _)| format!("`{name}`")).collect();
            Refusal::bad(format!("`action` is one of {}", names.join(", ")))
        };
        let reason = ask.shared("reason").ok_or_else(|| Refusal::bad("`reason` must say why"))?;
        let needs =
            |field: &str| ask.shared(field).ok_or_else(|| Refusal::bad(format!("`{name}` needs `{field}`")));
        let what = match &*name {
            "retry" | "resume" => What::Retry,
            "skip" => What::Skip(ask.given.get("result").cloned()),
            "amend" => {
                let set = ask.given.get("set").and_then(Value::as_object).cloned().unwrap_or_default();
                let value = ask.given.get("value").cloned();
                if value.is_some() != set.is_empty() {
                    return Err(Refusal::bad("`amend` needs either `value` or `set`"));
                }
                What::Amend(ask.shared("input"), value, set)
            }
            "rerun" => What::Rerun(needs("step")?),
            "compensate" => What::Compensate,
            "cancel" if ask.role < Role::Admin => {
                let why = "only an admin ends work without undoing what it did; `compensate` undoes it";
                return Err(Refusal::new(StatusCode::FORBIDDEN, why));
            }
            "cancel" => What::Cancel,
            "acknowledge" => What::Care(Care::Acknowledge),
            "assign" => What::Care(Care::Assign(needs("to")?)),
            "snooze" => {
                let until = ask.moment("until")?.ok_or_else(|| Refusal::bad("`snooze` needs `until`"))?;
                What::Care(Care::Snooze(until))
            }
            "annotate" => What::Care(Care::Annotate(needs("note")?)),
            "resolve" => What::Care(Care::Resolve(needs("resolution")?)),
            _ => return Err(known()),
        };
        Ok(Deed { name, what, reason })
    }

    /// What it would do, for a preview.
    pub fn would(&self) -> &'static str {
        ACTIONS.iter().find(|(name, _)| **name == *self.name).map_or("", |(_, would)| would)
    }
}

/// What can be done to a case.
pub(super) fn allowed(case: &Case) -> Value {
    let names: &[&str] = match (case.state.is_open(), case.instance, case.park) {
        (false, _, _) => &["annotate"],
        (true, Some(_), Some(_)) => &[
            "retry",
            "skip",
            "amend",
            "rerun",
            "compensate",
            "cancel",
            "acknowledge",
            "assign",
            "snooze",
            "annotate",
        ],
        (true, Some(_), None) => &["retry", "acknowledge", "assign", "snooze", "annotate", "resolve"],
        (true, None, _) if *case.code == *"paused_system" => &["acknowledge", "assign", "snooze", "annotate"],
        (true, None, _) => &["acknowledge", "assign", "snooze", "annotate", "resolve"],
    };
    Value::array(names.iter().map(|name| Value::from(*name)).collect())
}

/// What can be done to an instance.
pub(super) fn allowed_on(seen: &Seen) -> Value {
    let names: &[&str] = match (seen.instance.status.is_open(), seen.open.is_empty()) {
        (false, _) => &[],
        (true, true) => &["rerun", "compensate", "cancel"],
        (true, false) => &["retry", "skip", "amend", "rerun", "compensate", "cancel"],
    };
    Value::array(names.iter().map(|name| Value::from(*name)).collect())
}
