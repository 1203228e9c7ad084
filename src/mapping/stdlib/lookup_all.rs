//! `lookup_all`: the rows of a code table by the first columns of its key.

use super::{Function, Given, Kind, Outcome, Returned, example, lookup, repeated, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "lookup_all",
    summary: "The rows of a code table whose first key columns are these, in the order of the file; an empty list when there is none.",
    params: &[required("table", Kind::Table), repeated("key", Kind::Scalar)],
    returns: returned,
    passes_empty: false,
    fallible: false,
    examples: &[
        example(r#"lookup_all(zone, "NO")[].zone"#, r#"["N1", "N2"]"#),
        example(r#"lookup_all(zone, "NO", "EX")[].zone"#, r#"["N2"]"#),
        example(r#"lookup_all(zone, "XX")"#, "[]"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let table = lookup::table(call)?;
    let Some(keys) = lookup::keys(call) else { return Ok(Some(Value::array(Vec::new()))) };
    let rows = table.lookup_all(&keys);
    call.makes(rows.len())?;
    if rows.is_empty() {
        call.asked(call.table(0), &keys, false);
    }
    for row in rows {
        call.asked(call.table(0), &table.keys_of(row), true);
    }
    Ok(Some(Value::array(rows.to_vec())))
}

fn returned(given: &Given) -> Returned {
    returns::list_of(given.ty(0), (0, None))
}
