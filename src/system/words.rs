//! Words for logs and cases about what systems said: short, and on one line.

use crate::schema::Schema;
use crate::value::Value;

/// So many characters of a system's own text are kept: a 32 KB error page must not reach logs.
pub(super) const LONGEST: usize = 500;
/// So many violations are named.
const VIOLATIONS: usize = 5;

/// At most [`LONGEST`] characters, control characters as spaces.
pub(super) fn bounded(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(LONGEST)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// The same over bytes that may be no text at all.
pub(super) fn bounded_bytes(bytes: &[u8]) -> String {
    // A character is at most four bytes.
    let head = bytes.get(..LONGEST * 4 + 4).unwrap_or(bytes);
    bounded(String::from_utf8_lossy(head).trim())
}

/// The first few ways in which a value breaks a schema.
pub(super) fn violations(schema: &Schema, value: &Value) -> String {
    let all = schema.violations(value, VIOLATIONS);
    let words: Vec<String> = all
        .iter()
        .map(|violation| match violation.pointer.as_str() {
            "" => violation.message.clone(),
            pointer => format!("{pointer}: {}", violation.message),
        })
        .collect();
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_pages_become_short_lines() {
        let page = "<html>\r\n".to_owned() + &"ü".repeat(40_000);
        let short = bounded_bytes(page.as_bytes());
        assert_eq!(short.chars().count(), LONGEST + 1);
        assert!(!short.contains(['\r', '\n']));
        assert_eq!(bounded_bytes(b""), "");
        assert_eq!(bounded_bytes(&[0xff, 0xfe]), "\u{fffd}\u{fffd}");
    }
}
