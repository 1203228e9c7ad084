//! `floor`: the nearest whole number that is not larger.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::schema::NumberType;
use crate::value::{Rounding, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "floor",
    summary: "The nearest whole number that is not larger.",
    params: &[required("value", Kind::Number)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example("floor(2.9)", "2"), example("floor(-2.1)", "-3")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let number =
        call.number(0)?.with_scale(0, Rounding::Floor).map_err(|error| Fault::from(error.to_string()))?;
    Ok(Some(Value::Number(number)))
}

fn returned(given: &Given) -> Returned {
    let number = given.number(0);
    returns::number_of(NumberType {
        integer: true,
        minimum: number.minimum.map(|least| least.floor()),
        maximum: number.maximum.map(|most| most.floor()),
        ..NumberType::default()
    })
}
