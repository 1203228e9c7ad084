//! Stretches of numbers, dates and times: what ranges leave over of them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::mapping::pattern::{Ends, Range};
use crate::schema::{NumberType, TextType};
use crate::value::{Number, Value};

const DAY: i64 = 86_400;

/// What a line consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    Date,
    Time,
    /// A date and time without an offset.
    Local,
    Moment,
}

impl Form {
    /// The form of texts that have an order in time.
    pub fn of_text(text: &TextType) -> Option<Form> {
        match text.format.as_deref()? {
            "date" => Some(Form::Date),
            "time-local" => Some(Form::Time),
            "date-time-local" => Some(Form::Local),
            "date-time" => Some(Form::Moment),
            _ => None,
        }
    }

    /// In messages, and how one is written.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Form::Number => ("number", "1"),
            Form::Date => ("date", "\"2026-01-31\""),
            Form::Time => ("time", "\"08:30:00\""),
            Form::Local => ("date and time", "\"2026-01-31T08:30:00\""),
            Form::Moment => ("date and time with an offset", "\"2026-01-31T08:30:00Z\""),
        }
    }

    /// Where a value lies on the line.
    pub fn point(self, value: &Value) -> Option<Decimal> {
        if let (Form::Number, Value::Number(number)) = (self, value) {
            return number.to_decimal();
        }
        let text = value.as_str()?;
        match self {
            Form::Number => None,
            Form::Date if text.len() != 10 => None,
            Form::Date => {
                let date: Date = text.parse().ok()?;
                let seconds = utc(date.to_datetime(Time::midnight()))?.as_second();
                Some(Decimal::from(seconds.div_euclid(DAY)))
            }
            Form::Time => nanos(utc(Date::constant(1970, 1, 1).to_datetime(text.parse().ok()?))?),
            Form::Local => nanos(utc(text.parse().ok()?)?),
            Form::Moment => nanos(text.parse().ok()?),
        }
    }

    /// A point as it is written in a case.
    fn written(self, point: Decimal) -> String {
        let moment = || Timestamp::from_nanosecond(point.to_i128()?).ok();
        let local = || Some(TimeZone::UTC.to_datetime(moment()?));
        let text = match self {
            Form::Number => return point.normalize().to_string(),
            Form::Date => {
                let seconds = point.to_i64().and_then(|days| days.checked_mul(DAY));
                let day = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
                day.map(|day| TimeZone::UTC.to_datetime(day).date().to_string())
            }
            Form::Time => local().map(|local| local.time().to_string()),
            Form::Local => local().map(|local| local.to_string()),
            Form::Moment => moment().map(|moment| moment.to_string()),
        };
        text.map_or_else(|| "…".to_owned(), |text| format!("\"{text}\""))
    }

    /// The range that runs, for ends that lie on the line.
    pub fn range(self, low: Option<&Value>, high: Option<&Value>) -> Range {
        fn ends<T: std::str::FromStr>(low: Option<&Value>, high: Option<&Value>) -> Ends<T> {
            let read = |value: Option<&Value>| value.and_then(Value::as_str)?.parse().ok();
            Ends { low: read(low), high: read(high) }
        }
        let number = |value: Option<&Value>| -> Option<Number> { value?.as_number().cloned() };
        match self {
            Form::Number => Range::Numbers(Ends { low: number(low), high: number(high) }),
            Form::Date => Range::Dates(ends(low, high)),
            Form::Time => Range::Times(ends(low, high)),
            Form::Local => Range::Locals(ends(low, high)),
            Form::Moment => Range::Moments(ends(low, high)),
        }
    }
}

fn utc(local: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(local).ok()
}

fn nanos(moment: Timestamp) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(moment.as_nanosecond(), 0).ok()
}

/// From one point to another, both included; `None` where there is no end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub low: Option<Decimal>,
    pub high: Option<Decimal>,
}

impl Stretch {
    /// One point.
    pub fn only(point: Decimal) -> Stretch {
        Stretch { low: Some(point), high: Some(point) }
    }

    pub fn holds(&self, point: Decimal) -> bool {
        self.low.is_none_or(|low| low <= point) && self.high.is_none_or(|high| point <= high)
    }
}

/// An end of a piece, and whether it is left out itself.
type End = Option<(Decimal, bool)>;

#[derive(Debug, Clone, Copy)]
struct Piece {
    low: End,
    high: End,
}

/// What is left of a line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub form: Form,
    /// The distance of neighbours, where there are such.
    step: Option<Decimal>,
    pieces: Vec<Piece>,
}

