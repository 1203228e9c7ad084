//! `upper`: letters in upper case.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "upper",
    summary: "Letters in upper case.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"upper("Straße 5")"#, r#""STRASSE 5""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?.to_uppercase();
    call.makes(text.len())?;
    Ok(Some(Value::from(text)))
}

fn returned(given: &Given) -> Returned {
    // A letter becomes at most three.
    returns::turned(given, str::to_uppercase, 3)
}
