//! Formats and patterns: which there are, and whether a text has one.

use base64::Engine as _;
use jsonschema::{PatternOptions, ValidationOptions};

use super::keywords::Draft;
use super::node::Exact;
use super::numeric;
use crate::value::Value;

/// A format: its name and whether a text has it.
type Format = (&'static str, fn(&str) -> bool);

/// Formats of our own and of the OpenAPI format registry, sorted by name. What only hints at
/// presentation or storage (`password`, `int64`) accepts every text.
const CUSTOM: &[Format] = &[
    ("binary", |_| true),
    ("byte", |text| base64::engine::general_purpose::STANDARD.decode(text).is_ok()),
    ("char", |text| text.chars().count() == 1),
    ("date-time-local", is_local_date_time),
    ("decimal", is_decimal),
    ("double", |_| true),
    ("float", |_| true),
    ("int32", |_| true),
    ("int64", |_| true),
    ("password", |_| true),
    ("time-local", is_local_time),
];

/// Formats of the standard, for the nearest name.
const STANDARD: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// The options that every validator is built with: formats asserted, a regex engine whose time is
/// linear, nothing fetched, numbers exact.
pub(super) fn options<'i>() -> ValidationOptions<'i, std::sync::Arc<dyn jsonschema::Retrieve>, Exact> {
    let options = jsonschema::options_for::<Exact>()
        .offline()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_pattern_options(PatternOptions::regex());
    let options = CUSTOM.iter().fold(options, |options, (name, check)| options.with_format(*name, *check));
    numeric::register(options)
}

/// The check of a format of our own; `None` for the standard's.
pub(super) fn own_format(format: &str) -> Option<fn(&str) -> bool> {
    CUSTOM.iter().find(|(name, _)| *name == format).map(|(_, check)| *check)
}

fn draft_of(draft: Draft) -> jsonschema::Draft {
    match draft {
        Draft::D4 => jsonschema::Draft::Draft4,
        Draft::D6 => jsonschema::Draft::Draft6,
        Draft::D7 => jsonschema::Draft::Draft7,
        Draft::D2019 => jsonschema::Draft::Draft201909,
        Draft::D2020 => jsonschema::Draft::Draft202012,
    }
}

impl Draft {
    /// The validator's name for the draft.
    pub(super) fn of_validator(self) -> jsonschema::Draft {
        draft_of(self)
    }
}

/// Whether a format is asserted under a draft.
pub(super) fn is_known_format(draft: Draft, format: &str) -> bool {
    options().is_known_format(draft_of(draft), format)
}

/// Every format's name, for the nearest one.
pub(super) fn format_names() -> impl Iterator<Item = &'static str> {
    CUSTOM.iter().map(|(name, _)| *name).chain(STANDARD.iter().copied())
}

/// What [`Number::parse_decimal`] takes, without making the number.
///
/// [`Number::parse_decimal`]: crate::value::Number::parse_decimal
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// `2026-05-07T08:00`, with seconds and fractions as may be, and no offset.
fn is_local_date_time(text: &str) -> bool {
    if let Some((date, time)) = split_plain(text.as_bytes()) {
        return is_plain_date(date) && is_plain_time(time);
    }
    let Some((date, time)) = text.split_once('T') else { return false };
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok() && is_local_time(time)
}

/// The parts of `2026-05-07T08:00`, with seconds or without, if it has that form: digits where digits stand.
fn split_plain(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let has_form = matches!(text.len(), 16 | 19)
        && text.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            sign => byte == sign,
        });
    has_form.then(|| (&text[..10], &text[11..]))
}

/// Two digits as a number; the caller has seen that they are digits.
fn two(digits: &[u8], at: usize) -> u8 {
    let digit = |at| digits.get(at).map_or(0, |byte: &u8| byte.wrapping_sub(b'0'));
    digit(at) * 10 + digit(at + 1)
}

fn is_plain_date(date: &[u8]) -> bool {
    let year = i16::from(two(date, 0)) * 100 + i16::from(two(date, 2));
    let signed = |at| i8::try_from(two(date, at)).unwrap_or_default();
    jiff::civil::Date::new(year, signed(5), signed(8)).is_ok()
}

