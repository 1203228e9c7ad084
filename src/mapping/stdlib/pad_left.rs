//! `pad_left`: a text made as long as said, filled at its left; a longer one stays.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "pad_left",
    summary: "A text made as long as said, filled at its left; a longer one stays.",
    params: &[required("text", Kind::Text), required("length", Kind::Integer), required("fill", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"pad_left("42", 5, "0")"#, r#""00042""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let length = call.size(1)?;
    let fill = call.text(2)?.clone();
    let text = call.text(0)?.clone();
    let missing = length.saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(Some(Value::String(text)));
    }
    if fill.is_empty() {
        return Err("`fill` must have a character".into());
    }
    call.makes(missing.saturating_mul(4))?;
    let padding: String = fill.chars().cycle().take(missing).collect();
    Ok(Some(Value::from(format!("{padding}{text}"))))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.lengths(0);
    match given.size(1) {
        Some(length) => returns::sized(least.max(length), most.map(|most| most.max(length))),
        None => returns::sized(least, None),
    }
}
