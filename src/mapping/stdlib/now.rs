//! `now`: the moment at which the mapping runs, in UTC.

use super::{Function, Outcome, example, moment, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "now",
    summary: "The moment at which the mapping runs, in UTC.",
    params: &[],
    returns: returns::moment,
    passes_empty: true,
    fallible: false,
    examples: &[example("len(now()) >= 20", "true")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let nanoseconds = call.context().now.0;
    let moment = jiff::Timestamp::from_nanosecond(nanoseconds)
        .map_err(|_| Fault::from("the clock is out of range"))?;
    Ok(Some(Value::from(moment::write(&moment.to_zoned(jiff::tz::TimeZone::UTC))?)))
}
