//! `mid`: characters from the middle of a text; the first is number 1.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "mid",
    summary: "Characters from the middle of a text; the first is number 1.",
    params: &[
        required("text", Kind::Text),
        required("start", Kind::Integer),
        required("count", Kind::Integer),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"mid("ABCDEF", 2, 3)"#, r#""BCD""#), example(r#"mid("AB", 5, 3)"#, r#""""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let start = call.size(1)?;
    let count = call.size(2)?;
    if start == 0 {
        return Err("`start` counts from 1".into());
    }
    let part: String = call.text(0)?.chars().skip(start - 1).take(count).collect();
    Ok(Some(Value::from(part)))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.lengths(0);
    let (Some(start), Some(count)) = (given.size(1).filter(|start| *start > 0), given.size(2)) else {
        return returns::sized(0, most);
    };
    let rest = |length: usize| length.saturating_sub(start - 1).min(count);
    returns::sized(rest(least), Some(most.map_or(count, rest)))
}
