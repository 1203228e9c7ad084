//! `lower`: letters in lower case.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "lower",
    summary: "Letters in lower case.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"lower("ABC-1")"#, r#""abc-1""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?.to_lowercase();
    call.makes(text.len())?;
    Ok(Some(Value::from(text)))
}

fn returned(given: &Given) -> Returned {
    // A letter becomes at most two.
    returns::turned(given, str::to_lowercase, 2)
}
