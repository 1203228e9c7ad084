//! `instant`: a moment in UTC: from text with an offset, or from local time in a zone. `dst` says what to do with an hour that a change of clocks skips or repeats.

use super::{Function, Kind, Outcome, example, moment, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "instant",
    summary: "A moment in UTC: from text with an offset, or from local time in a zone. `dst` says what to do with an hour that a change of clocks skips or repeats.",
    params: &[
        required("time", Kind::Text),
        optional("zone", Kind::Text),
        optional("dst", Kind::Symbol(&["earlier", "later", "reject"])),
    ],
    returns: returns::moment,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(
            r#"instant("2026-07-01T10:00:00", "Europe/Berlin", dst: reject)"#,
            r#""2026-07-01T08:00:00Z""#,
        ),
        example(r#"instant("2026-07-01T10:00:00+02:00")"#, r#""2026-07-01T08:00:00Z""#),
        example(r#"instant("2026-03-29T02:30:00", "Europe/Berlin")"#, "error"),
        example(r#"instant("2026-10-25T02:30:00", "Europe/Berlin", later)"#, r#""2026-10-25T01:30:00Z""#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let moment = match (moment::read(call.text(0)?)?, call.optional(1)) {
        (moment::Time::Moment(zoned), _) => zoned.timestamp(),
        (moment::Time::Local(local), Some(_)) => {
            moment::moment_of(local, &moment::zone(call.text(1)?)?, call.symbol(2, "reject"))?
        }
        (moment::Time::Local(_), None) => return Err("a time without an offset needs a zone".into()),
        (moment::Time::Date(_), _) => return Err("a date is no moment".into()),
    };
    Ok(Some(Value::from(moment::write(&moment.to_zoned(jiff::tz::TimeZone::UTC))?)))
}
