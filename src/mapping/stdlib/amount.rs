//! `amount`: a number with the digits of a currency.

use super::{Function, Given, Kind, Outcome, Returned, currency, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::schema::NumberType;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "amount",
    summary: "A number rounded to the digits that a currency (ISO 4217) has: two, none for `JPY`, three for `KWD`.",
    params: &[
        required("value", Kind::Number),
        required("currency", Kind::Text),
        optional("mode", Kind::Symbol(currency::MODES)),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"amount(1381.255, "NOK")"#, "1381.26"),
        example(r#"amount(1381.5, "JPY", down)"#, "1381"),
        example(r#"amount(12, "KWD")"#, "12.000"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Some(Value::Number(currency::rounded(call)?)))
}

fn returned(given: &Given) -> Returned {
    let places = currency::most_places(given);
    let number = given.number(0);
    let bound =
        |bound: Option<rust_decimal::Decimal>, to| bound.map(|bound| bound.round_dp_with_strategy(0, to));
    returns::number_of(NumberType {
        integer: places == 0,
        scale: Some(places),
        minimum: bound(number.minimum, rust_decimal::RoundingStrategy::ToNegativeInfinity),
        maximum: bound(number.maximum, rust_decimal::RoundingStrategy::ToPositiveInfinity),
        ..NumberType::default()
    })
}
