//! `starts_with`: whether one text begins a text.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "starts_with",
    summary: "Whether one text begins a text.",
    params: &[required("text", Kind::Text), required("part", Kind::Text)],
    returns: returns::boolean,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"starts_with("DE-HAM", "DE")"#, "true")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let part = call.text(1)?;
    Ok(Some(Value::Bool(call.text(0)?.starts_with(&**part))))
}
