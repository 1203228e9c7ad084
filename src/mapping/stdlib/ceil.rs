//! `ceil`: the nearest whole number that is not smaller.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::{Rounding, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "ceil",
    summary: "The nearest whole number that is not smaller.",
    params: &[required("value", Kind::Number)],
    returns: returns::integer,
    passes_empty: true,
    fallible: true,
    examples: &[example("ceil(2.1)", "3"), example("ceil(-2.9)", "-2")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let number =
        call.number(0)?.with_scale(0, Rounding::Ceiling).map_err(|error| Fault::from(error.to_string()))?;
    Ok(Some(Value::Number(number)))
}
