//! The formats that a schema may ask of a text, beyond those of the standard.

use base64::Engine as _;

use crate::value::Number;

/// A format: its name and whether a text has it.
pub(super) type Format = (&'static str, fn(&str) -> bool);

/// Formats of our own and of the OpenAPI format registry, sorted by name. What only hints at
/// presentation or storage (`password`, `int64`) accepts every text.
pub(super) const CUSTOM: &[Format] = &[
    ("binary", |_| true),
    ("byte", |text| base64::engine::general_purpose::STANDARD.decode(text).is_ok()),
    ("char", |text| text.chars().count() == 1),
    ("date-time-local", is_local_date_time),
    ("decimal", |text| Number::parse_decimal(text).is_some()),
    ("double", |_| true),
    ("float", |_| true),
    ("int32", |_| true),
    ("int64", |_| true),
    ("password", |_| true),
    ("time-local", is_local_time),
];

/// `2026-05-07T08:00`, with seconds and fractions as may be, and no offset.
fn is_local_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok() && is_local_time(time)
}

/// `08:00`, `08:00:00`, `08:00:00.250`: no offset.
fn is_local_time(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
    plain
        && text.len() >= 5
        && text.as_bytes().get(2) == Some(&b':')
        && text.parse::<jiff::civil::Time>().is_ok()
}

/// Whether a text has a format; one that nobody knows is had by every text.
pub(super) fn text_has_format(text: &str, format: &str) -> bool {
    if let Some((_, check)) = CUSTOM.iter().find(|(name, _)| *name == format) {
        return check(text);
    }
    let schema = serde_json::json!({ "format": format });
    let built = jsonschema::options().offline().should_validate_formats(true).build(&schema);
    built.is_ok_and(|format| format.is_valid(&serde_json::Value::from(text)))
}
