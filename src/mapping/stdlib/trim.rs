//! `trim`: text without white space at its ends.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "trim",
    summary: "Text without white space at its ends.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"trim("  a b ")"#, r#""a b""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let trimmed = text.trim();
    Ok(Some(if trimmed.len() == text.len() { Value::String(text.clone()) } else { Value::from(trimmed) }))
}

fn returned(given: &Given) -> Returned {
    match given.ty(0).texts() {
        Some(texts) => Type::one_of(texts.iter().map(|text| text.trim().into()).collect()).into(),
        None => returns::sized(0, given.lengths(0).1),
    }
}
