//! `append`: a list and further items behind it.

use super::{Function, Given, Kind, Outcome, Returned, example, repeated, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "append",
    summary: "A list and further items behind it.",
    params: &[required("list", Kind::List(&Kind::Any)), repeated("item", Kind::Any)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("append([1], 2, 3)", "[1, 2, 3]")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let mut made = call.list(0)?.to_vec();
    call.makes(made.len() + call.count())?;
    for at in 1..call.count() {
        made.push(call.value(at)?.clone());
    }
    Ok(Some(Value::array(made)))
}

fn returned(given: &Given) -> Returned {
    let more = given.arguments.len().saturating_sub(1);
    let items = Type::union([given.item(0)].into_iter().chain((1..=more).map(|at| given.ty(at))));
    let (least, most) = given.counts(0);
    returns::list_of(items, (least.saturating_add(more), most.map(|most| most.saturating_add(more))))
}
