//! `flatten`: the items of the lists in a list, in one list.

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "flatten",
    summary: "The items of the lists in a list, in one list.",
    params: &[required("list", Kind::List(&Kind::List(&Kind::Any)))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example("flatten([[1], [2, 3], []])", "[1, 2, 3]")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    let mut made = Vec::new();
    for inner in list.iter() {
        let inner = inner.as_array().ok_or("an item of the list is no list")?;
        call.makes(inner.len())?;
        made.extend(inner.iter().cloned());
    }
    Ok(Some(Value::array(made)))
}

fn returned(given: &Given) -> Returned {
    Type::list(given.item(0).items().unwrap_or(Type::Any)).into()
}
