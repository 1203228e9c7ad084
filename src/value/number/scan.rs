//! Reading a number from the front of a text.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::Number;

/// Reads the longest JSON number (RFC 8259 §6) at the front of `bytes`, with its length in bytes.
/// `None` when none stands there; what follows is the caller's to judge.
pub(crate) fn scan(bytes: &[u8]) -> Option<(Number, usize)> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let negative = at == 1;
    let mut mantissa: u64 = 0;
    let whole_start = at;
    // 18 digits always fit; longer numbers take the other way.
    while let Some(digit @ b'0'..=b'9') = bytes.get(at).copied() {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    let whole = at - whole_start;
    if whole == 0 || (whole > 1 && bytes[whole_start] == b'0') {
        return None;
    }
    match bytes.get(at).copied() {
        Some(b'.' | b'e' | b'E') => scan_fraction(bytes, at, whole_start),
        _ if whole <= 18 && !(negative && mantissa == 0) => {
            let integer = mantissa as i64;
            Some((Number::Integer(if negative { -integer } else { integer }), at))
        }
        _ => Some((long(bytes.get(..at)?, whole_start, None), at)),
    }
}

fn scan_fraction(bytes: &[u8], mut at: usize, whole_start: usize) -> Option<(Number, usize)> {
    let mut point = None;
    if bytes.get(at) == Some(&b'.') {
        point = Some(at);
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(bytes, at + 1 + sign)?;
        return Some((text(bytes.get(..at)?), at));
    }
    Some((long(bytes.get(..at)?, whole_start, point), at))
}

/// The end of one or more digits from `start`.
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let count = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(start + count)
}

/// A number without exponent: an integer or decimal when one holds it exactly and prints the same
/// text, else the text.
fn long(token: &[u8], whole_start: usize, point: Option<usize>) -> Number {
    // 29 characters: 28 digits and a point, which 96 bits always hold.
    if token.len() - whole_start > 29 {
        return text(token);
    }
    let mut mantissa: i128 = 0;
    for byte in token[whole_start..].iter().filter(|byte| **byte != b'.') {
        mantissa = mantissa * 10 + i128::from(byte - b'0');
    }
    let negative = whole_start == 1;
    if mantissa == 0 && negative {
        return text(token);
    }
    let mantissa = if negative { -mantissa } else { mantissa };
    match (point, i64::try_from(mantissa)) {
        (None, Ok(integer)) => Number::Integer(integer),
        _ => {
            let scale = point.map_or(0, |point| token.len() - point - 1) as u32;
            Decimal::try_from_i128_with_scale(mantissa, scale).map_or_else(|_| text(token), Number::Decimal)
        }
    }
}

/// The token as it is; it is ASCII.
fn text(token: &[u8]) -> Number {
    let text: Arc<str> = String::from_utf8_lossy(token).into();
    Number::Text(text)
}
