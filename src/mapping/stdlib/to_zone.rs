//! `to_zone`: a moment with the offset that a zone has then.

use super::{Function, Kind, Outcome, example, moment, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "to_zone",
    summary: "A moment with the offset that a zone has then. It stays the same moment; `local` gives the time on the wall alone.",
    params: &[required("moment", Kind::Text), required("zone", Kind::Text)],
    returns: returns::moment,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"to_zone("2026-07-01T08:00:00Z", "Europe/Berlin")"#, r#""2026-07-01T10:00:00+02:00""#),
        example(r#"to_zone("2026-07-01T08:00:00", "Europe/Berlin")"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let moment::Time::Moment(zoned) = moment::read(call.text(0)?)? else {
        return Err("a time without an offset is no moment; write `instant(…, zone)` first".into());
    };
    let there = zoned.with_time_zone(moment::zone(call.text(1)?)?);
    Ok(Some(Value::from(moment::write(&there)?)))
}
