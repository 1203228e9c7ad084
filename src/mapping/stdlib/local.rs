//! `local`: the local date and time of a moment in a zone, without an offset.

use super::{Function, Given, Kind, Outcome, Returned, example, moment, required};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "local",
    summary: "The local date and time of a moment in a zone, without an offset.",
    params: &[required("moment", Kind::Text), required("zone", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"local("2026-07-01T08:00:00Z", "Europe/Berlin")"#, r#""2026-07-01T10:00:00""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let moment::Time::Moment(zoned) = moment::read(call.text(0)?)? else {
        return Err("a time without an offset is local already".into());
    };
    let local = zoned.with_time_zone(moment::zone(call.text(1)?)?).datetime();
    Ok(Some(Value::from(moment::write_local(local)?)))
}

fn returned(_: &Given) -> Returned {
    Type::formatted("date-time-local").into()
}
