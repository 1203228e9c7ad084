//! Words for logs and cases about what systems said: short, and on one line.

use crate::schema::Schema;
use crate::value::Value;

/// So many characters of a system's own text are kept: 32 KB of an error must not reach logs.
pub(super) const LONGEST: usize = 300;
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
        let short = bounded(&page);
        assert_eq!(short.chars().count(), LONGEST + 1);
        assert!(!short.contains(['\r', '\n']));
        assert_eq!(bounded(""), "");
    }
}
