//! `trim_right`: a text without certain characters at its right.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "trim_right",
    summary: "A text without white space at its right, or without the characters that are given.",
    params: &[required("text", Kind::Text), optional("characters", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"trim_right("12.500", "0")"#, r#""12.5""#),
        example(r#"trim_right("  a ")"#, r#""  a""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let trimmed = match call.optional(1) {
        Some(_) => {
            let characters = call.text(1)?;
            text.trim_end_matches(|character| characters.contains(character))
        }
        None => text.trim_end(),
    };
    Ok(Some(if trimmed.len() == text.len() { Value::String(text.clone()) } else { Value::from(trimmed) }))
}

fn returned(given: &Given) -> Returned {
    returns::sized(0, given.lengths(0).1)
}
