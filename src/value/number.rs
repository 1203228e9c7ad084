//! Exact numbers: an integer or decimal of any precision goes in and out unchanged.

use std::sync::Arc;

use rust_decimal::Decimal;

/// A number. Comparison is by value (`12.5 == 12.50`); the text is kept as it came.
#[derive(Debug, Clone)]
pub enum Number {
    /// Most integers.
    Integer(i64),
    /// Up to 28 significant digits; keeps its scale, so `12.50` prints as `12.50`.
    Decimal(Decimal),
    /// Anything longer, or with an exponent, as its JSON text: passes through, compares, but takes
    /// no part in arithmetic.
    Text(Arc<str>),
}

/// Why an arithmetic result does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// More than 28 digits.
    Overflow,
    DivisionByZero,
    /// Arithmetic on a number kept as text.
    TooPrecise,
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number::Integer(number)
    }
}

impl From<Decimal> for Number {
    fn from(number: Decimal) -> Self {
        Number::Decimal(number)
    }
}
impl PartialEq for Number {
    fn eq(&self, _other: &Number) -> bool {
        todo!("value/number: helper")
    }
}
