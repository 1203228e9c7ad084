//! `format_time`: a date or time in a pattern such as `"%d.%m.%Y %H:%M"`; with a zone, a moment is shown there.

use super::{Function, Kind, Outcome, example, moment, optional, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "format_time",
    summary: r#"A date or time in a pattern such as `"%d.%m.%Y %H:%M"`; with a zone, a moment is shown there."#,
    params: &[required("time", Kind::Text), required("pattern", Kind::Text), optional("zone", Kind::Text)],
    returns: returns::text,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"format_time("2026-01-31", "%d.%m.%Y")"#, r#""31.01.2026""#),
        example(r#"format_time("2026-07-01T08:00:00Z", "%H:%M", "Europe/Berlin")"#, r#""10:00""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    use jiff::fmt::strtime::BrokenDownTime;

    let pattern = call.text(1)?.clone();
    let broken = match moment::read(call.text(0)?)? {
        moment::Time::Date(date) => BrokenDownTime::from(date),
        moment::Time::Local(local) => BrokenDownTime::from(local),
        moment::Time::Moment(zoned) if call.optional(2).is_some() => {
            BrokenDownTime::from(&zoned.with_time_zone(moment::zone(call.text(2)?)?))
        }
        moment::Time::Moment(zoned) => BrokenDownTime::from(&zoned),
    };
    call.makes(pattern.len().saturating_mul(16))?;
    let text = broken
        .to_string(&*pattern)
        .map_err(|_| Fault::from("the time does not have what the pattern asks for"))?;
    Ok(Some(Value::from(text)))
}
