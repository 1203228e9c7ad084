//! `instant_ms`: a moment in UTC from milliseconds since 1970, as many systems write it.

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "instant_ms",
    summary: "A moment in UTC from milliseconds since 1970-01-01T00:00:00Z.",
    params: &[required("milliseconds", Kind::Number)],
    returns: returns::moment,
    passes_empty: true,
    fallible: true,
    examples: &[
        example("instant_ms(1778090400000)", r#""2026-05-06T18:00:00Z""#),
        example("instant_ms(0.5)", "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let milliseconds = call.number(0)?.to_i64().ok_or("milliseconds are a whole number")?;
    let moment = jiff::Timestamp::from_millisecond(milliseconds).map_err(|_| "no calendar goes so far")?;
    Ok(Some(Value::from(super::moment::write(&moment.to_zoned(jiff::tz::TimeZone::UTC))?)))
}
