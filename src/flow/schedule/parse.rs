//! Schedules, strictly: no seconds, no words that crontabs disagree about.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Fields, Wrong};
use crate::config::declarations::Lapse;
use crate::diagnostic::{nearest, short};

/// Shortest time between two starts.
const LEAST: Duration = Duration::from_secs(1);

/// One field.
struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    /// Words for numbers, from `least` on.
    words: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, words: &[] },
    Field { name: "hour", least: 0, most: 23, words: &[] },
    Field { name: "day of the month", least: 1, most: 31, words: &[] },
    Field { name: "month", least: 1, most: 12, words: MONTHS },
    // 7 is Sunday too.
    Field { name: "day of the week", least: 0, most: 7, words: WEEKDAYS },
];

/// Shorthands that crontabs know, and what they stand for.
const SHORT: [(&str, &str); 6] = [
    ("@annually", "0 0 1 1 *"),
    ("@daily", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
    ("@midnight", "0 0 * * *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
];

/// Reads `0 6 * * MON-FRI`.
pub fn fields(text: &str) -> Result<Fields, Wrong> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = words.as_slice() else { return Err(count(text, words.len())) };
    let weekdays = set(weekday, &FIELDS[4])?;
    Ok(Fields {
        minutes: set(minute, &FIELDS[0])?,
        hours: set(hour, &FIELDS[1])?,
        days: set(day, &FIELDS[2])?,
        months: set(month, &FIELDS[3])?,
        weekdays: (weekdays | weekdays >> 7) & 0x7f,
        every_hour: hour.starts_with('*'),
        either_day: !day.starts_with('*') && !weekday.starts_with('*'),
    })
}

/// Reads the `10s` of `every 10s`.
pub fn every(text: &str) -> Result<Duration, Wrong> {
    let lapse = Lapse::parse(text.trim()).map(|lapse| lapse.0);
    lapse.filter(|lapse| *lapse >= LEAST && lapse.subsec_nanos() == 0).ok_or_else(|| {
        let message = format!("`every {}` is no schedule", short(text));
        Wrong::new(message, "write whole seconds or more, `every 10s`, `every 5m`")
    })
}

/// A zone of the IANA time zone database.
pub fn zone(name: &str) -> Result<TimeZone, Wrong> {
    TimeZone::get(name).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = nearest(name, known.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a name of the IANA time zone database: `Europe/Oslo`".to_owned(),
        };
        Wrong { zone: true, ..Wrong::new(format!("there is no time zone `{}`", short(name)), help) }
    })
}

fn count(text: &str, count: usize) -> Wrong {
    let shorthand = SHORT.iter().find(|(word, _)| *word == text.trim());
    let help = match (shorthand, count) {
        (Some((_, fields)), _) => format!("write `{fields}`"),
        (None, 6 | 7) => {
            "leave seconds and years out: minute, hour, day of the month, month, day of the week".to_owned()
        }
        _ => "write minute, hour, day of the month, month and day of the week: `0 6 * * MON-FRI`".to_owned(),
    };
    Wrong::new(format!("a schedule has five fields, and `{}` has {count}", short(text)), help)
}

/// The numbers that a field names, a bit for each.
fn set(text: &str, field: &Field) -> Result<u64, Wrong> {
    text.split(',').try_fold(0, |set, part| Ok(set | one(part, field)?))
}

fn one(part: &str, field: &Field) -> Result<u64, Wrong> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    let (from, to) = match range.split_once('-') {
        _ if range == "*" => (field.least, field.last()),
        Some((from, to)) => (number(from, field)?, upper(to, field)?),
        None if step.is_some() => {
            let help =
                format!("write from where to where: `{range}-{}/{}`", field.last(), step.unwrap_or("2"));
            return Err(Wrong::new(format!("`{}` says no range to take steps in", short(part)), help));
        }
        None => number(range, field).map(|number| (number, number))?,
    };
    if from > to {
        let message = format!("the {} `{}` goes backwards", field.name, short(part));
        let help = format!(
            "write two ranges: `{}-{},{}-{}`",
            shown(from, field),
            shown(field.last(), field),
            shown(field.least, field),
            shown(to, field)
        );
        return Err(Wrong::new(message, help));
    }
    let step = step.map_or(Ok(1), |step| steps(step, part))?;
    Ok((from..=to).step_by(step).fold(0, |set, number| set | 1 << number))
}

fn steps(step: &str, part: &str) -> Result<usize, Wrong> {
    let read = step.parse::<u8>().ok().filter(|step| *step > 0);
    read.map(usize::from).ok_or_else(|| {
        let message = format!("`{}` takes steps of `{}`", short(part), short(step));
        Wrong::new(message, "write a number from 1 behind the `/`: `*/10`")
    })
}

/// The end of a range: `FRI-SUN` ends on Sunday, 7.
fn upper(text: &str, field: &Field) -> Result<u8, Wrong> {
    let end = number(text, field)?;
    Ok(if field.most == 7 && end == 0 { 7 } else { end })
}

fn number(text: &str, field: &Field) -> Result<u8, Wrong> {
    let word = field.words.iter().position(|word| word.eq_ignore_ascii_case(text));
    if let Some(at) = word {
        return Ok(field.least + at as u8);
    }
    let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = text.parse::<u8>().ok().filter(|number| digits && (field.least..=field.most).contains(number));
    read.ok_or_else(|| {
        let message = format!("`{}` is no {}", short(text), field.name);
        let words = match field.words {
            [first, .., last] => format!(", or `{first}` to `{last}`"),
            _ => String::new(),
        };
        Wrong::new(message, format!("write `*`, or numbers from {} to {}{words}", field.least, field.most))
    })
}

fn shown(number: u8, field: &Field) -> String {
    let word = field.words.get(usize::from(number - field.least));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

impl Field {
    /// The greatest number that says something of its own.
    fn last(&self) -> u8 {
        if self.most == 7 { 6 } else { self.most }
    }
}
