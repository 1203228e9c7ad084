//! Comparing values: by value, never across kinds.

use std::cmp::Ordering;

use crate::mapping::program::{Comparison, Way};
use crate::value::Value;

/// Whether a comparison holds. In a lenient way, what cannot be compared is false.
pub(in crate::mapping) fn compare(
    comparison: Comparison,
    way: Way,
    left: Option<&Value>,
    right: Option<&Value>,
) -> Result<bool, String> {
    let (Some(left), Some(right)) = (left, right) else {
        return if way.lenient { Ok(false) } else { Err("nothing to compare".to_owned()) };
    };
    if way.moments {
        return moments(left, right).map(|ordering| holds(comparison, ordering));
    }
    match comparison {
        Comparison::Equal => Ok(left == right),
        Comparison::NotEqual if way.lenient && *left == Value::Null => Ok(false),
        Comparison::NotEqual => Ok(left != right),
        _ => match (left, right) {
            (Value::Number(left), Value::Number(right)) => Ok(holds(comparison, left.cmp(right))),
            (Value::String(left), Value::String(right)) => Ok(holds(comparison, left.cmp(right))),
            _ if way.lenient => Ok(false),
            _ => Err(format!("cannot compare {} with {}", left.kind().name(), right.kind().name())),
        },
    }
}

pub(in crate::mapping) fn holds(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

fn moments(left: &Value, right: &Value) -> Result<Ordering, String> {
    let moment = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.parse::<jiff::Timestamp>().map_err(|_| format!("`{text}` is no date and time with an offset"))
    };
    Ok(moment(left)?.cmp(&moment(right)?))
}

/// Whether `left` is one of the items of `right`.
pub(in crate::mapping) fn is_in(
    way: Way,
    left: Option<&Value>,
    right: Option<&Value>,
) -> Result<bool, String> {
    match (left, right) {
        (Some(left), Some(Value::Array(items))) if way.moments => {
            Ok(items.iter().any(|item| moments(left, item).is_ok_and(Ordering::is_eq)))
        }
        (Some(left), Some(Value::Array(items))) => Ok(items.contains(left)),
        _ if way.lenient => Ok(false),
        _ => Err("`in` needs a value and a list".to_owned()),
    }
}

/// A value in a message, shortened.
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() > 40 => {
            format!("`{}…`", text.chars().take(40).collect::<String>())
        }
        Value::String(text) => format!("`{text}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::Bool(truth) => format!("`{truth}`"),
        other => other.kind().name().to_owned(),
    }
}
