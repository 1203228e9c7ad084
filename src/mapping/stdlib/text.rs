//! `text`: a number or boolean as text.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "text",
    summary: "A number or boolean as text.",
    params: &[required("value", Kind::Scalar)],
    returns: returns::text,
    passes_empty: true,
    fallible: false,
    examples: &[example("text(12.50)", r#""12.50""#), example("text(true)", r#""true""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Some(match call.value(0)? {
        Value::Number(number) => Value::from(number.to_string()),
        Value::Bool(truth) => Value::from(truth.to_string()),
        other => other.clone(),
    }))
}
