//! `replace`: every occurrence of one text replaced by another.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "replace",
    summary: "Every occurrence of one text replaced by another.",
    params: &[required("text", Kind::Text), required("old", Kind::Text), required("new", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"replace("a-b-c", "-", "/")"#, r#""a/b/c""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let (old, new) = (call.text(1)?.clone(), call.text(2)?.clone());
    let text = call.text(0)?.clone();
    if old.is_empty() {
        return Err("`old` must have a character".into());
    }
    let count = text.matches(&*old).count();
    call.makes(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(Some(Value::from(text.replace(&*old, &new))))
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.lengths(0);
    let length = |at: usize| given.literal(at).map(|text| text.chars().count());
    match (length(1), length(2)) {
        (Some(old), Some(new)) if old == new => returns::sized(least, most),
        (Some(old), Some(new)) if old > new => returns::sized(0, most),
        (Some(_), Some(new)) => returns::sized(least, most.map(|most| most.saturating_mul(new))),
        _ => returns::sized(0, None),
    }
}
