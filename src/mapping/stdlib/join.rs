//! `join`: the texts of a list in one, with a separator between them.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "join",
    summary: "The texts of a list in one, with a separator between them.",
    params: &[required("list", Kind::List(&Kind::Text)), required("separator", Kind::Text)],
    returns: returned,
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

fn returned(given: &Given) -> Returned {
    let (items, separator) = (given.item(0).lengths(), given.lengths(1));
    let (fewest, most) = given.counts(0);
    let joined = |count: usize, item: usize, separator: usize| {
        item.saturating_mul(count).saturating_add(separator.saturating_mul(count.saturating_sub(1)))
    };
    let longest = most.zip(items.1).zip(separator.1);
    let longest = longest.map(|((count, item), separator)| joined(count, item, separator));
    returns::sized(joined(fewest, items.0, separator.0), longest)
}
