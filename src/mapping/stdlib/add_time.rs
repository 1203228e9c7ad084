//! `add_time`: a moment or local time so much later: `"2h"`, `"90m"`, `"PT2H30M"`; earlier with a minus sign.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required};
use crate::mapping::eval::{Call, Fault};
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "add_time",
    summary: r#"A moment or local time so much later: `"2h"`, `"90m"`, `"PT2H30M"`; earlier with a minus sign."#,
    params: &[required("time", Kind::Text), required("duration", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"add_time("2026-01-31T23:00:00Z", "2h")"#, r#""2026-02-01T01:00:00Z""#),
        example(r#"add_time("2026-01-31T10:00:00Z", "-PT30M")"#, r#""2026-01-31T09:30:00Z""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let duration = call.text(1)?;
    let duration = duration
        .parse::<jiff::SignedDuration>()
        .map_err(|_| Fault::from(format!("`{duration}` is no duration; write one such as `2h` or `90m`")))?;
    let out_of_range = |_| Fault::from("the time is out of range");
    let text = match moment::read(call.text(0)?)? {
        moment::Time::Date(_) => return Err("a date has no time of day: use `add_days`".into()),
        moment::Time::Local(local) => {
            moment::write_local(local.checked_add(duration).map_err(out_of_range)?)?
        }
        moment::Time::Moment(zoned) => moment::write(&zoned.checked_add(duration).map_err(out_of_range)?)?,
    };
    Ok(Some(Value::from(text)))
}

fn returned(given: &Given) -> Returned {
    let ty = given.ty(0);
    match ty.as_text().and_then(|text| text.format.as_deref()) {
        Some(format @ ("date-time" | "date-time-local")) => Type::formatted(format).into(),
        _ => Type::text().into(),
    }
}
