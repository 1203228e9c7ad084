//! Arithmetic that is exact or refused.

use rust_decimal::Decimal;

use super::{Number, NumberError};

/// What to do with digits that are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest; a tie to the even digit (banker's rounding).
    HalfEven,
    /// To the nearest; a tie away from zero (commercial rounding).
    HalfUp,
    /// To the nearest; a tie towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero: truncation.
    Down,
    /// Towards negative infinity.
    Floor,
    /// Towards positive infinity.
    Ceiling,
}

impl Rounding {
    /// Every mode with the symbol that mappings write, sorted by symbol.
    pub const ALL: &'static [(&'static str, Rounding)] = &[
        ("ceiling", Rounding::Ceiling),
        ("down", Rounding::Down),
        ("floor", Rounding::Floor),
        ("half_down", Rounding::HalfDown),
        ("half_even", Rounding::HalfEven),
        ("half_up", Rounding::HalfUp),
        ("up", Rounding::Up),
    ];

    /// The mode of a symbol.
    pub fn from_symbol(symbol: &str) -> Option<Rounding> {
        Rounding::ALL.iter().find(|(name, _)| *name == symbol).map(|(_, mode)| *mode)
    }
}

impl Number {
    fn operand(&self) -> Result<Decimal, NumberError> {
        self.to_decimal().ok_or(NumberError::TooPrecise)
    }

    /// The exact sum.
    pub fn checked_add(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Number::Integer(left), Number::Integer(right)) = (self, other)
            && let Some(sum) = left.checked_add(*right)
        {
            return Ok(Number::Integer(sum));
        }
        add(self.operand()?, other.operand()?)
    }

    /// The exact difference.
    pub fn checked_sub(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Number::Integer(left), Number::Integer(right)) = (self, other)
            && let Some(difference) = left.checked_sub(*right)
        {
            return Ok(Number::Integer(difference));
        }
        add(self.operand()?, -other.operand()?)
    }

    /// The exact product.
    pub fn checked_mul(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Number::Integer(left), Number::Integer(right)) = (self, other)
            && let Some(product) = left.checked_mul(*right)
        {
            return Ok(Number::Integer(product));
        }
        multiply(self.operand()?, other.operand()?)
    }

    /// The quotient: exact when 28 digits hold it, else its first 28 digits, the last rounded to the
    /// nearest. Where a fixed number of places is wanted, [`Number::div_rounded`] rounds once.
    pub fn checked_div(&self, other: &Number) -> Result<Number, NumberError> {
        let (left, right) = (self.operand()?, other.operand()?);
        if right.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        left.checked_div(right).map(|quotient| quotient.normalize().into()).ok_or(NumberError::Overflow)
    }

    /// The remainder of a division towards zero; it has the sign of the dividend.
    pub fn checked_rem(&self, other: &Number) -> Result<Number, NumberError> {
        let (left, right) = (self.operand()?, other.operand()?);
        if right.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        left.checked_rem(right).map(Number::from).ok_or(NumberError::Overflow)
    }

    /// The quotient rounded once to `places` digits after the point (0 to 28), printed with at most
    /// that many.
    pub fn div_rounded(&self, other: &Number, places: u32, mode: Rounding) -> Result<Number, NumberError> {
        let (left, right) = (self.operand()?.normalize(), other.operand()?.normalize());
        if right.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        let negative = left.is_sign_negative() != right.is_sign_negative();
        let divisor = right.mantissa().unsigned_abs();
        let dividend = left.mantissa().unsigned_abs();
        let (mut quotient, mut rest) = (dividend / divisor, dividend % divisor);
        let mut scale = i64::from(left.scale()) - i64::from(right.scale());
        // Long division to one digit beyond what is kept; the rest only breaks ties.
        while scale <= i64::from(places) && (rest != 0 || scale < 0) {
            quotient = quotient
                .checked_mul(10)
                .and_then(|ten| ten.checked_add(rest * 10 / divisor))
                .ok_or(NumberError::Overflow)?;
            rest = rest * 10 % divisor;
            scale += 1;
        }
        let drop = (scale - i64::from(places)).max(0) as u32;
        let kept = drop_digits(quotient, drop, rest != 0, negative, mode)?;
        from_parts(kept, (scale - i64::from(drop)) as u32, negative).map(Number::normalized)
    }

    /// Rounded to at most `places` digits after the point (0 to 28); never adds digits: 12.5 to 2
    /// places is 12.5.
    pub fn round(&self, places: u32, mode: Rounding) -> Result<Number, NumberError> {
        let decimal = match self {
            Number::Integer(_) => return Ok(self.clone()),
            other => other.operand()?,
        };
        if decimal.scale() <= places {
            return Ok(decimal.into());
        }
        let negative = decimal.is_sign_negative();
        let drop = decimal.scale() - places;
        let kept = drop_digits(decimal.mantissa().unsigned_abs(), drop, false, negative, mode)?;
        from_parts(kept, places, negative)
    }

    /// Rounded to `places` and printed with exactly that many digits after the point: 12.5 at 2 is
    /// 12.50.
    pub fn with_scale(&self, places: u32, mode: Rounding) -> Result<Number, NumberError> {
        let decimal = self.round(places, mode)?.operand()?;
        let zeros = places.saturating_sub(decimal.scale());
        let factor = 10u128.checked_pow(zeros).ok_or(NumberError::Overflow)?;
        let mantissa = decimal.mantissa().unsigned_abs().checked_mul(factor).ok_or(NumberError::Overflow)?;
        from_parts(mantissa, places, decimal.is_sign_negative())
    }

    /// With the other sign.
    pub fn checked_neg(&self) -> Result<Number, NumberError> {
        Number::Integer(0).checked_sub(self)
    }

    /// Without its sign.
    pub fn checked_abs(&self) -> Result<Number, NumberError> {
        if self.is_negative() { self.checked_neg() } else { Ok(self.clone()) }
    }

    /// Without zeros at the end of the fraction: 12.50 is 12.5.
    #[must_use]
    pub fn normalized(self) -> Number {
        match self {
            Number::Decimal(number) => number.normalize().into(),
            other => other,
        }
    }
}

