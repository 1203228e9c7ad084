//! `max`: the largest number of a list; absent when the list is empty.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::{Number, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "max",
    summary: "The largest number of a list; absent when the list is empty.",
    params: &[required("list", Kind::List(&Kind::Number))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("max([3, 1, 2])", "3"), example("max([])", "absent")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.works(list.len())?;
    let mut best: Option<&Number> = None;
    for item in list.iter() {
        let number = item.as_number().ok_or("an item of the list is no number")?;
        if best.is_none_or(|best| number.cmp(best).is_gt()) {
            best = Some(number);
        }
    }
    Ok(best.cloned().map(Value::Number))
}

fn returned(given: &Given) -> Returned {
    returns::extreme(given, returns::Extreme::Largest)
}
