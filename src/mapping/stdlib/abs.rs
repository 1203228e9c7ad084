//! `abs`: a number without its sign.

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::{Call, Fault};
use crate::schema::Type;
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
    let (integer, scale) =
        given.ty(0).as_number().map_or((false, None), |number| (number.integer, number.scale));
    let minimum = Some(rust_decimal::Decimal::ZERO);
    Type::Number(std::sync::Arc::new(crate::schema::NumberType {
        integer,
        scale,
        minimum,
        ..Default::default()
    }))
    .into()
}
