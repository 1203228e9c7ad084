//! `time`: the time of day in a text, as `HH:MM:SS`.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "time",
    summary: "The time of day in a text, as `HH:MM:SS`.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"time("2026-01-31T10:05:00+01:00")"#, r#""10:05:00""#),
        example(r#"time("2026-01-31")"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let time = match moment::read(call.text(0)?)? {
        moment::Time::Date(_) => return Err("a date has no time of day".into()),
        moment::Time::Local(local) => local.time(),
        moment::Time::Moment(zoned) => zoned.time(),
    };
    Ok(Some(Value::from(time.strftime("%H:%M:%S").to_string())))
}

fn returned(_: &Given) -> Returned {
    returns::sized(8, Some(8))
}
