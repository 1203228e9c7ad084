//! `sort_by`: the items in the order of a text or number of each; equal ones keep their order, items without one come last.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "sort_by",
    summary: "The items in the order of a text or number of each; equal ones keep their order, items without one come last.",
    params: &[
        required("list", Kind::List(&Kind::Any)),
        required("key", Kind::Lambda(&Kind::Scalar)),
        optional("order", Kind::Symbol(&["ascending", "descending"])),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example("sort_by([3, 1, 2], it -> it)", "[1, 2, 3]"),
        example(r#"sort_by(["b", "a"], it -> it, descending)"#, r#"["b", "a"]"#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.makes(list.len())?;
    let descending = call.symbol(2, "ascending") == "descending";
    let mut keyed = Vec::with_capacity(list.len());
    for item in list.iter() {
        keyed.push((call.apply(1, item)?.filter(|key| *key != Value::Null), item.clone()));
    }
    let mut mixed = false;
    keyed.sort_by(|(left, _), (right, _)| {
        let ordering = match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => left.cmp(right),
            (Some(Value::String(left)), Some(Value::String(right))) => left.cmp(right),
            (Some(Value::Bool(left)), Some(Value::Bool(right))) => left.cmp(right),
            (left, right) => {
                mixed |= left.is_some() && right.is_some();
                return right.is_some().cmp(&left.is_some());
            }
        };
        if descending { ordering.reverse() } else { ordering }
    });
    if mixed {
        return Err("the keys are of different kinds".into());
    }
    Ok(Some(Value::array(keyed.into_iter().map(|(_, item)| item).collect())))
}

fn returned(given: &Given) -> Returned {
    returns::as_many(given)
}
