//! Whether known values have the facets of a type, and the two sides of a range.

use rust_decimal::Decimal;

use super::{NumberType, TextType, Type, formats};
use crate::schema::facets::{text_has_format, text_has_pattern};

impl Type {
    /// The least and greatest length in characters of every value, which is text; what is not known of
    /// the greatest is `None`.
    pub fn lengths(&self) -> (usize, Option<usize>) {
        let known =
            self.members().iter().map(|member| member.as_text().map_or((0, None), |text| text.lengths()));
        let both = known.reduce(|left, right| {
            (left.0.min(right.0), left.1.zip(right.1).map(|(left, right)| left.max(right)))
        });
        both.unwrap_or((0, None))
    }

    /// The texts that it is one of, where they are known.
    pub fn texts(&self) -> Option<Vec<std::sync::Arc<str>>> {
        let texts: Option<Vec<_>> =
            self.members().iter().map(|member| member.as_text()?.values.clone()).collect();
        texts.map(|texts| texts.concat())
    }

    /// One of these texts.
    pub fn one_of(texts: Vec<std::sync::Arc<str>>) -> Type {
        Type::Text(std::sync::Arc::new(TextType { values: Some(texts), ..TextType::default() }))
    }

    /// Text of so many characters.
    pub fn sized(least: usize, most: Option<usize>) -> Type {
        let min_length = Some(least).filter(|least| *least > 0);
        Type::Text(std::sync::Arc::new(TextType { min_length, max_length: most, ..TextType::default() }))
    }
}

impl TextType {
    /// The least and greatest length in characters.
    pub(super) fn lengths(&self) -> (usize, Option<usize>) {
        if let Some(values) = &self.values {
            let lengths = values.iter().map(|value| value.chars().count());
            return (lengths.clone().min().unwrap_or(0), Some(lengths.max().unwrap_or(0)));
        }
        let (shortest, longest) = self.format.as_deref().map_or((None, None), formats::lengths);
        let most = match (self.max_length, longest) {
            (Some(own), Some(of_format)) => Some(own.min(of_format)),
            (one, other) => one.or(other),
        };
        (self.min_length.max(shortest).unwrap_or(0), most)
    }
}

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
