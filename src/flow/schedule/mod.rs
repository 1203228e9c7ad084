//! When a flow starts by itself: five fields of a crontab on the clock of a zone, or every so often.
//!
//! Where the clock is put forward, a time that does not exist is taken as much later; where it is put back,
//! a time that comes twice is taken the first time, and each time by schedules of every hour.

mod parse;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::clock::Moment;

/// A schedule, checked: it comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// As written: `0 6 * * MON-FRI`.
    pub text: Arc<str>,
    /// The zone's name: `Europe/Oslo`.
    pub zone: Arc<str>,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Times(Fields, TimeZone),
    /// Counted from the epoch, so that a restart changes nothing.
    Every(Duration),
}

/// Which minutes, hours, days, months: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// From Sunday, 0.
    weekdays: u64,
    /// Whether every hour counts, so that it goes by time and not by the clock.
    every_hour: bool,
    /// Whether both the day of the month and the day of the week say which days: then either will do.
    either_day: bool,
}

/// What a time on the clock is looked for around a change of the clock.
const AROUND: i64 = 4;
/// Days that are looked at: 29 February comes once in eight years at the least.
const DAYS: u32 = 9 * 366;

impl Schedule {
    /// A schedule of its five fields, or `every 10s`, and a zone's name.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub fn parse(text: &str, zone: &str) -> Result<Schedule, Wrong> {
        let rule = match text.strip_prefix("every ") {
            Some(lapse) => Rule::Every(parse::every(lapse)?),
            None => {
                let fields = parse::fields(text)?;
                Rule::Times(fields, parse::zone(zone)?)
            }
        };
        let schedule = Schedule { text: text.into(), zone: zone.into(), rule };
        match schedule.next_after(Moment(0)) {
            Some(_) => Ok(schedule),
            None => Err(Wrong::new(format!("`{text}` never comes"), "no such month has so many days")),
        }
    }

    /// The first time after a moment; `None` only at the end of the calendar.
    pub fn next_after(&self, moment: Moment) -> Option<Moment> {
        match &self.rule {
            Rule::Times(fields, clock) => Calendar { fields, clock }.next_after(moment),
            Rule::Every(lapse) => {
                let step = lapse.as_nanos() as i128;
                Some(Moment((moment.0.div_euclid(step) + 1) * step))
            }
        }
    }
}

/// Times on the clock of a zone.
struct Calendar<'a> {
    fields: &'a Fields,
    clock: &'a TimeZone,
}

impl Calendar<'_> {
    fn next_after(&self, moment: Moment) -> Option<Moment> {
        let after = Timestamp::from_nanosecond(moment.0).ok()?;
        let from = self.clock.to_datetime(after).checked_sub(AROUND.hours()).ok()?;
        let mut date = from.date();
        let mut best: Option<(Timestamp, DateTime)> = None;
        for _ in 0..DAYS {
            if best.is_some_and(|(_, until)| date.at(0, 0, 0, 0) > until) {
                break;
            }
            if self.fields.has_day(date) {
                self.look_at(date, (after, from), &mut best);
            }
            date = date.tomorrow().ok()?;
        }
        best.map(|(best, _)| Moment(best.as_nanosecond()))
    }

    /// Betters the first time after a moment by those of a day, from a time on the clock on.
    fn look_at(
        &self,
        date: Date,
        (after, from): (Timestamp, DateTime),
        best: &mut Option<(Timestamp, DateTime)>,
    ) {
        for (hour, minute) in self.fields.times() {
            let time = date.at(hour, minute, 0, 0);
            if best.is_some_and(|(_, until)| time > until) {
                return;
            }
            if time < from {
                continue;
            }
            let found = self.instants(time).into_iter().flatten().filter(|instant| *instant > after).min();
            let Some(instant) = found else { continue };
            if best.is_none_or(|(best, _)| instant < best) {
                // A later time on the clock may come first where the clock was put forward.
                let until = best.map_or_else(|| time.saturating_add(AROUND.hours()), |(_, until)| until);
                *best = Some((instant, until));
            }
        }
    }

    /// When the clock shows a time.
    fn instants(&self, time: DateTime) -> [Option<Timestamp>; 2] {
        let ambiguous = self.clock.to_ambiguous_timestamp(time);
        let twice = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. }) && self.fields.every_hour;
        let again = twice.then(|| self.clock.to_ambiguous_timestamp(time).later().ok()).flatten();
        [ambiguous.compatible().ok(), again]
    }
}

impl Fields {
    fn has_day(&self, date: Date) -> bool {
        let has = |set: u64, bit: i8| set & (1 << bit) != 0;
        let (day, weekday) =
            (has(self.days, date.day()), has(self.weekdays, date.weekday().to_sunday_zero_offset()));
        has(self.months, date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }

    fn times(&self) -> impl Iterator<Item = (i8, i8)> {
        let (hours, minutes) = (self.hours, self.minutes);
        let set = |set: u64| (0..60i8).filter(move |bit| set & (1 << bit) != 0);
        set(hours).flat_map(move |hour| set(minutes).map(move |minute| (hour, minute)))
    }
}

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// Whether it is about the zone.
    pub zone: bool,
}

impl Wrong {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), help: help.into(), zone: false }
    }
}

#[cfg(test)]
mod tests;
