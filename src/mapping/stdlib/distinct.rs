//! `distinct`: the items without those that came before; with a lambda, by what it gives.

use super::{Function, Given, Kind, Outcome, Returned, canonical, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "distinct",
    summary: "The items without those that came before; with a lambda, by what it gives.",
    params: &[required("list", Kind::List(&Kind::Any)), optional("key", Kind::Lambda(&Kind::Any))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example("distinct([1, 1.0, 2])", "[1, 2]"),
        example(r#"distinct(["a1", "b1", "a2"], it -> left(it, 1))"#, r#"["a1", "b1"]"#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.makes(list.len())?;
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::new();
    for item in list.iter() {
        let mut key = String::new();
        if let Some(value) = call.apply(1, item)? {
            canonical(&value, &mut key);
        }
        call.works(key.len() / 64)?;
        if seen.insert(key) {
            kept.push(item.clone());
        }
    }
    Ok(Some(Value::array(kept)))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.counts(0);
    returns::list_of(given.item(0), (least.min(1), most))
}
