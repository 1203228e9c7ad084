//! `add_business_days`: a date or time so many working days later.

use jiff::civil::{Date, Weekday};

use super::{Function, Kind, Outcome, add_days, example, moment, optional, required};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "add_business_days",
    summary: "A date or time so many working days later, earlier when negative: Monday to Friday, without the dates of a list of holidays if one is given. 0 leaves it where it is.",
    params: &[
        required("time", Kind::Text),
        required("days", Kind::Integer),
        optional("holidays", Kind::List(&Kind::Text)),
    ],
    returns: add_days::returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"add_business_days("2026-01-30", 1)"#, r#""2026-02-02""#),
        example(r#"add_business_days("2026-04-02", 1, ["2026-04-03", "2026-04-06"])"#, r#""2026-04-07""#),
        example(r#"add_business_days("2026-02-02T10:00:00Z", -1)"#, r#""2026-01-30T10:00:00Z""#),
    ],
    eval,
};

/// Working days at most: some forty years.
const MOST: i64 = 10_000;

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let days = call.integer(1)?;
    if days.abs() > MOST {
        return Err(format!("`days` must be -{MOST} to {MOST}").into());
    }
    let holidays = holidays(call)?;
    call.works(usize::try_from(days.abs()).unwrap_or(0) + holidays.len())?;
    let out_of_range = |_| Fault::from("the time is out of range");
    let text = match moment::read(call.text(0)?)? {
        moment::Time::Date(date) => moment::write_date(later(date, days, &holidays)?)?,
        moment::Time::Local(local) => {
            moment::write_local(later(local.date(), days, &holidays)?.to_datetime(local.time()))?
        }
        moment::Time::Moment(zoned) => {
            let date = later(zoned.date(), days, &holidays)?;
            moment::write(&zoned.with().date(date).build().map_err(out_of_range)?)?
        }
    };
    Ok(Some(Value::from(text)))
}

/// Sorted.
fn holidays(call: &Call<'_, '_>) -> Result<Vec<Date>, Fault> {
    if call.optional(2).is_none() {
        return Ok(Vec::new());
    }
    let list = call.list(2)?;
    let days = list.iter().map(|day| match day {
        Value::String(text) => moment::day(text),
        _ => Err("a holiday is no date".into()),
    });
    let mut days: Vec<Date> = days.collect::<Result<_, _>>()?;
    days.sort_unstable();
    Ok(days)
}

fn later(from: Date, days: i64, holidays: &[Date]) -> Result<Date, Fault> {
    let (mut date, mut left) = (from, days);
    while left != 0 {
        let next = if days > 0 { date.tomorrow() } else { date.yesterday() };
        date = next.map_err(|_| Fault::from("the time is out of range"))?;
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !weekend && holidays.binary_search(&date).is_err() {
            left -= days.signum();
        }
    }
    Ok(date)
}
