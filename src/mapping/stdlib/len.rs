//! `len`: how many characters a text has.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "len",
    summary: "How many characters a text has.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"len("Köln")"#, "4")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let count = call.text(0)?.chars().count();
    Ok(Some(Value::from(count as i64)))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.lengths(0);
    returns::between(least, most)
}
