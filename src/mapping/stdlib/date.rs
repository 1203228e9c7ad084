//! `date`: a date, from ISO text, from the date part of a date and time, or from text in a pattern such as `"%d.%m.%Y"`.

use super::{Function, Kind, Outcome, example, moment, optional, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "date",
    summary: r#"A date, from ISO text, from the date part of a date and time, or from text in a pattern such as `"%d.%m.%Y"`."#,
    params: &[required("text", Kind::Text), optional("pattern", Kind::Text)],
    returns: returns::date,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"date("2026-01-31T10:00:00Z")"#, r#""2026-01-31""#),
        example(r#"date("31.01.2026", "%d.%m.%Y")"#, r#""2026-01-31""#),
        example(r#"date("2026-02-30")"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let date = match call.optional(1) {
        Some(_) => jiff::civil::Date::strptime(&**call.text(1)?, &**text)
            .map_err(|_| Fault::from(format!("`{text}` is no date in this pattern")))?,
        None => moment::day(text)?,
    };
    Ok(Some(Value::from(moment::write_date(date)?)))
}
