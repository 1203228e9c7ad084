//! `epoch_ms`: a moment in milliseconds since 1970.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required, returns};
use crate::mapping::eval::Call;
use crate::schema::NumberType;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "epoch_ms",
    summary: "A moment in milliseconds since 1970-01-01T00:00:00Z; `instant_ms` is the way back.",
    params: &[required("moment", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"epoch_ms("2026-05-06T20:00:00+02:00")"#, "1778090400000"),
        example(r#"epoch_ms("2026-05-06")"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let moment::Time::Moment(zoned) = moment::read(call.text(0)?)? else {
        return Err("a time without an offset is no moment; write `instant(…, zone)` first".into());
    };
    Ok(Some(Value::from(zoned.timestamp().as_millisecond())))
}

fn returned(_: &Given) -> Returned {
    returns::number_of(NumberType { integer: true, ..NumberType::default() })
}
