//! Schedules: what is read, what is refused, and when they come, over changes of the clock too.

use super::*;

fn moment(text: &str) -> Moment {
    Moment(text.parse::<Timestamp>().expect("an instant").as_nanosecond())
}

/// The next times after an instant.
fn times(text: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(text, zone).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
    let mut at = moment(after);
    let next = std::iter::repeat_with(|| {
        at = schedule.next_after(at).expect("it comes again");
        Timestamp::from_nanosecond(at.0).expect("a calendar's time").to_string()
    });
    next.take(count).collect()
}

fn wrong(text: &str) -> Wrong {
    Schedule::parse(text, "UTC").expect_err(text)
}

#[test]
fn it_comes_on_the_clock_of_its_zone() {
    // Friday, then Monday; summer ends on Sunday in between.
    assert_eq!(
        times("0 6 * * MON-FRI", "Europe/Oslo", "2026-10-22T12:00:00Z", 3),
        ["2026-10-23T04:00:00Z", "2026-10-26T05:00:00Z", "2026-10-27T05:00:00Z"]
    );
    assert_eq!(
        times("*/20 * * * *", "UTC", "2026-01-01T00:00:00Z", 2),
        ["2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z"]
    );
    assert_eq!(
        times("5,50 23 31 12 *", "UTC", "2026-12-31T23:49:59.5Z", 2),
        ["2026-12-31T23:50:00Z", "2027-12-31T23:05:00Z"]
    );
}

#[test]
fn either_day_will_do_where_both_are_said() {
    let found = times("0 0 13 * FRI", "UTC", "2026-02-06T00:00:00Z", 3);
    assert_eq!(found, ["2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z"]);
    let found = times("0 0 10 * FRI", "UTC", "2026-02-06T00:00:00Z", 2);
    assert_eq!(found, ["2026-02-10T00:00:00Z", "2026-02-13T00:00:00Z"]);
}

#[test]
fn a_time_that_does_not_exist_is_taken_later_and_once() {
    // 02:30 becomes 03:30 in Oslo on 29 March 2026.
    assert_eq!(
        times("30 2 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
    // Every half hour has no hole and no double.
    assert_eq!(
        times("*/30 * * * *", "Europe/Oslo", "2026-03-29T00:00:00Z", 4),
        ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]
    );
}

#[test]
fn a_time_that_comes_twice_is_taken_once_or_by_every_hour() {
    assert_eq!(
        times("30 2 * * *", "Europe/Oslo", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        times("0 * * * *", "Europe/Oslo", "2026-10-24T23:30:00Z", 4),
        ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]
    );
}

#[test]
fn rare_days_come() {
    assert_eq!(times("0 12 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), ["2104-02-29T12:00:00Z"]);
    // A day that a zone left out: Samoa had no 30 December 2011.
    assert_eq!(times("0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", 2).len(), 2);
}

#[test]
fn every_so_often_goes_by_the_time_and_not_by_when_it_was_read() {
    let seconds = times("every 10s", "UTC", "2026-05-06T08:00:03Z", 2);
    assert_eq!(seconds, ["2026-05-06T08:00:10Z", "2026-05-06T08:00:20Z"]);
    assert_eq!(times("every 2h", "Europe/Oslo", "2026-05-06T08:00:00Z", 1), ["2026-05-06T10:00:00Z"]);
}

#[test]
fn words_and_ranges_are_read() {
    let fields = |text: &str| Schedule::parse(text, "UTC").map(|schedule| schedule.rule);
    assert_eq!(fields("0 0 * JAN-mar *"), fields("0 0 * 1,2,3 *"));
    assert_eq!(fields("0 0 * * 7"), fields("0 0 * * SUN"));
    assert_eq!(fields("0 0 * * FRI-SUN"), fields("0 0 * * 0,5,6"));
    assert_eq!(fields("0-30/15 0 * * *"), fields("0,15,30 0 * * *"));
}

#[test]
fn what_is_refused_says_what_to_write() {
    for (text, message, help) in [
        ("0 6 * *", "has 4", "0 6 * * MON-FRI"),
        ("0 0 6 * * 1", "has 6", "leave seconds"),
        ("@daily", "has 1", "write `0 0 * * *`"),
        ("60 * * * *", "`60` is no minute", "0 to 59"),
        ("* * * * MOO", "`MOO` is no day of the week", "`SUN` to `SAT`"),
        ("* * 0 * *", "`0` is no day of the month", "1 to 31"),
        ("* 5/2 * * *", "no range", "`5-23/2`"),
        ("* * * * FRI-MON", "goes backwards", "`FRI-SAT,SUN-MON`"),
        ("*/0 * * * *", "steps of `0`", "`*/10`"),
        ("0 0 31 2 *", "never comes", "no such month"),
        ("+1 * * * *", "`+1` is no minute", "0 to 59"),
        ("1, * * * *", "`` is no minute", "0 to 59"),
        ("every 10", "no schedule", "`every 10s`"),
        ("every 500ms", "no schedule", "`every 10s`"),
        ("0 0 L * *", "`L` is no day of the month", "1 to 31"),
    ] {
        let wrong = wrong(text);
        assert!(wrong.message.contains(message), "{text}: {}", wrong.message);
        assert!(wrong.help.contains(help), "{text}: {}", wrong.help);
    }
    let wrong = Schedule::parse("0 6 * * *", "Europe/Olso").expect_err("no such zone");
    assert!(wrong.zone && wrong.help.contains("`Europe/Oslo`"), "{wrong:?}");
}
