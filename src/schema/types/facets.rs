//! Whether known values have the facets of a type, and the two sides of a range.

use rust_decimal::Decimal;

use super::{NumberType, TextType};
use crate::schema::facets::{text_has_format, text_has_pattern};

/// One side of a range.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Minimum,
    Maximum,
}

impl Bound {
    /// The limit on this side, and whether it is not allowed itself.
    pub(super) fn of(self, ty: &NumberType) -> (Option<Decimal>, bool) {
        match self {
            Bound::Minimum => (ty.minimum, ty.above_minimum),
            Bound::Maximum => (ty.maximum, ty.below_maximum),
        }
    }

    /// The other side.
    pub(super) fn other(self) -> Bound {
        match self {
            Bound::Minimum => Bound::Maximum,
            Bound::Maximum => Bound::Minimum,
        }
    }

    /// Whether a value is not beyond a limit.
    pub(super) fn inside(self, value: Decimal, limit: Decimal) -> bool {
        match self {
            Bound::Minimum => value >= limit,
            Bound::Maximum => value <= limit,
        }
    }

    /// What stands before the limit in a sentence.
    pub(super) fn word(self, open: bool) -> &'static str {
        match (self, open) {
            (Bound::Minimum, false) => "at least",
            (Bound::Minimum, true) => "more than",
            (Bound::Maximum, false) => "at most",
            (Bound::Maximum, true) => "less than",
        }
    }
}

/// Whether a number has every facet.
pub(super) fn number_fits(value: &Decimal, target: &NumberType) -> bool {
    let low = target.minimum.is_none_or(|low| *value > low || (*value == low && !target.above_minimum));
    let high = target.maximum.is_none_or(|high| *value < high || (*value == high && !target.below_maximum));
    low && high
        && (!target.integer || value.is_integer())
        && target.scale.is_none_or(|scale| value.normalize().scale() <= scale)
        && target.values.as_ref().is_none_or(|values| values.contains(value))
}

/// Whether a text has every facet.
pub(super) fn text_fits(value: &str, target: &TextType) -> bool {
    let length = value.chars().count();
    target.min_length.is_none_or(|least| length >= least)
        && target.max_length.is_none_or(|most| length <= most)
        && target.values.as_ref().is_none_or(|values| values.iter().any(|known| &**known == value))
        && target.pattern.as_ref().is_none_or(|pattern| text_has_pattern(value, pattern))
        && target.format.as_ref().is_none_or(|format| text_has_format(value, format))
}