/// `08:00` or `08:00:00`; a minute may have a leap second.
fn is_plain_time(time: &[u8]) -> bool {
    two(time, 0) < 24 && two(time, 3) < 60 && (time.len() < 8 || two(time, 6) <= 60)
}

/// `08:00`, `08:00:00`, `08:00:00.250`: no offset.
fn is_local_time(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
    let colons = text.bytes().enumerate().all(|(at, byte)| (byte == b':') == (at == 2 || at == 5));
    plain && colons && text.len() >= 5 && text.parse::<jiff::civil::Time>().is_ok()
}

/// Whether a text has a format; one that nobody knows is had by every text.
pub(super) fn text_has_format(text: &str, format: &str) -> bool {
    satisfies(text, serde_json::json!({ "format": format }))
}

/// Whether a text matches a pattern, by the validator's own reading of it.
pub(super) fn text_has_pattern(text: &str, pattern: &str) -> bool {
    satisfies(text, serde_json::json!({ "pattern": pattern }))
}

fn satisfies(text: &str, schema: serde_json::Value) -> bool {
    options().build(&schema).is_ok_and(|validator| validator.is_valid(&Value::from(text)))
}

/// Why a pattern cannot be used.
pub(super) fn pattern_problem(pattern: &str) -> Option<String> {
    options().build(&serde_json::json!({ "pattern": pattern })).err().map(|_| {
        let looks = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|sign| pattern.contains(sign));
        if looks {
            "looks ahead or behind, which takes unbounded time on hostile input".to_owned()
        } else {
            match regex_syntax_words(pattern) {
                Some(words) => words,
                None => "is no regular expression".to_owned(),
            }
        }
    })
}

/// The last line of the regex engine's explanation.
fn regex_syntax_words(pattern: &str) -> Option<String> {
    let error = regex::Regex::new(pattern).err()?.to_string();
    Some(error.lines().last()?.trim_start_matches("error:").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_our_own() {
        for text in ["12.50", "-0.1", "0", "228930314431312345.10"] {
            assert!(text_has_format(text, "decimal"), "{text}");
        }
        for text in ["1e5", "012", "", "1.", ".5", "1,5", " 1", "+1", "NaN"] {
            assert!(!text_has_format(text, "decimal"), "{text}");
        }
        assert!(text_has_format("2026-05-07T08:00", "date-time-local"));
        assert!(text_has_format("2026-05-07T08:00:00.25", "date-time-local"));
        for text in
            ["2026-05-07T08:00Z", "2026-05-07", "2026-02-30T08:00", "2026-05-07T8:00", "2026-05-07 08:00"]
        {
            assert!(!text_has_format(text, "date-time-local"), "{text}");
        }
        assert!(!text_has_format("2026-02-30", "date"));
    }

    #[test]
    fn patterns_that_backtrack_are_refused() {
        assert_eq!(pattern_problem("^[A-Z]{3}$"), None);
        assert!(pattern_problem("(?!x)y").is_some_and(|why| why.contains("ahead")));
        assert!(pattern_problem(r"(a)\1").is_some());
        assert!(pattern_problem("(").is_some());
    }

    proptest::proptest! {
        #[test]
        fn plain_local_times_are_read_as_any_other(
            text in "(0000|2024|2026|9999)-(0[0-9]|1[0-9])-[0-3][0-9]T[0-2][0-9]:[0-6][0-9](:[0-6][0-9])?"
        ) {
            let (date, time) = text.split_once('T').unwrap_or_default();
            let read = date.parse::<jiff::civil::Date>().is_ok() && is_local_time(time);
            proptest::prop_assert_eq!(is_local_date_time(&text), read);
        }

        #[test]
        fn decimals_are_what_numbers_are_read_from(text in "[-+]?[0-9.eE ]{0,12}") {
            proptest::prop_assert_eq!(is_decimal(&text), crate::value::Number::parse_decimal(&text).is_some());
        }
    }
}
