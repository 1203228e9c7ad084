//! `trim`: text without white space at its ends.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "trim",
    summary: "Text without white space at its ends.",
    params: &[required("text", Kind::Text)],
    returns: returns::shorter_text,
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
