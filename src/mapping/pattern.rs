//! What a case of `match` takes, when it runs.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::value::{Kind, Number, Value};

/// What a case takes.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// Exactly this value.
    Value(Value),
    /// Whatever lies in it.
    Range(Range),
    /// Every value of a kind.
    Kind(Kind),
}

/// A range by what it is a range of.
#[derive(Debug, Clone)]
pub(super) enum Range {
    Numbers(Ends<Number>),
    Dates(Ends<Date>),
    Times(Ends<Time>),
    /// Dates and times without an offset.
    Locals(Ends<DateTime>),
    Moments(Ends<Timestamp>),
}

/// Two ends, both included; `None` where there is no end.
#[derive(Debug, Clone)]
pub(super) struct Ends<T> {
    pub low: Option<T>,
    pub high: Option<T>,
}

impl Pattern {
    /// Whether the case takes a value.
    pub fn takes(&self, value: &Value) -> bool {
        match self {
            Pattern::Value(known) => known == value,
            Pattern::Kind(kind) => value.kind() == *kind,
            Pattern::Range(range) => range.holds(value),
        }
    }
}

impl Range {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Range::Numbers(ends), Value::Number(number)) => ends.hold(number),
            (Range::Dates(ends), Value::String(text)) => ends.hold_text(text),
            (Range::Times(ends), Value::String(text)) => ends.hold_text(text),
            (Range::Locals(ends), Value::String(text)) => ends.hold_text(text),
            (Range::Moments(ends), Value::String(text)) => ends.hold_text(text),
            _ => false,
        }
    }
}

impl<T: Ord> Ends<T> {
    fn hold(&self, value: &T) -> bool {
        self.low.as_ref().is_none_or(|low| low <= value)
            && self.high.as_ref().is_none_or(|high| value <= high)
    }
}

impl<T: Ord + FromStr> Ends<T> {
    fn hold_text(&self, text: &str) -> bool {
        text.parse().is_ok_and(|value| self.hold(&value))
    }
}
