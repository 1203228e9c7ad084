//! `extract`: what a regular expression finds in a text.

use super::{Function, Given, Kind, Outcome, Returned, example, expression, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "extract",
    summary: "What a regular expression finds first in a text: what its first brackets hold, or all of it when it has none; \
        absent when it finds nothing. The pattern is written out, as in `matches`.",
    params: &[required("text", Kind::Text), required("pattern", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"extract("Order SO-1042/2", "SO-([0-9]+)")"#, r#""1042""#),
        example(r#"extract("Dock 4, gate 12", "[0-9]+")"#, r#""4""#),
        example(r#"extract("no number", "[0-9]+")"#, "absent"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let regex = expression::compiled(call, 1)?;
    let text = call.text(0)?.clone();
    call.makes(text.len())?;
    let found = match regex.captures_len() {
        1 => regex.find(&text),
        _ => regex.captures(&text).and_then(|groups| groups.get(1)),
    };
    Ok(found.map(|found| Value::from(found.as_str())))
}

fn returned(given: &Given) -> Returned {
    Returned { absent: true, ..returns::sized(0, given.lengths(0).1) }
}
