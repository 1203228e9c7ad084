//! `join`: the texts of a list in one, with a separator between them.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "join",
    summary: "The texts of a list in one, with a separator between them.",
    params: &[required("list", Kind::List(&Kind::Text)), required("separator", Kind::Text)],
    returns: returns::text,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"join(["a", "b"], ", ")"#, r#""a, b""#), example(r#"join([], ", ")"#, r#""""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let separator = call.text(1)?.clone();
    let list = call.list(0)?;
    let mut joined = String::new();
    for (at, item) in list.iter().enumerate() {
        let item = item.as_str().ok_or("an item of the list is no text")?;
        call.makes(separator.len() + item.len())?;
        if at > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(item);
    }
    Ok(Some(Value::from(joined)))
}
