//! `text`: a number or boolean as text.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "text",
    summary: "A number or boolean as text.",
    params: &[required("value", Kind::Scalar)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("text(12.50)", r#""12.50""#), example("text(true)", r#""true""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Some(match call.value(0)? {
        Value::Number(number) => Value::from(number.to_string()),
        Value::Bool(truth) => Value::from(truth.to_string()),
        other => other.clone(),
    }))
}

fn returned(given: &Given) -> Returned {
    let ty = given.ty(0);
    match (ty.as_text(), ty.shape()) {
        (Some(_), _) => ty.into(),
        (None, Type::Boolean) => Type::one_of(vec!["true".into(), "false".into()]).into(),
        (None, Type::Number(_)) => returns::sized(1, None),
        _ => Type::text().into(),
    }
}
