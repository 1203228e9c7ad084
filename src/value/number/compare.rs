//! Comparison by value, whatever the notation: cheap also for hostile exponents, because nothing
//! is ever expanded.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use rust_decimal::Decimal;

use super::Number;

/// Exponents beyond this count as this: two numbers so far out compare by their digits alone.
const FAR: i128 = 10i128.pow(36);

/// A number as sign, digits and exponent: `0.<digits> × 10^magnitude`, with no zero at either end of
/// the digits; zero has no digits.
pub(super) struct Canonical<'a> {
    negative: bool,
    digits: Cow<'a, str>,
    magnitude: i128,
}

impl<'a> Canonical<'a> {
    /// Of a text that the grammar accepts.
    pub(super) fn of(text: &'a str) -> Canonical<'a> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Cow<'a, str> =
            if fraction.is_empty() { whole.into() } else { format!("{whole}{fraction}").into() };
        let leading = all.len() - all.trim_start_matches('0').len();
        let digits: Cow<'a, str> = match all {
            Cow::Borrowed(all) => all.trim_matches('0').into(),
            Cow::Owned(all) => all.trim_matches('0').to_owned().into(),
        };
        if digits.is_empty() {
            return Canonical { negative: false, digits, magnitude: 0 };
        }
        let magnitude = read_exponent(exponent) + whole.len() as i128 - leading as i128;
        Canonical { negative, digits, magnitude }
    }

    /// The same text for every number of this value.
    pub(super) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}0.{}e{}", self.digits, self.magnitude)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(super) fn is_integer(&self) -> bool {
        self.is_zero() || self.magnitude >= self.digits.len() as i128
    }

    /// Digits after the point, bounded to the range of the result.
    pub(super) fn scale(&self) -> i64 {
        (self.digits.len() as i128 - self.magnitude).clamp(0, i128::from(i64::MAX)) as i64
    }

    /// Whether this is a whole number of times `unit`, which is not zero and has at most 29 digits.
    /// Both are digits without a zero at the end times a power of ten: with the smaller power on this
    /// side there is a zero too few, else the power is taken modulo the digits of the unit.
    pub(super) fn is_multiple_of(&self, unit: &Canonical<'_>) -> Option<bool> {
        if self.is_zero() {
            return Some(true);
        }
        let modulus: u128 = if unit.digits.len() <= 29 { unit.digits.parse().ok()? } else { return None };
        let power = |of: &Canonical<'_>| of.magnitude - of.digits.len() as i128;
        let Ok(zeros) = u128::try_from(power(self) - power(unit)) else { return Some(false) };
        let digits =
            self.digits.bytes().fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % modulus);
        Some(multiply_modulo(digits, power_of_ten_modulo(zeros, modulus), modulus) == 0)
    }

    /// The exact decimal, when 28 digits hold it.
    pub(super) fn to_decimal(&self) -> Option<Decimal> {
        if self.is_zero() {
            return Some(Decimal::ZERO);
        }
        let shift = self.magnitude - self.digits.len() as i128;
        if self.digits.len() > 29 || !(-28..=28).contains(&shift) {
            return None;
        }
        let digits: i128 = self.digits.parse().ok()?;
        let (mantissa, scale) = match u32::try_from(shift) {
            Ok(zeros) => (digits.checked_mul(10i128.pow(zeros))?, 0),
            Err(_) => (digits, shift.unsigned_abs() as u32),
        };
        Decimal::try_from_i128_with_scale(if self.negative { -mantissa } else { mantissa }, scale).ok()
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

/// Whether one is a whole number of times the other, by their mantissas at one scale; `None` when that
/// has too many digits, or the unit is zero.
pub(super) fn is_multiple_of(value: &Number, unit: &Number) -> Option<bool> {
    let parts = |number: &Number| match number {
        Number::Integer(number) => Some((i128::from(*number), 0)),
        Number::Decimal(number) => Some((number.mantissa(), number.scale())),
        Number::Text(_) => None,
    };
    let ((value, value_scale), (unit, unit_scale)) = (parts(value)?, parts(unit)?);
    let scale = value_scale.max(unit_scale);
    let at_scale = |mantissa: i128, own: u32| mantissa.checked_mul(10i128.checked_pow(scale - own)?);
    at_scale(value, value_scale)?.checked_rem(at_scale(unit, unit_scale)?).map(|rest| rest == 0)
}

/// `10^exponent`, modulo a number below 10^29.
fn power_of_ten_modulo(mut exponent: u128, modulus: u128) -> u128 {
    let (mut base, mut power) = (10 % modulus, 1 % modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply_modulo(power, base, modulus);
        }
        base = multiply_modulo(base, base, modulus);
        exponent >>= 1;
    }
    power
}

/// `a × b`, modulo a number below 10^29, by doubling: the product itself would not fit.
fn multiply_modulo(mut a: u128, mut b: u128, modulus: u128) -> u128 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product = (product + a) % modulus;
        }
        a = (a + a) % modulus;
        b >>= 1;
    }
    product
}

fn read_exponent(text: &str) -> i128 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // More digits than an i128 reads are far out too.
    let exponent = digits.trim_start_matches('0');
    let exponent = if exponent.is_empty() { 0 } else { exponent.parse::<i128>().unwrap_or(FAR).min(FAR) };
    if negative { -exponent } else { exponent }
}

fn compare_texts(left: &str, right: &str) -> Ordering {
    let (left, right) = (Canonical::of(left), Canonical::of(right));
    let sign = left.sign();
    if sign != right.sign() || sign == 0 {
        return sign.cmp(&right.sign());
    }
    let by_size = left.magnitude.cmp(&right.magnitude).then_with(|| left.digits.cmp(&right.digits));
    if sign < 0 { by_size.reverse() } else { by_size }
}

/// By value.
impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        if let (Number::Integer(left), Number::Integer(right)) = (self, other) {
            return left.cmp(right);
        }
        match (self.to_decimal(), other.to_decimal()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => compare_texts(&self.to_string(), &other.to_string()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By value: `12.5 == 12.50`.
impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// Equal values hash alike.
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Number::Integer(number) => hash_canonical(&Canonical::of(&number.to_string()), state),
            other => hash_canonical(&Canonical::of(&other.to_string()), state),
        }
    }
}

fn hash_canonical<H: Hasher>(canonical: &Canonical<'_>, state: &mut H) {
    canonical.sign().hash(state);
    canonical.magnitude.hash(state);
    canonical.digits.hash(state);
}
