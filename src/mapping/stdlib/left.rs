//! `left`: the first characters of a text; all of them when it is shorter.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "left",
    summary: "The first characters of a text; all of them when it is shorter.",
    params: &[required("text", Kind::Text), required("count", Kind::Integer)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"left("ABCDEF", 3)"#, r#""ABC""#), example(r#"left("AB", 3)"#, r#""AB""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let count = call.size(1)?;
    let text = call.text(0)?;
    Ok(Some(match text.char_indices().nth(count) {
        Some((end, _)) => Value::from(&text[..end]),
        None => Value::String(text.clone()),
    }))
}

fn returned(given: &Given) -> Returned {
    returns::cut(given, given.size(1))
}
