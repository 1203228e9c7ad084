//! `map`: what a lambda gives for each item; where it gives nothing, the item is left out.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "map",
    summary: "What a lambda gives for each item; where it gives nothing, the item is left out.",
    params: &[required("list", Kind::List(&Kind::Any)), required("value", Kind::Lambda(&Kind::Any))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example("map([1, 2], it -> it * 10)", "[10, 20]"),
        example("map([1, 2], it -> if(it > 1, it, omit))", "[2]"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.makes(list.len())?;
    let mut made = Vec::with_capacity(list.len());
    for item in list.iter() {
        made.extend(call.apply(1, item)?);
    }
    Ok(Some(Value::array(made)))
}

fn returned(given: &Given) -> Returned {
    let keeps = given.arguments.get(1).is_some_and(|lambda| !lambda.absent);
    let (least, most) = given.counts(0);
    returns::list_of(given.ty(1), (if keeps { least } else { 0 }, most))
}
