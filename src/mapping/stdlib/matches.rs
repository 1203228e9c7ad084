//! `matches`: whether a regular expression is found in a text.

use super::{Function, Kind, Outcome, example, expression, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "matches",
    summary: "Whether a regular expression is found in a text; `^` and `$` are its ends. The pattern is written out: \
        inside a text, `{` is written `\\{`. It knows neither look-around nor back-references, and is never slow.",
    params: &[required("text", Kind::Text), required("pattern", Kind::Text)],
    returns: returns::boolean,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"matches("NO 0150", "^[A-Z]\{2} [0-9]+$")"#, "true"),
        example(r#"matches("so-12", "^SO")"#, "false"),
        example(r#"matches("so-12", "(?i)^SO")"#, "true"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let regex = expression::compiled(call, 1)?;
    Ok(Some(Value::from(regex.is_match(call.text(0)?))))
}
