//! `convert`: a quantity in another unit.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns, units};
use crate::mapping::eval::Call;
use crate::schema::NumberType;
use crate::value::{Rounding, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "convert",
    summary: "A quantity in another unit, both by their codes of UN/ECE Recommendation 20. The factors are exact, and the result is rounded once, to `places` digits after the point.",
    params: &[
        required("quantity", Kind::Number),
        required("from", Kind::Text),
        required("to", Kind::Text),
        required("places", Kind::Integer),
        optional(
            "mode",
            Kind::Symbol(&["ceiling", "down", "floor", "half_down", "half_even", "half_up", "up"]),
        ),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"convert(100, "LBR", "KGM", 3)"#, "45.359"),
        example(r#"convert(2.5, "FOT", "CMT", 1)"#, "76.2"),
        example(r#"convert(-18, "CEL", "FAH", 1)"#, "-0.4"),
        example(r#"convert(1200, "LTR", "MTQ", 1, up)"#, "1.2"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let places = u32::try_from(call.size(3)?).ok().filter(|places| *places <= 12);
    let places = places.ok_or("`places` must be 0 to 12")?;
    let mode = Rounding::from_symbol(call.symbol(4, "half_even")).unwrap_or(Rounding::HalfEven);
    let (from, to) = (call.text(1)?, call.text(2)?);
    Ok(Some(Value::Number(units::convert(call.number(0)?, (from, to), places, mode)?)))
}

fn returned(given: &Given) -> Returned {
    let places = given.size(3).and_then(|places| u32::try_from(places).ok()).filter(|places| *places <= 12);
    // What is not below zero stays so, unless it is a temperature.
    let is_warm = |code: &std::sync::Arc<str>| matches!(&**code, "CEL" | "FAH" | "KEL");
    let warm = given.ty(1).texts().is_none_or(|codes| codes.iter().any(is_warm));
    let zero = rust_decimal::Decimal::ZERO;
    let minimum = given.number(0).minimum.filter(|least| !warm && *least >= zero).map(|_| zero);
    returns::number_of(NumberType {
        integer: places == Some(0),
        scale: places,
        minimum,
        ..NumberType::default()
    })
}