/// `rust_decimal` rounds a sum or product that does not fit and then gives it a smaller scale than
/// the operands call for: that is how a loss shows.
fn add(left: Decimal, right: Decimal) -> Result<Number, NumberError> {
    let exact = |left: Decimal, right: Decimal| {
        left.checked_add(right).filter(|sum| sum.scale() == left.scale().max(right.scale()))
    };
    exact(left, right)
        .or_else(|| exact(left.normalize(), right.normalize()))
        .map(Number::from)
        .ok_or(NumberError::Overflow)
}

fn multiply(left: Decimal, right: Decimal) -> Result<Number, NumberError> {
    let exact = |left: Decimal, right: Decimal| {
        let (left_digits, right_digits) = (left.mantissa(), right.mantissa());
        let scale = left.scale() + right.scale();
        let product = left_digits.checked_mul(right_digits)?;
        Decimal::try_from_i128_with_scale(product, scale).ok()
    };
    exact(left, right)
        .or_else(|| exact(left.normalize(), right.normalize()))
        .or_else(|| trimmed_product(left.normalize(), right.normalize()))
        .map(Number::from)
        .ok_or(NumberError::Overflow)
}

/// A product that fits once zeros at the end are taken out of the way: 0.5 × 0.2 at the edge of the
/// scale, or a long number times a power of ten.
fn trimmed_product(left: Decimal, right: Decimal) -> Option<Decimal> {
    let ((left, left_power), (right, right_power)) = (trimmed(left), trimmed(right));
    let mut product = left.checked_mul(right)?;
    let mut power = left_power + right_power;
    while product != 0 && product % 10 == 0 {
        product /= 10;
        power += 1;
    }
    match u32::try_from(power) {
        Ok(zeros) => {
            Decimal::try_from_i128_with_scale(product.checked_mul(10i128.checked_pow(zeros)?)?, 0).ok()
        }
        Err(_) => Decimal::try_from_i128_with_scale(product, power.unsigned_abs()).ok(),
    }
}

/// Digits without a zero at the end, and the power of ten that they are multiplied with.
fn trimmed(number: Decimal) -> (i128, i32) {
    let (mut mantissa, mut power) = (number.mantissa(), -(number.scale() as i32));
    while mantissa != 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        power += 1;
    }
    (mantissa, power)
}

/// Drops `count` digits of `mantissa`; `beyond` says that something other than zero was dropped
/// before.
fn drop_digits(
    mantissa: u128,
    count: u32,
    beyond: bool,
    negative: bool,
    mode: Rounding,
) -> Result<u128, NumberError> {
    // Beyond 38 digits everything is dropped; 10^39 does not fit, and a smaller mantissa is below half.
    let unit = 10u128.checked_pow(count.min(38)).ok_or(NumberError::Overflow)?;
    let (kept, dropped) = (mantissa / unit, mantissa % unit);
    let half = if count == 0 {
        std::cmp::Ordering::Less
    } else {
        dropped.cmp(&(unit / 2)).then(0u8.cmp(&u8::from(beyond)).reverse())
    };
    let exact = dropped == 0 && !beyond;
    let away = !exact
        && match mode {
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && kept % 2 == 1),
            Rounding::HalfUp => half.is_ge(),
            Rounding::HalfDown => half.is_gt(),
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Floor => negative,
            Rounding::Ceiling => !negative,
        };
    kept.checked_add(u128::from(away)).ok_or(NumberError::Overflow)
}

fn from_parts(mantissa: u128, scale: u32, negative: bool) -> Result<Number, NumberError> {
    let mantissa = i128::try_from(mantissa).map_err(|_| NumberError::Overflow)?;
    Decimal::try_from_i128_with_scale(if negative { -mantissa } else { mantissa }, scale)
        .map(Number::from)
        .map_err(|_| NumberError::Overflow)
}
