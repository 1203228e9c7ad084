//! `lookup`: the row of a code table with this key; absent when there is none. Keys come in the order of the key columns.

use super::{Function, Given, Kind, Outcome, Returned, example, repeated, required};
use crate::mapping::eval::{Call, Fault};
use crate::mapping::tables::Table;
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
    let table = table(call)?;
    let Some(keys) = keys(call) else { return Ok(None) };
    let row = table.lookup(&keys);
    call.asked(call.table(0), &keys, row.is_some());
    Ok(row.cloned())
}

/// The table that a call asks.
pub(super) fn table<'p>(call: &Call<'_, 'p>) -> Result<&'p Table, Fault> {
    let table = call.context().tables.get(call.table(0)).map(|table| &**table);
    table.ok_or_else(|| Fault::from(format!("there is no table `{}`", call.table(0))))
}

/// The keys behind the table; `None` when one is absent or null.
pub(super) fn keys(call: &Call<'_, '_>) -> Option<Vec<Value>> {
    let keys = (1..call.count()).map(|at| call.optional(at).filter(|key| **key != Value::Null).cloned());
    keys.collect()
}

fn returned(given: &Given) -> Returned {
    Returned { ty: given.ty(0), absent: true }
}