impl Line {
    /// The numbers of a type.
    pub fn of_number(number: &NumberType) -> Line {
        let step = match (number.integer, number.scale) {
            (true, _) => Some(Decimal::ONE),
            (false, scale) => scale.and_then(|scale| Decimal::try_new(1, scale).ok()),
        };
        let low = number.minimum.map(|low| (low, number.above_minimum));
        let high = number.maximum.map(|high| (high, number.below_maximum));
        let pieces = tidy(Piece { low, high }, step).into_iter().collect();
        Line { form: Form::Number, step, pieces }
    }

    /// All dates, or times.
    pub fn whole(form: Form) -> Line {
        let step = (form == Form::Date).then_some(Decimal::ONE);
        Line { form, step, pieces: vec![Piece { low: None, high: None }] }
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether something of a stretch is there.
    pub fn meets(&self, stretch: Stretch) -> bool {
        self.pieces.iter().any(|piece| self.common(*piece, stretch).is_some())
    }

    /// Whether a value may be on the line; numbers that are too long to say are taken for it.
    pub fn may_have(&self, value: &Value) -> bool {
        match self.form.point(value) {
            Some(point) => self.meets(Stretch::only(point)),
            None => self.form == Form::Number,
        }
    }

    /// What a piece has of a stretch.
    fn common(&self, piece: Piece, stretch: Stretch) -> Option<Piece> {
        let low = higher(piece.low, stretch.low.map(|low| (low, false)));
        let high = lower(piece.high, stretch.high.map(|high| (high, false)));
        tidy(Piece { low, high }, self.step)
    }

    /// Takes a stretch away. Whether there was something of it.
    pub fn take(&mut self, stretch: Stretch) -> bool {
        let mut took = false;
        let mut left = Vec::with_capacity(self.pieces.len() + 1);
        for piece in std::mem::take(&mut self.pieces) {
            if self.common(piece, stretch).is_none() {
                left.push(piece);
                continue;
            }
            took = true;
            let before = stretch.low.map(|low| Piece { low: piece.low, high: Some((low, true)) });
            let behind = stretch.high.map(|high| Piece { low: Some((high, true)), high: piece.high });
            left.extend(before.into_iter().chain(behind).filter_map(|piece| tidy(piece, self.step)));
        }
        self.pieces = left;
        took
    }

    /// What is left, each stretch as a case would say it, or in words.
    pub fn left(&self) -> impl Iterator<Item = String> {
        self.pieces.iter().map(|piece| self.said(piece))
    }

    fn said(&self, piece: &Piece) -> String {
        let written = |end: End| end.map(|(at, _)| self.form.written(at));
        let open = [piece.low, piece.high].iter().any(|end| end.is_some_and(|(_, open)| open));
        let (low, high) = (written(piece.low), written(piece.high));
        match (low, high) {
            (None, None) => format!("any {}", self.form.words().0),
            (Some(low), Some(high)) if low == high => format!("`{low}`"),
            (low, high) if !open => {
                format!("`{}..{}`", low.unwrap_or_default(), high.unwrap_or_default())
            }
            (Some(low), Some(high)) => format!("what lies between `{low}` and `{high}`"),
            (Some(low), None) => format!("what lies above `{low}`"),
            (None, high) => format!("what lies below `{}`", high.unwrap_or_default()),
        }
    }
}

fn higher(a: End, b: End) -> End {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.0 == b.0 {
            (a.0, a.1 || b.1)
        } else if a.0 > b.0 {
            a
        } else {
            b
        }),
        (one, other) => one.or(other),
    }
}

fn lower(a: End, b: End) -> End {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.0 == b.0 {
            (a.0, a.1 || b.1)
        } else if a.0 < b.0 {
            a
        } else {
            b
        }),
        (one, other) => one.or(other),
    }
}

/// The piece with ends that belong to it, where there are neighbours; `None` when nothing is in it.
fn tidy(piece: Piece, step: Option<Decimal>) -> Option<Piece> {
    let piece = match step {
        Some(step) => {
            let low = piece.low.map(|(at, open)| (first(at, open, step), false));
            let high = piece.high.map(|(at, open)| (-first(-at, open, step), false));
            Piece { low, high }
        }
        None => piece,
    };
    let empty = match (piece.low, piece.high) {
        (Some((low, low_open)), Some((high, high_open))) => {
            low > high || (low == high && (low_open || high_open))
        }
        _ => false,
    };
    (!empty).then_some(piece)
}

/// The first multiple of `step` from `at` on, or behind it.
fn first(at: Decimal, open: bool, step: Decimal) -> Decimal {
    let whole = || {
        let steps = at.checked_div(step)?.ceil();
        let from = steps.checked_mul(step)?;
        if open && from == at { from.checked_add(step) } else { Some(from) }
    };
    whole().unwrap_or(at)
}
