//! Strings as JSON text writes them (RFC 8259 §7): shared by everything that reads or writes JSON.

use std::borrow::Cow;

/// What is wrong, and at which byte.
pub(crate) type TextError = (usize, &'static str);

/// Reads the string whose opening quote stands just before `start`. Gives its text and the byte after
/// its closing quote.
#[inline]
pub(crate) fn read_string(text: &str, start: usize) -> Result<(Cow<'_, str>, usize), TextError> {
    let bytes = text.as_bytes();
    let end = plain_end(bytes, start);
    match bytes.get(end) {
        Some(b'"') => Ok((Cow::Borrowed(&text[start..end]), end + 1)),
        Some(b'\\') => read_escaped(text, start, end),
        Some(_) => Err((end, CONTROL)),
        None => Err((bytes.len(), "the text ends inside a string")),
    }
}

const CONTROL: &str = "a control character stands unescaped in a string; write it as `\\u` and four digits";

/// The first byte from `at` that is a quote, a backslash or a control character, or the end.
#[inline]
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    // Eight bytes at a time: a byte that matches leaves a high bit; only the lowest one is exact.
    while let Some(eight) = bytes.get(at..at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()) {
        let word = u64::from_le_bytes(eight);
        let quote = zero_bytes(word ^ (ONES * u64::from(b'"')));
        let backslash = zero_bytes(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quote | backslash | control;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
        at += 1;
    }
    at.min(bytes.len())
}

/// A string with escapes: `start` is its first byte, `at` its first backslash.
#[inline(never)]
fn read_escaped(text: &str, start: usize, mut at: usize) -> Result<(Cow<'_, str>, usize), TextError> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity((at - start) + 16);
    out.push_str(&text[start..at]);
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok((Cow::Owned(out), at + 1)),
            Some(b'\\') => at = read_escape(bytes, at, &mut out)?,
            Some(0..0x20) => return Err((at, CONTROL)),
            Some(_) => {
                let end = plain_end(bytes, at);
                out.push_str(&text[at..end]);
                at = end;
            }
            None => return Err((bytes.len(), "the text ends inside a string")),
        }
    }
}

/// Reads the escape at `at` and gives the byte after it.
fn read_escape(bytes: &[u8], at: usize, out: &mut String) -> Result<usize, TextError> {
    let plain = match bytes.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return read_unicode(bytes, at, out),
        _ => return Err((at, "unknown escape in a string; a backslash itself is written `\\\\`")),
    };
    out.push(plain);
    Ok(at + 2)
}

const LONE: &str = "half of a surrogate pair stands alone in a string";

fn read_unicode(bytes: &[u8], at: usize, out: &mut String) -> Result<usize, TextError> {
    let unit = hex4(bytes, at + 2).ok_or((at, "`\\u` needs four hexadecimal digits"))?;
    if let Some(plain) = char::from_u32(unit) {
        out.push(plain);
        return Ok(at + 6);
    }
    let low = match (unit, bytes.get(at + 6..at + 8)) {
        (0xD800..0xDC00, Some(b"\\u")) => hex4(bytes, at + 8).filter(|low| (0xDC00..0xE000).contains(low)),
        _ => None,
    };
    let low = low.ok_or((at, LONE))?;
    let pair = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    out.push(char::from_u32(pair).ok_or((at, LONE))?);
    Ok(at + 12)
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

/// Appends a string with its quotes; escapes only what must be (RFC 8259 §7).
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let end = plain_end(bytes, at);
        out.extend_from_slice(&bytes[at..end]);
        let Some(byte) = bytes.get(end) else { break };
        write_escape(*byte, out);
        at = end + 1;
    }
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend([b'\\', short]);
}
