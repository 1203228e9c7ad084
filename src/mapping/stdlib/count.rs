//! `count`: how many items a list has.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "count",
    summary: "How many items a list has.",
    params: &[required("list", Kind::List(&Kind::Any))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"count(["a", "b"])"#, "2"), example("count([])", "0")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let count = call.list(0)?.len();
    Ok(Some(Value::from(count as i64)))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.counts(0);
    returns::between(least, most)
}
