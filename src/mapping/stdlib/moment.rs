//! Reading and writing dates and times, shared by the functions of time.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::mapping::eval::Fault;

/// What a text of time says.
pub(super) enum Time {
    /// A moment and the offset it was written with.
    Moment(Zoned),
    /// A date and time without an offset.
    Local(civil::DateTime),
    Date(civil::Date),
}

/// Reads RFC 3339 text, with or without an offset, or a date. `-0500` is read as `-05:00`, and
/// `/Date(1778090400000)/` as the moment that it counts.
pub(super) fn read(text: &str) -> Result<Time, Fault> {
    if let Some(moment) = counted(text) {
        return Ok(Time::Moment(moment.to_zoned(TimeZone::UTC)));
    }
    if let Ok(date) = civil::Date::strptime("%Y-%m-%d", text) {
        return Ok(Time::Date(date));
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%:z"] {
        if let Ok(zoned) = Zoned::strptime(format, text) {
            return Ok(Time::Moment(zoned));
        }
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(Time::Moment(moment.to_zoned(TimeZone::UTC)));
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(local) = civil::DateTime::strptime(format, text) {
            return Ok(Time::Local(local));
        }
    }
    Err(format!("`{}` is no date or time", text.chars().take(40).collect::<String>()).into())
}

/// The moment in `/Date(ms)/` or `/Date(ms+0200)/`, as older .NET systems write JSON: milliseconds since 1970
/// in UTC, whatever offset stands behind them.
fn counted(text: &str) -> Option<Timestamp> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inside.char_indices().skip(1).find(|(_, sign)| matches!(sign, '+' | '-'));
    let (count, offset) = inside.split_at(end.map_or(inside.len(), |(at, _)| at));
    let digits = offset.get(1..).unwrap_or_default();
    let placed =
        offset.is_empty() || (digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()));
    Timestamp::from_millisecond(count.parse().ok().filter(|_| placed)?).ok()
}

/// The day in a text of time: of a moment that of its own offset.
pub(super) fn day(text: &str) -> Result<civil::Date, Fault> {
    Ok(match read(text)? {
        Time::Date(date) => date,
        Time::Local(local) => local.date(),
        Time::Moment(zoned) => zoned.date(),
    })
}

/// The zone of an IANA name.
pub(super) fn zone(name: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(name)
        .map_err(|_| format!("`{name}` is no time zone; write one such as `Europe/Berlin`").into())
}

/// What is wrong with the name of a zone.
pub fn unknown_zone(name: &str) -> Option<String> {
    match zone(name) {
        Err(Fault::Message(message)) => Some(message),
        _ => None,
    }
}

/// The moment of a local time in a zone. `dst` says what to do with an hour that the change of
/// clocks skips or repeats: `earlier`, `later` or `reject`.
pub(super) fn moment_of(local: civil::DateTime, zone: &TimeZone, dst: &str) -> Result<Timestamp, Fault> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let result = match (dst, ambiguous.offset()) {
        ("earlier", _) => ambiguous.earlier(),
        ("later", _) => ambiguous.later(),
        (_, AmbiguousOffset::Unambiguous { .. }) => ambiguous.compatible(),
        _ => return Err(format!("the clocks change at {local}: the hour is skipped or comes twice").into()),
    };
    result.map_err(|_| Fault::from("the time is out of range"))
}

/// RFC 3339, keeping the offset that the moment has.
pub(super) fn write(zoned: &Zoned) -> Result<String, Fault> {
    within(zoned.year())?;
    let digits = if zoned.subsec_nanosecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.f" };
    let local = zoned.strftime(digits).to_string();
    Ok(match zoned.offset().is_zero() {
        true => format!("{local}Z"),
        false => format!("{local}{}", zoned.strftime("%:z")),
    })
}

/// A date as ISO 8601 writes it.
pub(super) fn write_date(date: civil::Date) -> Result<String, Fault> {
    within(date.year())?;
    Ok(date.to_string())
}

/// A local date and time as ISO 8601 writes it.
pub(super) fn write_local(local: civil::DateTime) -> Result<String, Fault> {
    within(local.year())?;
    Ok(local.to_string())
}

/// Years are written with four digits and no sign (RFC 3339 §1).
fn within(year: i16) -> Result<(), Fault> {
    if year < 0 { Err("the time is before the year 0".into()) } else { Ok(()) }
}
