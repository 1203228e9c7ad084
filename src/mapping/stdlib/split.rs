//! `split`: the parts of a text between separators, as a list.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "split",
    summary: "The parts of a text between separators, as a list.",
    params: &[required("text", Kind::Text), required("separator", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"split("a,b,,c", ",")"#, r#"["a", "b", "", "c"]"#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let separator = call.text(1)?.clone();
    let text = call.text(0)?.clone();
    if separator.is_empty() {
        return Err("`separator` must have a character".into());
    }
    call.makes(text.len() + text.matches(&*separator).count())?;
    Ok(Some(Value::array(text.split(&*separator).map(Value::from).collect())))
}

fn returned(given: &Given) -> Returned {
    let items = Type::sized(0, given.lengths(0).1);
    returns::list_of(items, (1, given.lengths(0).1.map(|most| most.saturating_add(1))))
}
