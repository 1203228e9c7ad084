//! Exact numbers: an integer or decimal of any precision goes in and out unchanged.

mod arithmetic;
mod compare;
mod scan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

pub use arithmetic::Rounding;
pub(crate) use scan::scan;

/// A number. Comparison is by value (`12.5 == 12.50`, `1e2 == 100`); the text is kept as it came.
#[derive(Debug, Clone)]
pub enum Number {
    /// Most integers.
    Integer(i64),
    /// Up to 28 significant digits; keeps its scale, so `12.50` prints as `12.50`.
    Decimal(Decimal),
    /// Anything longer, with an exponent, or `-0`, as its JSON text: passes through and compares;
    /// takes part in arithmetic when its value fits 28 digits. Always text that [`Number::parse`]
    /// accepts.
    Text(Arc<str>),
}

/// Why an arithmetic result does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// The exact result has more than 28 digits.
    Overflow,
    DivisionByZero,
    /// Arithmetic on a number of more than 28 digits.
    TooPrecise,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumberError::Overflow => "the result has more than 28 digits",
            NumberError::DivisionByZero => "division by zero",
            NumberError::TooPrecise => "the number has more than 28 digits",
        })
    }
}

impl std::error::Error for NumberError {}

impl Number {
    /// Reads a number by the grammar of JSON (RFC 8259 §6), strictly: no `+`, no leading zeros, no
    /// spaces. `None` for anything else. Any length and any exponent are accepted.
    pub fn parse(text: &str) -> Option<Number> {
        let (number, length) = scan(text.as_bytes())?;
        (length == text.len()).then_some(number)
    }

    /// Reads plain decimal text, as a `format: decimal` string holds it: digits with at most one
    /// point, a sign `-`, no exponent. `None` for anything else.
    pub fn parse_decimal(text: &str) -> Option<Number> {
        if text.contains(['e', 'E']) { None } else { Number::parse(text) }
    }

    /// Appends the text that it came with, which is valid JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        // Writing to a `Vec` cannot fail.
        let _ = match self {
            Number::Integer(number) => write_integer(*number, out),
            Number::Decimal(number) => match plain_decimal(number, &mut [0; 24]) {
                Some(text) => out.write_all(text.as_bytes()),
                None => write!(out, "{number}"),
            },
            Number::Text(text) => out.write_all(text.as_bytes()),
        };
    }

    /// The exact value as a decimal; `None` when it needs more than 28 digits.
    pub fn to_decimal(&self) -> Option<Decimal> {
        match self {
            Number::Integer(number) => Some(Decimal::from(*number)),
            Number::Decimal(number) => Some(*number),
            Number::Text(text) => compare::Canonical::of(text).to_decimal(),
        }
    }

    /// One text for all numbers of the same value: `12.5` for 12.50; beyond 28 digits, `0.` and the digits
    /// with a power of ten.
    pub fn canonical_text(&self) -> String {
        match self.to_decimal() {
            Some(decimal) => decimal.normalize().to_string(),
            None => compare::Canonical::of(&self.to_string()).text(),
        }
    }

    /// The exact value as an integer; `None` with a fraction, or beyond 64 bits. `3.0` is 3.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Number::Integer(number) => Some(*number),
            _ => {
                let decimal = self.to_decimal()?;
                if decimal.is_integer() { i64::try_from(decimal).ok() } else { None }
            }
        }
    }

    /// The nearest binary floating-point number; infinite when out of range. For measures and
    /// foreign interfaces only: it is not exact.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Integer(number) => *number as f64,
            other => other.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether the value has no fraction: `3`, `3.00` and `1e2` have none.
    pub fn is_integer(&self) -> bool {
        match self {
            Number::Integer(_) => true,
            Number::Decimal(number) => number.is_integer(),
            Number::Text(text) => compare::Canonical::of(text).is_integer(),
        }
    }

    /// Whether the value is zero, however it is written.
    pub fn is_zero(&self) -> bool {
        match self {
            Number::Integer(number) => *number == 0,
            Number::Decimal(number) => number.is_zero(),
            Number::Text(text) => compare::Canonical::of(text).is_zero(),
        }
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Number::Integer(number) => *number < 0,
            Number::Decimal(number) => number.is_sign_negative() && !number.is_zero(),
            Number::Text(text) => compare::Canonical::of(text).is_negative(),
        }
    }

    /// Whether the value is a whole number of times `unit`, exactly. `None` when `unit` is zero or has
    /// more than 29 digits.
    pub fn is_multiple_of(&self, unit: &Number) -> Option<bool> {
        if let (Number::Integer(value), Number::Integer(unit)) = (self, unit) {
            return value.checked_rem(*unit).map(|rest| rest == 0);
        }
        if let Some(answer) = compare::is_multiple_of(self, unit) {
            return Some(answer);
        }
        let (value, unit) = (self.to_string(), unit.to_string());
        let unit = compare::Canonical::of(&unit);
        if unit.is_zero() { None } else { compare::Canonical::of(&value).is_multiple_of(&unit) }
    }

    /// Digits after the point that the value needs: `12.50` needs 1, `100` none.
    pub fn scale(&self) -> i64 {
        match self {
            Number::Integer(_) => 0,
            Number::Decimal(number) => i64::from(number.normalize().scale()),
            Number::Text(text) => compare::Canonical::of(text).scale(),
        }
    }
}

/// A decimal as its `Display` writes it, without the detour; `None` where it is long.
pub(crate) fn plain_decimal<'b>(number: &Decimal, buffer: &'b mut [u8; 24]) -> Option<&'b str> {
    let mut rest = u64::try_from(number.mantissa().unsigned_abs()).ok()?;
    let scale = usize::try_from(number.scale()).ok().filter(|scale| *scale <= 18)?;
    // Digits from the right: those behind the point, the point, at least one before it.
    let (mut at, mut written) = (buffer.len(), 0);
    while rest > 0 || written <= scale {
        if written == scale && scale > 0 {
            at -= 1;
            buffer[at] = b'.';
        }
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if number.is_sign_negative() {
        at -= 1;
        buffer[at] = b'-';
    }
    std::str::from_utf8(&buffer[at..]).ok()
}

fn write_integer(number: i64, out: &mut Vec<u8>) -> std::io::Result<()> {
    // Digits from the right into a buffer that holds i64::MIN with its sign.
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    out.extend_from_slice(&buffer[at..]);
    Ok(())
}

/// The text that it came with.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(number) => number.fmt(f),
            Number::Decimal(number) => number.fmt(f),
            Number::Text(text) => f.write_str(text),
        }
    }
}

impl std::str::FromStr for Number {
    type Err = ();

    fn from_str(text: &str) -> Result<Number, ()> {
        Number::parse(text).ok_or(())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number::Integer(number)
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Number::Decimal(number.into()), Number::Integer)
    }
}

impl From<Decimal> for Number {
    fn from(number: Decimal) -> Self {
        // `-0` is kept as text so that every decimal prints what JSON readers agree on.
        if number.is_zero() && number.is_sign_negative() {
            return Number::Decimal(-number);
        }
        match (number.scale(), i64::try_from(number)) {
            (0, Ok(integer)) => Number::Integer(integer),
            _ => Number::Decimal(number),
        }
    }
}
