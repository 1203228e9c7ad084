//! `replace`: every occurrence of one text replaced by another.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "replace",
    summary: "Every occurrence of one text replaced by another.",
    params: &[required("text", Kind::Text), required("old", Kind::Text), required("new", Kind::Text)],
    returns: returns::text,
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
