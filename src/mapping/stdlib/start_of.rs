//! `start_of`: the first day of a week, month, quarter or year.

use jiff::civil::Date;

use super::{Function, Kind, Outcome, example, moment, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "start_of",
    summary: "The first day of the week (a Monday), month, quarter or year of a date or time.",
    params: &[required("time", Kind::Text), required("period", Kind::Symbol(PERIODS))],
    returns: returns::date,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"start_of("2026-02-15", month)"#, r#""2026-02-01""#),
        example(r#"start_of("2026-02-15T10:00:00Z", week)"#, r#""2026-02-09""#),
        example(r#"start_of("2026-05-15", quarter)"#, r#""2026-04-01""#),
    ],
    eval,
};

pub(super) const PERIODS: &[&str] = &["month", "quarter", "week", "year"];

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let first = first(moment::day(call.text(0)?)?, call.symbol(1, "month"));
    let first = first.map_err(|_| Fault::from("the time is out of range"))?;
    Ok(Some(Value::from(moment::write_date(first)?)))
}

/// The first day of the period in which a date lies.
pub(super) fn first(date: Date, period: &str) -> Result<Date, jiff::Error> {
    let of_month = date.first_of_month();
    match period {
        "week" => date.checked_sub(jiff::Span::new().days(i64::from(date.weekday().to_monday_zero_offset()))),
        "quarter" => of_month.checked_sub(jiff::Span::new().months(i64::from((date.month() - 1) % 3))),
        "year" => Ok(date.first_of_year()),
        _ => Ok(of_month),
    }
}
