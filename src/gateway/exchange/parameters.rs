//! Path and query parameters as values of their declared kinds.

use std::sync::Arc;

use crate::gateway::problem::Violation;
use crate::plan::{Parameter, ParameterKind};
use crate::value::{Number, Value};

/// Longest query that is read, in pairs.
const PAIRS: usize = 256;

/// Path parameters in the order of the path, and all violations.
pub(super) fn path(
    declared: &[Parameter],
    texts: &[String],
    violations: &mut Vec<Violation>,
) -> Vec<Option<Value>> {
    declared.iter().zip(texts).map(|(parameter, text)| read(parameter, "path", text, violations)).collect()
}

/// Query parameters in the order of declaration; absent where an optional one is not sent.
/// What is not declared, sent twice, missing or of the wrong kind is a violation.
pub(super) fn query(
    declared: &[Parameter],
    raw: &str,
    violations: &mut Vec<Violation>,
) -> Vec<Option<Value>> {
    let mut sent: Vec<Option<String>> = vec![None; declared.len()];
    for (name, text) in pairs(raw, violations) {
        let Some(at) = declared.iter().position(|parameter| *parameter.name == *name) else {
            violations.push(Violation::new(format!("query:{name}"), "unknown", unknown(declared, &name)));
            continue;
        };
        match sent.get_mut(at) {
            Some(slot @ None) => *slot = Some(text),
            _ => violations.push(Violation::new(
                format!("query:{name}"),
                "duplicate",
                "must be sent once only",
            )),
        }
    }
    declared.iter().zip(sent).map(|(parameter, text)| one(parameter, text, violations)).collect()
}

fn one(parameter: &Parameter, text: Option<String>, violations: &mut Vec<Violation>) -> Option<Value> {
    match text {
        Some(text) => read(parameter, "query", &text, violations),
        None if parameter.optional => None,
        None => {
            violations.push(Violation::new(format!("query:{}", parameter.name), "required", "must be sent"));
            None
        }
    }
}

fn unknown(declared: &[Parameter], name: &str) -> String {
    match crate::diagnostic::nearest(name, declared.iter().map(|parameter| &*parameter.name)) {
        Some(near) => format!("is not a parameter here; did you mean `{near}`?"),
        None => "is not a parameter here".to_owned(),
    }
}

/// The pairs of a query, decoded (WHATWG URL, `application/x-www-form-urlencoded`).
fn pairs(raw: &str, violations: &mut Vec<Violation>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
        if pairs.len() == PAIRS {
            violations.push(Violation::new(
                "query:",
                "maxProperties",
                format!("must not have more than {PAIRS} parameters"),
            ));
            break;
        }
        let (name, text) = piece.split_once('=').unwrap_or((piece, ""));
        match (decoded(name), decoded(text)) {
            (Some(name), Some(text)) => pairs.push((name, text)),
            (name, _) => {
                let name = name.unwrap_or_default();
                violations.push(Violation::new(
                    format!("query:{name}"),
                    "encoding",
                    "must be percent-encoded UTF-8",
                ));
            }
        }
    }
    pairs
}

fn decoded(text: &str) -> Option<String> {
    let plain = text.replace('+', " ");
    percent_encoding::percent_decode_str(&plain).decode_utf8().ok().map(|text| text.into_owned())
}

fn read(parameter: &Parameter, place: &str, text: &str, violations: &mut Vec<Violation>) -> Option<Value> {
    let value = value_of(parameter.kind, text);
    if value.is_none() {
        let pointer = format!("{place}:{}", parameter.name);
        violations.push(Violation::new(pointer, "type", format!("must be {}", words(parameter.kind))));
    }
    value
}

/// What a kind's text must be, for the caller.
fn words(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::String => "text without control characters",
        ParameterKind::Integer => "a whole number, such as 12",
        ParameterKind::Decimal => "a number, such as 12.50",
        ParameterKind::Boolean => "true or false",
        ParameterKind::Date => "a date, such as 2026-03-01",
        ParameterKind::DateTime => "a moment with its offset, such as 2026-03-01T08:00:00Z",
    }
}

