//! `trim_left`: a text without certain characters at its left.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "trim_left",
    summary: "A text without white space at its left, or without the characters that are given: `\"0\"` takes away leading zeros.",
    params: &[required("text", Kind::Text), optional("characters", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"trim_left("0000012340", "0")"#, r#""12340""#),
        example(r#"trim_left("  a ")"#, r#""a ""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let trimmed = match call.optional(1) {
        Some(_) => {
            let characters = call.text(1)?;
            text.trim_start_matches(|character| characters.contains(character))
        }
        None => text.trim_start(),
    };
    Ok(Some(if trimmed.len() == text.len() { Value::String(text.clone()) } else { Value::from(trimmed) }))
}

fn returned(given: &Given) -> Returned {
    returns::sized(0, given.lengths(0).1)
}
