//! What arithmetic leaves of the facets of numbers: bounds, digits after the point, wholeness.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::mapping::program::Arithmetic;
use crate::mapping::stdlib::number_range;
use crate::schema::{NumberType, Type};

/// A number's facets, those of its values as bounds.
pub(super) fn range(ty: &Type) -> NumberType {
    ty.as_number().map_or_else(NumberType::default, |number| number_range(number))
}

/// The facets of the number with the other sign.
pub(super) fn negated(number: &NumberType) -> NumberType {
    NumberType {
        integer: number.integer,
        scale: number.scale,
        minimum: number.maximum.map(|most| -most),
        maximum: number.minimum.map(|least| -least),
        above_minimum: number.below_maximum,
        below_maximum: number.above_minimum,
        values: None,
    }
}

/// What is known of a result from what is known of both sides.
pub(super) fn arithmetic_type(arithmetic: Arithmetic, left: &Type, right: &Type) -> Type {
    if left.as_number().is_none() || right.as_number().is_none() {
        return Type::number();
    }
    let (left, right) = (range(left), range(right));
    match arithmetic {
        Arithmetic::Subtract => sum_type(&left, &negated(&right)),
        Arithmetic::Add => sum_type(&left, &right),
        _ => product_type(arithmetic, &left, &right),
    }
}

fn sum_type(left: &NumberType, right: &NumberType) -> Type {
    let both = |left: Option<Decimal>, right: Option<Decimal>| exact_sum(left?, right?);
    Type::Number(Arc::new(NumberType {
        integer: left.integer && right.integer,
        scale: places(left).zip(places(right)).map(|(left, right)| left.max(right)),
        minimum: both(left.minimum, right.minimum),
        maximum: both(left.maximum, right.maximum),
        ..NumberType::default()
    }))
}

/// The sum, where 28 digits hold it: a bound is never rounded.
fn exact_sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    let sum = left.checked_add(right)?;
    (sum.checked_sub(right) == Some(left) && sum.checked_sub(left) == Some(right)).then_some(sum)
}

/// The product, likewise.
fn exact_product(left: Decimal, right: Decimal) -> Option<Decimal> {
    if left.is_zero() || right.is_zero() {
        return Some(Decimal::ZERO);
    }
    let product = left.checked_mul(right)?;
    (product.scale() == left.scale() + right.scale()).then_some(product)
}

/// Digits after the point, as far as they are known.
fn places(number: &NumberType) -> Option<u32> {
    if number.integer { Some(0) } else { number.scale }
}

fn product_type(arithmetic: Arithmetic, left: &NumberType, right: &NumberType) -> Type {
    let integer = left.integer && right.integer;
    let scale = places(left).zip(places(right)).map(|(left, right)| match arithmetic {
        Arithmetic::Multiply => left + right,
        _ => left.max(right),
    });
    let bound = |left: Option<Decimal>, right: Option<Decimal>| {
        let (left, right) = (left?, right?);
        match arithmetic {
            // Only for what is not negative are the bounds of a product the products of bounds.
            Arithmetic::Multiply if !left.is_sign_negative() && !right.is_sign_negative() => {
                exact_product(left, right)
            }
            _ => None,
        }
    };
    let not_negative = |number: &NumberType| number.minimum.is_some_and(|least| !least.is_sign_negative());
    // A rest has the sign of what is divided, and is smaller than the divisor.
    let rest = arithmetic == Arithmetic::Remainder && not_negative(left);
    let minimum = if rest { Some(Decimal::ZERO) } else { bound(left.minimum, right.minimum) };
    let maximum = match arithmetic {
        Arithmetic::Remainder if rest && not_negative(right) => right.maximum,
        Arithmetic::Multiply if not_negative(left) && not_negative(right) => {
            bound(left.maximum, right.maximum)
        }
        _ => None,
    };
    let scale = scale.filter(|scale| *scale <= 28);
    Type::Number(Arc::new(NumberType { integer, scale, minimum, maximum, ..NumberType::default() }))
}
