//! `all`: whether a condition holds for every item; true for an empty list.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "all",
    summary: "Whether a condition holds for every item; true for an empty list.",
    params: &[required("list", Kind::List(&Kind::Any)), required("condition", Kind::Lambda(&Kind::Boolean))],
    returns: returns::boolean,
    passes_empty: true,
    fallible: false,
    examples: &[example("all([1, 5], it -> it > 3)", "false"), example("all([], it -> it > 3)", "true")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    for item in list.iter() {
        if !call.holds(1, item)? {
            return Ok(Some(Value::Bool(false)));
        }
    }
    Ok(Some(Value::Bool(true)))
}
