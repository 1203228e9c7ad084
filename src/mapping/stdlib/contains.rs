//! `contains`: whether one text occurs in a text.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "contains",
    summary: "Whether one text occurs in a text.",
    params: &[required("text", Kind::Text), required("part", Kind::Text)],
    returns: returns::boolean,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"contains("DE-HAM", "HAM")"#, "true")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let part = call.text(1)?;
    Ok(Some(Value::Bool(call.text(0)?.contains(&**part))))
}
