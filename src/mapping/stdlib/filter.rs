//! `filter`: the items for which a condition holds.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "filter",
    summary: "The items for which a condition holds.",
    params: &[required("list", Kind::List(&Kind::Any)), required("condition", Kind::Lambda(&Kind::Boolean))],
    returns: returns::fewer,
    passes_empty: true,
    fallible: false,
    examples: &[example("filter([1, 5, 7], it -> it > 3)", "[5, 7]")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.makes(list.len())?;
    let mut kept = Vec::new();
    for item in list.iter() {
        if call.holds(1, item)? {
            kept.push(item.clone());
        }
    }
    Ok(Some(Value::array(kept)))
}
