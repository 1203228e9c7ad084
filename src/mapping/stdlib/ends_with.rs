//! `ends_with`: whether one text ends a text.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "ends_with",
    summary: "Whether one text ends a text.",
    params: &[required("text", Kind::Text), required("part", Kind::Text)],
    returns: returns::boolean,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"ends_with("DE-HAM", "DE")"#, "false")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let part = call.text(1)?;
    Ok(Some(Value::Bool(call.text(0)?.ends_with(&**part))))
}
