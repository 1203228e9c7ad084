//! `join_present`: like `join`, without the items that are empty or null. Write each part of a list with `?? ""` where it may be absent.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "join_present",
    summary: r#"Like `join`, without the items that are empty or null. Write each part of a list with `?? ""` where it may be absent."#,
    params: &[required("list", Kind::List(&Kind::Any)), required("separator", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"join_present(["Dock 4", "", "Gate 2"], ", ")"#, r#""Dock 4, Gate 2""#),
        example(r#"join_present([null, "a"], ", ")"#, r#""a""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let separator = call.text(1)?.clone();
    let list = call.list(0)?;
    let mut joined = String::new();
    for item in list.iter() {
        let item = match item {
            Value::String(text) if !text.trim().is_empty() => text,
            Value::String(_) | Value::Null => continue,
            _ => return Err("an item of the list is no text".into()),
        };
        call.makes(separator.len() + item.len())?;
        if !joined.is_empty() {
            joined.push_str(&separator);
        }
        joined.push_str(item);
    }
    Ok(Some(Value::from(joined)))
}

fn returned(given: &Given) -> Returned {
    let (items, separator) = (given.item(0).lengths(), given.lengths(1));
    let most = given.counts(0).1;
    let joined = |count: usize, item: usize, separator: usize| {
        item.saturating_mul(count).saturating_add(separator.saturating_mul(count.saturating_sub(1)))
    };
    let longest = most.zip(items.1).zip(separator.1);
    let longest = longest.map(|((count, item), separator)| joined(count, item, separator));
    returns::sized(0, longest)
}
