//! Branches, rounds, time limits, failures that are caught.

use super::*;
use crate::flow::step::fork::Rule;
use crate::value::Map;

fn object(fields: &[(&str, i64)]) -> Value {
    let fields = fields.iter().map(|(name, value)| ((*name).into(), Value::from(*value)));
    Value::object(fields.collect::<Map>())
}

/// Answers of `c<number>` by number: the outcome and the time it takes.
fn by_number(answers: Vec<(Outcome, u64)>) -> World<'static> {
    World::new(move |asked| {
        let number: usize = asked.what[1..].parse().expect("a call outside of rounds");
        let (outcome, took) = answers[number].clone();
        (outcome, ms(took))
    })
}

fn fork(rule: Rule, branches: u32) -> Spec {
    Spec::Fork(rule, (0..branches).map(Spec::call).collect())
}

#[test]
fn all_waits_for_all_and_keeps_the_written_order() {
    let definition = definition(&[fork(Rule::All, 3)]);
    let trace = by_number(vec![(ok(1), 30), (ok(2), 10), (ok(3), 20)]).run(&definition);
    let result = completed(&trace).expect("a result");
    assert_eq!(result, &object(&[("b0", 1), ("b1", 2), ("b2", 3)]));
    let names: Vec<_> = result.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, ["b0".into(), "b1".into(), "b2".into()]);
    assert_eq!(trace.at, ms(30));
}

#[test]
fn the_first_failure_in_written_order_decides_whatever_came_first() {
    let definition = definition(&[fork(Rule::All, 3)]);
    let broken = || Outcome::Invalid(failure(SystemKind::Invalid));
    for (early, late) in [(10, 20), (20, 10)] {
        let trace = by_number(vec![(not_done(), late), (broken(), early), (ok(1), 500)]).run(&definition);
        assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Unavailable)));
        assert_eq!(trace.at, ms(late), "what comes after a failure is given up");
    }
}

#[test]
fn first_takes_the_first_success() {
    let definition = definition(&[fork(Rule::First, 3)]);
    let trace = by_number(vec![(ok(1), 30), (not_done(), 5), (ok(3), 20)]).run(&definition);
    assert_eq!(completed(&trace), Some(&object(&[("b2", 3)])));
    assert_eq!(trace.at, ms(20));
    let none = by_number(vec![(not_done(), 30), (unknown(), 5), (not_done(), 20)]).run(&definition);
    assert_eq!(failed(&none), Some(FailureKind::System(SystemKind::Unavailable)), "the first written");
}

#[test]
fn gather_takes_what_answered_in_time() {
    let rule = |need| Rule::Gather { within: ms(800), need };
    let answers = || by_number(vec![(ok(1), 900), (ok(2), 700), (ok(3), 100)]);
    let trace = answers().run(&definition(&[fork(rule(1), 3)]));
    assert_eq!(completed(&trace), Some(&object(&[("b1", 2), ("b2", 3)])));
    assert_eq!(trace.at, ms(800));
    let trace = answers().run(&definition(&[fork(rule(3), 3)]));
    assert_eq!(failed(&trace), Some(FailureKind::NotEnough));
    let trace =
        by_number(vec![(not_done(), 1), (not_done(), 2), (ok(3), 500)]).run(&definition(&[fork(rule(2), 3)]));
    assert_eq!(failed(&trace), Some(FailureKind::NotEnough));
    assert_eq!(trace.at, ms(2), "known before the time is over");
}

#[test]
fn an_answer_at_the_very_end_of_the_time_counts_as_the_driver_tells_it() {
    let rule = Rule::Gather { within: ms(800), need: 1 };
    let trace = by_number(vec![(ok(1), 100)]).run(&definition(&[fork(rule, 1)]));
    assert_eq!(trace.at, ms(100), "all answered: no need to wait");
}

#[test]
fn rounds_keep_the_order_and_the_limit() {
    let spec = Spec::For { items: 7, concurrency: 3, body: vec![Spec::call(0)] };
    let mut open: Vec<Duration> = Vec::new();
    let definition = definition(&[spec]);
    let trace = World::new(|asked| {
        let item: u64 = asked.what.rsplit(' ').next().and_then(|item| item.parse().ok()).expect("an item");
        let took = ms(10 * (7 - item));
        open.retain(|until| *until > asked.at);
        open.push(asked.at + took);
        assert!(open.len() <= 3);
        (ok(item as i64 * 2), took)
    })
    .run(&definition);
    let wanted = (0..7).map(|item| Value::from(item * 2)).collect();
    assert_eq!(completed(&trace), Some(&Value::array(wanted)));
}

#[test]
fn ten_thousand_rounds_and_not_one_more() {
    let rounds = |items| Spec::For { items, concurrency: 64, body: vec![Spec::Set(1)] };
    let trace = World::new(|_| (ok(1), ms(1))).run(&definition(&[rounds(10_000)]));
    assert_eq!(completed(&trace).and_then(Value::as_array).map(<[Value]>::len), Some(10_000));
    let trace = World::new(|_| (ok(1), ms(1))).run(&definition(&[rounds(10_001)]));
    assert_eq!(failed(&trace), Some(FailureKind::TooMuch));
    let nested = Spec::For { items: 1_000, concurrency: 1, body: vec![rounds(1_000)] };
    let trace = World::new(|_| (ok(1), ms(1))).run(&definition(&[nested]));
    assert_eq!(failed(&trace), Some(FailureKind::TooMuch), "too many steps in all");
}

#[test]
fn a_failure_is_caught_and_scopes_end() {
    let caught = Spec::Try(vec![Spec::Set(1), Spec::call(0)], vec![Spec::Set(7)]);
    let definition = definition(&[Spec::Set(0), caught, Spec::call(1)]);
    let trace = by_number(vec![(not_done(), 1), (ok(3), 1)]).run(&definition);
    assert_eq!(completed(&trace), Some(&Value::from(3)));
}

#[test]
fn a_step_s_time_ends_it_with_all_its_attempts() {
    let slow = |time| Spec::Timeout(ms(time), Box::new(Spec::Do(vec![Spec::read(0, 9)])));
    let trace = by_number(vec![(not_done(), 100)]).run(&definition(&[slow(150)]));
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Unavailable)));
    assert_eq!(trace.at, ms(100), "a wait that would cross it is not begun");
    let trace = by_number(vec![(ok(1), 300)]).run(&definition(&[slow(250)]));
    assert_eq!(failed(&trace), Some(FailureKind::StepTimeout));
    let create = Spec::Timeout(ms(250), Box::new(Spec::create(0, 3, true)));
    let trace = by_number(vec![(ok(1), 300)]).run(&definition(&[create]));
    assert_eq!(failed(&trace), Some(FailureKind::UnknownOutcome), "it may be done");
}

#[test]
fn an_end_inside_ends_everything() {
    let spec = Spec::Fork(Rule::All, vec![Spec::Do(vec![Spec::call(0), Spec::Reject]), Spec::call(1)]);
    let trace = by_number(vec![(ok(1), 10), (ok(1), 500)]).run(&definition(&[Spec::Run(vec![spec])]));
    assert!(matches!(&trace.end, FlowEnd::Rejected { code, .. } if &**code == "no"));
    assert_eq!(trace.at, ms(10));
}

#[test]
fn a_skipped_step_gives_nothing() {
    let trace = by_number(vec![]).run(&definition(&[Spec::Skipped(Box::new(Spec::call(0)))]));
    assert_eq!(trace.end, FlowEnd::Completed(None));
    assert!(trace.asked.is_empty());
}
