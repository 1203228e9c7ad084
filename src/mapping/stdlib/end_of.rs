//! `end_of`: the last day of a week, month, quarter or year.

use jiff::Span;

use super::{Function, Kind, Outcome, example, moment, required, returns, start_of};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "end_of",
    summary: "The last day of the week (a Sunday), month, quarter or year of a date or time.",
    params: &[required("time", Kind::Text), required("period", Kind::Symbol(start_of::PERIODS))],
    returns: returns::date,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"end_of("2026-02-15", month)"#, r#""2026-02-28""#),
        example(r#"end_of("2026-02-15", week)"#, r#""2026-02-15""#),
        example(r#"end_of("2026-05-15", quarter)"#, r#""2026-06-30""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let period = call.symbol(1, "month");
    let length = match period {
        "week" => Span::new().days(7),
        "quarter" => Span::new().months(3),
        "year" => Span::new().years(1),
        _ => Span::new().months(1),
    };
    let first = start_of::first(moment::day(call.text(0)?)?, period);
    let last = first.and_then(|first| first.checked_add(length)).and_then(|next| next.yesterday());
    let last = last.map_err(|_| Fault::from("the time is out of range"))?;
    Ok(Some(Value::from(moment::write_date(last)?)))
}
