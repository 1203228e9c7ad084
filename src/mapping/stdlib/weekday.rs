//! `weekday`: which day of the week a date or time is.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "weekday",
    summary: "Which day of the week a date or time is: 1 for Monday to 7 for Sunday.",
    params: &[required("time", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"weekday("2026-01-31")"#, "6"),
        example(r#"weekday("2026-02-01T23:30:00-05:00")"#, "7"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let day = moment::day(call.text(0)?)?.weekday();
    Ok(Some(Value::from(i64::from(day.to_monday_one_offset()))))
}

fn returned(_: &Given) -> Returned {
    returns::between(1, Some(7))
}
