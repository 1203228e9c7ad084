//! `last`: the last item of a list; absent when the list is empty.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "last",
    summary: "The last item of a list; absent when the list is empty.",
    params: &[required("list", Kind::List(&Kind::Any))],
    returns: returns::item,
    passes_empty: true,
    fallible: false,
    examples: &[example("last([1, 5, 7])", "7"), example("last([])", "absent")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.list(0)?.last().cloned())
}
