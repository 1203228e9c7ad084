//! What a case of `match` takes, when it runs.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::value::{Kind, Number, Value, View};

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
    /// The case as its author may have written it.
    pub fn shown(&self) -> String {
        match self {
            Pattern::Value(value) => super::lineage::in_json(value),
            Pattern::Kind(Kind::String) => "is text".to_owned(),
            Pattern::Kind(Kind::Array) => "is list".to_owned(),
            Pattern::Kind(kind) => format!("is {}", kind.name()),
            Pattern::Range(range) => range.shown(),
        }
    }

    /// Whether the case takes what is looked at.
    pub fn takes_view(&self, view: View<'_>) -> bool {
        match (self, view) {
            (Pattern::Kind(kind), _) => view.kind() == *kind,
            (Pattern::Value(known), _) => View::of(known) == view,
            (Pattern::Range(range), View::Text(text)) => range.holds_text(text),
            (Pattern::Range(range), _) => view.to_number().is_some_and(|number| range.holds_number(&number)),
        }
    }

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
    fn shown(&self) -> String {
        match self {
            Range::Numbers(ends) => ends.shown(|number| number.to_string()),
            Range::Dates(ends) => ends.shown(|date| format!("\"{date}\"")),
            Range::Times(ends) => ends.shown(|time| format!("\"{time}\"")),
            Range::Locals(ends) => ends.shown(|local| format!("\"{local}\"")),
            Range::Moments(ends) => ends.shown(|moment| format!("\"{moment}\"")),
        }
    }

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

impl<T> Ends<T> {
    fn shown(&self, text: impl Fn(&T) -> String) -> String {
        let end = |end: &Option<T>| end.as_ref().map(&text).unwrap_or_default();
        format!("{}..{}", end(&self.low), end(&self.high))
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
