//! What an unquoted scalar is: the YAML 1.2 core schema, less what two readers would read apart.

/// A plain scalar, resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Null,
    Bool(bool),
    /// An integer in JSON's form; its text is exact.
    Integer,
    /// A decimal in JSON's form, without exponent; its text is exact.
    Decimal,
    /// A number to some readers and text, or another number, to others: to be quoted.
    Ambiguous,
    Text,
}

/// Resolves a plain scalar. `NO`, `yes`, `on`, `12:30` and dates are text.
pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => number(text),
    }
}

fn number(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some(first) = unsigned.bytes().next() else { return Scalar::Text };
    if !(first.is_ascii_digit() || first == b'.') {
        return Scalar::Text;
    }
    if text.strip_prefix('-').unwrap_or(text) == unsigned && is_json(unsigned) {
        return if unsigned.contains('.') { Scalar::Decimal } else { Scalar::Integer };
    }
    if is_ambiguous(unsigned) { Scalar::Ambiguous } else { Scalar::Text }
}

/// `0`, `12`, `12.50`: digits without a leading zero, and digits after a point.
fn is_json(unsigned: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// Leading zeros or plus, `0x1F`, `0o17`, `1_000`, `.5`, `5.`, `1e3`, `.inf`, `.nan`.
fn is_ambiguous(unsigned: &str) -> bool {
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|digit| digit == '_' || digit.is_digit(radix));
        }
    }
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.trim_start_matches(['+', '-']))),
        None => (lower.as_str(), None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let plain = mantissa.split('.').count() <= 2 && mantissa.split('.').all(digits);
    plain
        && mantissa.bytes().any(|byte| byte.is_ascii_digit())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// A text as a YAML scalar that means just that text: in single quotes, or in double quotes when
/// it holds single ones.
pub fn quoted(text: &str) -> String {
    let plain = !text.chars().any(char::is_control);
    if plain && (!text.contains('\'') || text.contains(['"', '\\'])) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norway_is_text_and_twelve_is_a_number() {
        for text in ["NO", "yes", "on", "off", "12:30", "2026-01-31", "1.2.3", "5s", "20/s", "-", "+", "1 2"]
        {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
        for text in ["0", "-1", "12345678901234567890123"] {
            assert_eq!(resolve(text), Scalar::Integer, "{text}");
        }
        for text in ["0.5", "-12.50"] {
            assert_eq!(resolve(text), Scalar::Decimal, "{text}");
        }
        assert_eq!(resolve(""), Scalar::Null);
        assert_eq!(resolve("TRUE"), Scalar::Bool(true));
    }

    #[test]
    fn what_two_readers_read_apart_is_ambiguous() {
        for text in
            ["012", "+5", "0x1F", "0o17", "1_000", ".5", "5.", "1e3", "1E3", ".inf", "-.inf", ".NaN", "00"]
        {
            assert_eq!(resolve(text), Scalar::Ambiguous, "{text}");
        }
    }

    #[test]
    fn quoting_keeps_the_text() {
        assert_eq!(quoted(r#""a" == b"#), r#"'"a" == b'"#);
        assert_eq!(quoted("it's"), r#""it's""#);
        assert_eq!(quoted(r#"it's "x""#), r#"'it''s "x"'"#);
    }
}
