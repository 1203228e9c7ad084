//! `one_or_many`: a list, where some systems write a single item without one.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "one_or_many",
    summary: "A list as it is, and anything else as a list of one: for systems that write a single item without its list.",
    params: &[required("value", Kind::Any)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"one_or_many({ code: "A" })"#, r#"[{"code": "A"}]"#),
        example(r#"one_or_many(["a", "b"])"#, r#"["a", "b"]"#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Some(match call.value(0)? {
        list @ Value::Array(_) => list.clone(),
        one => Value::array(vec![one.clone()]),
    }))
}

fn returned(given: &Given) -> Returned {
    let ty = given.ty(0);
    let mut items = Vec::new();
    let (mut least, mut most) = (1, Some(1));
    for member in ty.members() {
        match member.as_array() {
            Some(list) => {
                items.push(list.any_item());
                least = least.min(list.min_items.unwrap_or(0));
                most = most.zip(list.max_items).map(|(most, own)| most.max(own));
            }
            None if member.is_any() => return returns::list_of(Type::Any, (0, None)),
            None => items.push(member.clone()),
        }
    }
    returns::list_of(Type::union(items), (least, most))
}
