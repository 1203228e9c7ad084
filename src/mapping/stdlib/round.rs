//! `round`: a number rounded to so many digits after the point (0 unless said). `round(a / b, 2)` rounds the exact quotient once.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::schema::{NumberType, Type};
use crate::value::{Rounding, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "round",
    summary: "A number rounded to so many digits after the point (0 unless said). `round(a / b, 2)` rounds the exact quotient once.",
    params: &[
        required("value", Kind::Number),
        optional("places", Kind::Integer),
        optional(
            "mode",
            Kind::Symbol(&["ceiling", "down", "floor", "half_down", "half_even", "half_up", "up"]),
        ),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example("round(2.345, 2)", "2.34"),
        example("round(2.345, 2, half_up)", "2.35"),
        example("round(10 / 3, 4)", "3.3333"),
        example("round(7.5)", "8"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let places = if call.optional(1).is_some() { call.size(1)? } else { 0 };
    let places =
        u32::try_from(places).ok().filter(|places| *places <= 28).ok_or("`places` must be 0 to 28")?;
    let mode = Rounding::from_symbol(call.symbol(2, "half_even")).unwrap_or(Rounding::HalfEven);
    let number = call.number(0)?.with_scale(places, mode).map_err(|error| Fault::from(error.to_string()))?;
    Ok(Some(Value::Number(number)))
}

fn returned(given: &Given) -> Returned {
    let places = if given.has(1) { given.size(1) } else { Some(0) };
    let Some(places) = places.and_then(|places| u32::try_from(places).ok()).filter(|places| *places <= 28)
    else {
        return Type::number().into();
    };
    let number = given.number(0);
    let bound = |bound: Option<Decimal>, to| bound.map(|bound| bound.round_dp_with_strategy(places, to));
    returns::number_of(NumberType {
        integer: places == 0 || number.integer,
        scale: Some(places),
        minimum: bound(number.minimum, RoundingStrategy::ToNegativeInfinity),
        maximum: bound(number.maximum, RoundingStrategy::ToPositiveInfinity),
        ..NumberType::default()
    })
}
