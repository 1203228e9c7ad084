//! `lookup`: the row of a code table with this key; absent when there is none. Keys come in the order of the key columns.

use super::{Function, Given, Kind, Outcome, Returned, example, repeated, required};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "lookup",
    summary: "The row of a code table with this key; absent when there is none. Keys come in the order of the key columns.",
    params: &[required("table", Kind::Table), repeated("key", Kind::Scalar)],
    returns: returned,
    passes_empty: false,
    fallible: false,
    examples: &[
        example(r#"lookup(carrier, "DHLG").name"#, r#""DHL Freight""#),
        example(r#"lookup(carrier, "NONE").name"#, "absent"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let table = call.context().tables.get(call.table(0));
    let table = table.ok_or_else(|| Fault::from(format!("there is no table `{}`", call.table(0))))?;
    let mut keys = Vec::with_capacity(call.count() - 1);
    for at in 1..call.count() {
        match call.optional(at) {
            Some(Value::Null) | None => return Ok(None),
            Some(key) => keys.push(key.clone()),
        }
    }
    let row = table.lookup(&keys);
    call.asked(call.table(0), &keys, row.is_some());
    Ok(row.cloned())
}

fn returned(given: &Given) -> Returned {
    Returned { ty: given.ty(0), absent: true }
}
