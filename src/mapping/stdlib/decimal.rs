//! `decimal`: a number from text such as `"12.50"`.

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::{Number, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "decimal",
    summary: r#"A number from text such as `"12.50"`."#,
    params: &[required("value", Kind::Scalar)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"decimal("12.50")"#, "12.50"), example(r#"decimal("12,50")"#, "error")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let number = match call.value(0)? {
        Value::String(text) => Number::parse_decimal(text.trim()),
        Value::Number(number) => Some(number.clone()),
        _ => None,
    };
    number.map(|number| Some(Value::Number(number))).ok_or_else(|| "this is no decimal number".into())
}

fn returned(given: &Given) -> Returned {
    match given.ty(0).as_number() {
        Some(_) => given.ty(0).into(),
        None => Type::number().into(),
    }
}
