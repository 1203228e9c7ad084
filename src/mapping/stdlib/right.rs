//! `right`: the last characters of a text; all of them when it is shorter.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "right",
    summary: "The last characters of a text; all of them when it is shorter.",
    params: &[required("text", Kind::Text), required("count", Kind::Integer)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"right("ABCDEF", 3)"#, r#""DEF""#), example(r#"right("AB", 3)"#, r#""AB""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let count = call.size(1)?;
    let text = call.text(0)?;
    let skip = text.chars().count().saturating_sub(count);
    let start = text.char_indices().nth(skip).map_or(text.len(), |(start, _)| start);
    Ok(Some(Value::from(&text[start..])))
}

fn returned(given: &Given) -> Returned {
    returns::cut(given, given.size(1))
}