fn value_of(kind: ParameterKind, text: &str) -> Option<Value> {
    match kind {
        ParameterKind::String => (!text.chars().any(char::is_control)).then(|| Value::from(text)),
        ParameterKind::Integer => digits(text).then(|| Number::parse(text).map(Value::Number)).flatten(),
        ParameterKind::Decimal => decimal(text).then(|| Number::parse(text).map(Value::Number)).flatten(),
        ParameterKind::Boolean => match text {
            "true" => Some(Value::from(true)),
            "false" => Some(Value::from(false)),
            _ => None,
        },
        ParameterKind::Date => is_date(text).then(|| Value::String(Arc::from(text))),
        ParameterKind::DateTime => is_moment(text).then(|| Value::String(Arc::from(text))),
    }
}

/// A whole number as JSON writes one.
fn digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// A decimal as JSON writes one, without exponent.
fn decimal(text: &str) -> bool {
    let (whole, fraction) =
        text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && fraction
            .is_none_or(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// RFC 3339 full-date: a day that exists.
fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    shape && text.parse::<jiff::civil::Date>().is_ok()
}

/// RFC 3339 date-time: a moment that exists, with `Z` or an offset.
fn is_moment(text: &str) -> bool {
    let Some((date, rest)) = text.split_once(['T', 't']) else { return false };
    let offset = rest.ends_with(['Z', 'z'])
        || rest
            .len()
            .checked_sub(6)
            .and_then(|at| rest.get(at..))
            .is_some_and(|end| end.starts_with(['+', '-']) && end.as_bytes().get(3) == Some(&b':'));
    is_date(date)
        && offset
        && rest.as_bytes().get(5) == Some(&b':')
        && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: ParameterKind, optional: bool) -> Parameter {
        Parameter { name: name.into(), kind, optional }
    }

    #[test]
    fn every_violation_of_a_query_is_named() {
        let declared = [
            parameter("page", ParameterKind::Integer, false),
            parameter("since", ParameterKind::Date, true),
            parameter("q", ParameterKind::String, false),
        ];
        let mut violations = Vec::new();
        query(&declared, "pgae=1&since=2026-02-30&q=%ff&page=01", &mut violations);
        let said: Vec<_> = violations
            .iter()
            .map(|violation| (violation.pointer.as_str(), violation.keyword.as_str()))
            .collect();
        let expected = [
            ("query:q", "encoding"),
            ("query:pgae", "unknown"),
            ("query:page", "type"),
            ("query:q", "required"),
            ("query:since", "type"),
        ];
        assert!(expected.iter().all(|one| said.contains(one)), "{said:?}");
        assert!(violations.iter().any(|violation| violation.message.contains("did you mean `page`")));
    }

    #[test]
    fn good_queries_become_values() {
        let declared = [
            parameter("from", ParameterKind::DateTime, false),
            parameter("max", ParameterKind::Decimal, false),
            parameter("name", ParameterKind::String, false),
            parameter("open", ParameterKind::Boolean, true),
        ];
        let mut violations = Vec::new();
        let values = query(
            &declared,
            "name=M%C3%BCller+AG&from=2026-03-01T08:00:00%2B01:00&max=12.50",
            &mut violations,
        );
        assert_eq!(violations, []);
        assert_eq!(values[2], Some(Value::from("Müller AG")));
        assert_eq!(values[0], Some(Value::from("2026-03-01T08:00:00+01:00")));
        assert_eq!(values[1], Some(Value::Number(Number::parse("12.50").unwrap())));
        assert_eq!(values[3], None);
    }

    #[test]
    fn kinds_take_only_what_they_say() {
        let bad = [
            (ParameterKind::Integer, vec!["", "1.0", "01", "+1", "1e3", " 1", "--1"]),
            (ParameterKind::Decimal, vec!["1.", ".5", "1e3", "NaN"]),
            (ParameterKind::Boolean, vec!["TRUE", "1", ""]),
            (ParameterKind::Date, vec!["2026-2-3", "20260203", "2026-13-01"]),
            (
                ParameterKind::DateTime,
                vec!["2026-03-01", "2026-03-01T08:00:00", "2026-03-01 08:00:00Z", "2026-03-01T25:00:00Z"],
            ),
            (ParameterKind::String, vec!["a\u{0}b"]),
        ];
        for (kind, texts) in bad {
            for text in texts {
                assert_eq!(value_of(kind, text), None, "{kind:?} took {text:?}");
            }
        }
    }
}
