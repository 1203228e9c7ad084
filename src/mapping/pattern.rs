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
        match value {
            Value::Number(number) => self.holds_number(number),
            Value::String(text) => self.holds_text(text),
            _ => false,
        }
    }

    /// Whether a number lies in it.
    pub fn holds_number(&self, number: &Number) -> bool {
        matches!(self, Range::Numbers(ends) if ends.hold(number))
    }

    /// Whether a date or time lies in it.
    pub fn holds_text(&self, text: &str) -> bool {
        match self {
            Range::Numbers(_) => false,
            Range::Dates(ends) => ends.hold_text(text),
            Range::Times(ends) => ends.hold_text(text),
            Range::Locals(ends) => ends.hold_text(text),
            Range::Moments(ends) => ends.hold_text(text),
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
