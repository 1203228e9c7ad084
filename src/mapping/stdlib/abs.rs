//! `abs`: a number without its sign.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::schema::NumberType;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "abs",
    summary: "A number without its sign.",
    params: &[required("value", Kind::Number)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("abs(-2.5)", "2.5")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let number = call.number(0)?.checked_abs().map_err(|error| Fault::from(error.to_string()))?;
    Ok(Some(Value::Number(number)))
}

fn returned(given: &Given) -> Returned {
    let number = given.number(0);
    let farthest = number.minimum.zip(number.maximum).map(|(least, most)| least.abs().max(most.abs()));
    let nearest = number.minimum.filter(|least| !least.is_sign_negative());
    returns::number_of(NumberType {
        integer: number.integer,
        scale: number.scale,
        minimum: Some(nearest.unwrap_or_default()),
        maximum: farthest,
        ..NumberType::default()
    })
}
