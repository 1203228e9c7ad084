//! `table_has`: whether a code table has a row with this key.

use super::{Function, Kind, Outcome, example, lookup, repeated, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "table_has",
    summary: "Whether a code table has a row with this key; false for an absent or null key.",
    params: &[required("table", Kind::Table), repeated("key", Kind::Scalar)],
    returns: returns::boolean,
    passes_empty: false,
    fallible: false,
    examples: &[
        example(r#"table_has(carrier, "DHLG")"#, "true"),
        example(r#"table_has(carrier, "NONE")"#, "false"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let table = lookup::table(call)?;
    let Some(keys) = lookup::keys(call) else { return Ok(Some(Value::from(false))) };
    let found = table.lookup(&keys).is_some();
    call.asked(call.table(0), &keys, found);
    Ok(Some(Value::from(found)))
}
