//! `diff`: how much time lies between two times.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::schema::NumberType;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "diff",
    summary: "How many whole days, hours, minutes or seconds lie between two dates, two moments or two local times; below zero when the second is the earlier one. A day is 24 hours.",
    params: &[
        required("from", Kind::Text),
        required("to", Kind::Text),
        required("unit", Kind::Symbol(&["days", "hours", "minutes", "seconds"])),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"diff("2026-01-31", "2026-03-01", days)"#, "29"),
        example(r#"diff("2026-01-31T10:00:00+01:00", "2026-01-31T11:30:00Z", minutes)"#, "150"),
        example(r#"diff("2026-01-31T10:00:00Z", "2026-01-31T08:30:00Z", hours)"#, "-1"),
        example(r#"diff("2026-01-31T10:00:00Z", "2026-01-31", hours)"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let unit = match call.symbol(2, "days") {
        "days" => 86_400,
        "hours" => 3_600,
        "minutes" => 60,
        _ => 1,
    };
    let seconds = between(moment::read(call.text(0)?)?, moment::read(call.text(1)?)?)?;
    Ok(Some(Value::from(seconds / unit)))
}

/// Whole seconds, towards zero.
fn between(from: moment::Time, to: moment::Time) -> Result<i64, Fault> {
    use moment::Time::{Date, Local, Moment};
    Ok(match (from, to) {
        (Date(from), Date(to)) => to.duration_since(from).as_secs(),
        (Local(from), Local(to)) => to.duration_since(from).as_secs(),
        (Moment(from), Moment(to)) => to.timestamp().duration_since(from.timestamp()).as_secs(),
        _ => return Err("a date, a local time and a moment cannot be set against each other".into()),
    })
}

fn returned(_: &Given) -> Returned {
    returns::number_of(NumberType { integer: true, ..NumberType::default() })
}
