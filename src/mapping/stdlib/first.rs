//! `first`: the first item of a list, or the first for which a condition holds; absent when there is none.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required};
use crate::mapping::eval::Call;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "first",
    summary: "The first item of a list, or the first for which a condition holds; absent when there is none.",
    params: &[required("list", Kind::List(&Kind::Any)), optional("condition", Kind::Lambda(&Kind::Boolean))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example("first([1, 5, 7])", "1"),
        example("first([1, 5, 7], it -> it > 3)", "5"),
        example("first([])", "absent"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    if !call.has_lambda(1) {
        return Ok(list.first().cloned());
    }
    for item in list.iter() {
        if call.holds(1, item)? {
            return Ok(Some(item.clone()));
        }
    }
    Ok(None)
}

fn returned(given: &Given) -> Returned {
    Returned { ty: given.item(0), absent: given.has(1) || !given.has_items(0) }
}
