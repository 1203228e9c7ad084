//! `concat`: several lists in one, in this order.

use super::{Function, Given, Kind, Outcome, Returned, example, repeated, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "concat",
    summary: "Several lists in one, in this order.",
    params: &[required("list", Kind::List(&Kind::Any)), repeated("more", Kind::List(&Kind::Any))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("concat([1], [2], [])", "[1, 2]")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let mut made = call.list(0)?.to_vec();
    call.makes(made.len())?;
    for at in 1..call.count() {
        let more = call.list(at)?;
        call.makes(more.len())?;
        made.extend(more.iter().cloned());
    }
    Ok(Some(Value::array(made)))
}

fn returned(given: &Given) -> Returned {
    let all = 0..given.arguments.len();
    let counts = all.clone().map(|at| given.counts(at)).fold((0usize, Some(0usize)), |sum, list| {
        (sum.0.saturating_add(list.0), sum.1.zip(list.1).map(|(sum, most)| sum.saturating_add(most)))
    });
    returns::list_of(Type::union(all.map(|at| given.item(at))), counts)
}
