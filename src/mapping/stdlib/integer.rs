//! `integer`: a whole number from text such as `"42"`, or from a number without a fraction.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::NumberType;
use crate::value::{Number, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "integer",
    summary: r#"A whole number from text such as `"42"`, or from a number without a fraction."#,
    params: &[required("value", Kind::Scalar)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"integer("42")"#, "42"),
        example(r#"integer("4.2")"#, "error"),
        example("integer(3.0)", "3"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let number = match call.value(0)? {
        Value::String(text) => Number::parse_decimal(text.trim()),
        Value::Number(number) => Some(number.clone()),
        _ => None,
    };
    match number.filter(Number::is_integer) {
        Some(number) => Ok(Some(Value::Number(number.normalized()))),
        None => Err("this is no whole number".into()),
    }
}

fn returned(given: &Given) -> Returned {
    returns::number_of(NumberType { integer: true, scale: None, ..given.number(0) })
}
