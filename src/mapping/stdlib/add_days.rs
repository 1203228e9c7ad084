//! `add_days`: a date or time so many days later; earlier when negative.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required};
use crate::mapping::eval::{Call, Fault};
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "add_days",
    summary: "A date or time so many days later; earlier when negative.",
    params: &[required("time", Kind::Text), required("days", Kind::Integer)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"add_days("2026-01-31", 1)"#, r#""2026-02-01""#),
        example(r#"add_days("2026-03-01T10:00:00+01:00", -1)"#, r#""2026-02-28T10:00:00+01:00""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let days = call.integer(1)?;
    let span = jiff::Span::new().try_days(days).map_err(|_| Fault::from("too many days"))?;
    let out_of_range = |_| Fault::from("the time is out of range");
    let text = match moment::read(call.text(0)?)? {
        moment::Time::Date(date) => moment::write_date(date.checked_add(span).map_err(out_of_range)?)?,
        moment::Time::Local(local) => moment::write_local(local.checked_add(span).map_err(out_of_range)?)?,
        moment::Time::Moment(zoned) => moment::write(&zoned.checked_add(span).map_err(out_of_range)?)?,
    };
    Ok(Some(Value::from(text)))
}

pub(super) fn returned(given: &Given) -> Returned {
    // The form stays: a date gives a date, a moment a moment, a local time a local time.
    let ty = given.ty(0);
    match ty.as_text().and_then(|text| text.format.as_deref()) {
        Some(format @ ("date" | "date-time" | "date-time-local")) => Type::formatted(format).into(),
        _ => Type::text().into(),
    }
}
