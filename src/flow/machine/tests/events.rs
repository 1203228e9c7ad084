//! Waiting, emitting and listening.

use super::hearing::{Heard, Hearing, payload};
use super::*;
use crate::flow::step::fork::Rule as ForkRule;
use crate::flow::step::listen::Rule;

/// A world without systems, which tells each listen, by its number, these events.
fn told(steps: &[Spec], events: &[&[(u64, u64, i64, bool)]]) -> Trace {
    World::new(|_| (ok(1), ms(300)))
        .telling(|listen| {
            let events = events.get(listen).copied().unwrap_or_default();
            let tell = |(after, number, about, last): &(u64, u64, i64, bool)| Told {
                after: ms(*after),
                number: *number,
                payload: payload(*about, *last),
            };
            events.iter().map(tell).collect()
        })
        .run(&definition(steps))
}

fn listen(hearing: Hearing) -> Spec {
    Spec::Listen(hearing)
}

fn one(about: i64) -> Hearing {
    Hearing::of(Rule::One, &[about])
}

/// What an event is about, of a result that is one.
fn about(trace: &Trace) -> Option<&Value> {
    completed(trace).and_then(|value| value.get("about"))
}

#[test]
fn a_wait_takes_its_time_and_a_timeout_cuts_it() {
    let trace = told(&[Spec::Wait(ms(700)), Spec::Set(1)], &[]);
    assert_eq!((trace.at, completed(&trace)), (ms(700), Some(&Value::from(1))));
    let cut = Spec::Timeout(ms(200), Box::new(Spec::Do(vec![Spec::Wait(ms(700))])));
    let trace = told(&[cut], &[]);
    assert_eq!((trace.at, failed(&trace)), (ms(200), Some(FailureKind::StepTimeout)));
}

#[test]
fn an_event_is_emitted_at_once_with_an_id_of_its_own_each_round() {
    let rounds = Spec::For { items: 3, concurrency: 1, body: vec![Spec::Emit(5)] };
    let steps = [Spec::Emit(4), rounds];
    let (first, second) = (told(&steps, &[]), told(&steps, &[]));
    assert_eq!(first.at, ms(0));
    let keys: Vec<&str> = first.emitted.iter().map(|emitted| &*emitted.key).collect();
    assert_eq!(keys, ["4", "5", "5", "5"]);
    assert_eq!(first.emitted, second.emitted, "the same run emits the same events");
}

#[test]
fn a_listen_ends_with_the_first_event_that_correlates() {
    let trace = told(&[listen(one(7))], &[&[(100, 1, 8, true), (200, 2, 7, false), (300, 3, 7, true)]]);
    assert_eq!((trace.at, about(&trace)), (ms(200), Some(&Value::from(7))));
}

#[test]
fn until_keeps_the_listen_open() {
    let hearing = Hearing { until: Some("e0.last ?? false"), ..one(7) };
    let events = [(100, 1, 7, false), (150, 2, 7, false), (200, 3, 7, true)];
    let trace = told(&[listen(hearing)], &[&events]);
    assert_eq!(trace.at, ms(200));
    assert_eq!(trace.listened.len(), 1, "it is the same listen all the time");
}

#[test]
fn what_does_not_come_in_time_fails_or_goes_the_other_way() {
    let hearing = Hearing { timeout: Some(ms(500)), ..one(7) };
    let trace = told(&[listen(hearing.clone())], &[&[(600, 1, 7, true)]]);
    assert_eq!((trace.at, failed(&trace)), (ms(500), Some(FailureKind::StepTimeout)));
    let hearing = Hearing { otherwise: Some(vec![Spec::Set(9)]), ..hearing };
    let trace = told(&[listen(hearing)], &[&[(600, 1, 7, true)]]);
    assert_eq!((trace.at, completed(&trace)), (ms(500), Some(&Value::from(9))));
}

#[test]
fn events_wait_for_the_steps_of_an_earlier_one() {
    let steps = Some(vec![Spec::call(1), Spec::Emit(7)]);
    let entries = vec![Heard { steps, ..Heard::about(7) }];
    let hearing = Hearing { entries, until: Some("e0.last ?? false"), ..one(7) };
    let events = [(100, 1, 7, false), (110, 2, 7, false), (120, 3, 7, true)];
    let trace = told(&[listen(hearing)], &[&events]);
    // Each takes 300 ms, one after the other.
    let at: Vec<u64> = trace.emitted.iter().map(|emitted| emitted.at.as_millis() as u64).collect();
    assert_eq!(at, [400, 700, 1000]);
    assert_eq!(about(&trace), Some(&Value::from(7)));
}

#[test]
fn an_event_that_is_told_twice_is_heard_once() {
    let entries = vec![Heard { steps: Some(vec![Spec::call(1), Spec::Emit(7)]), ..Heard::about(7) }];
    let hearing = Hearing { entries, until: Some("e0.last ?? false"), ..one(7) };
    let events = [(100, 1, 7, false), (100, 1, 7, false), (800, 1, 7, false), (900, 2, 7, true)];
    let trace = told(&[listen(hearing)], &[&events]);
    let at: Vec<u64> = trace.emitted.iter().map(|emitted| emitted.at.as_millis() as u64).collect();
    assert_eq!(at, [400, 1200]);
}

#[test]
fn time_that_is_over_while_steps_run_lets_them_finish() {
    let entries = vec![Heard { steps: Some(vec![Spec::call(1)]), ..Heard::about(7) }];
    let hearing = Hearing { entries, until: Some("e0.last ?? false"), timeout: Some(ms(200)), ..one(7) };
    let good = told(&[listen(hearing.clone())], &[&[(100, 1, 7, true)]]);
    assert_eq!((good.at, about(&good)), (ms(400), Some(&Value::from(7))));
    let late = told(&[listen(hearing)], &[&[(100, 1, 7, false)]]);
    assert_eq!((late.at, failed(&late)), (ms(400), Some(FailureKind::StepTimeout)));
}

#[test]
fn any_of_several_and_all_of_several() {
    let events: &[(u64, u64, i64, bool)] = &[(100, 1, 8, true), (200, 2, 7, true)];
    let fields = |trace: &Trace| {
        let map = completed(trace).and_then(Value::as_object).expect("an object");
        map.keys().map(|name| name.to_string()).collect::<Vec<_>>()
    };
    let any = told(&[listen(Hearing::of(Rule::Any, &[7, 8]))], &[events]);
    assert_eq!((any.at, fields(&any)), (ms(100), vec!["e1".to_owned()]));
    let all = told(&[listen(Hearing::of(Rule::All, &[7, 8]))], &[events]);
    assert_eq!((all.at, fields(&all)), (ms(200), vec!["e0".to_owned(), "e1".to_owned()]));
}

#[test]
fn all_of_the_same_event_need_as_many_events() {
    let hearing = Hearing::of(Rule::All, &[7, 7]);
    let trace = told(&[listen(hearing)], &[&[(100, 1, 7, false), (200, 2, 7, true)]]);
    assert_eq!(trace.at, ms(200));
}

#[test]
fn an_event_that_no_entry_hears_is_unmatched() {
    let entries = vec![Heard { when: Some("e0.last ?? false"), ..Heard::about(7) }];
    let quiet = Hearing { entries, ..one(7) };
    let events: &[(u64, u64, i64, bool)] = &[(100, 1, 7, false), (200, 2, 7, true)];
    assert_eq!(told(&[listen(quiet.clone())], &[events]).at, ms(200));
    let strict = Hearing { unmatched: Some(vec![Spec::Reject]), ..quiet };
    let trace = told(&[listen(strict)], &[events]);
    assert!(matches!(&trace.end, FlowEnd::Rejected { .. }) && trace.at == ms(100), "{trace:?}");
}

#[test]
fn what_ended_a_listen_is_not_heard_by_the_next() {
    let steps = [listen(one(7)), listen(one(7))];
    let trace = told(&steps, &[&[(100, 1, 7, false)], &[(0, 1, 7, false), (50, 2, 7, true)]]);
    assert_eq!(trace.at, ms(150));
    // What did not end it is.
    let first = Hearing { until: Some("e0.last ?? false"), ..one(7) };
    let steps = [listen(first), listen(one(7))];
    let trace = told(&steps, &[&[(100, 1, 7, false), (200, 2, 7, true)], &[(0, 1, 7, false)]]);
    assert_eq!(trace.at, ms(200));
}

#[test]
fn an_event_that_is_told_twice_counts_once() {
    let twice: &[(u64, u64, i64, bool)] = &[(100, 1, 7, false), (100, 1, 7, false), (300, 2, 7, true)];
    let all = told(&[listen(Hearing::of(Rule::All, &[7, 7]))], &[twice]);
    assert_eq!(all.at, ms(300));
    let entries = vec![Heard { steps: Some(vec![Spec::Emit(7)]), ..Heard::about(7) }];
    let hearing = Hearing { entries, until: Some("e0.last ?? false"), ..one(7) };
    assert_eq!(told(&[listen(hearing)], &[twice]).emitted.len(), 2);
}

#[test]
fn branches_hear_the_same_event() {
    let fork = Spec::Fork(ForkRule::All, vec![listen(one(7)), listen(one(7))]);
    let trace = told(&[fork], &[&[(100, 1, 7, true)], &[(100, 1, 7, true)]]);
    assert_eq!(trace.at, ms(100));
    let race = Spec::Fork(ForkRule::First, vec![listen(one(7)), Spec::Wait(ms(50))]);
    let trace = told(&[race], &[&[(100, 1, 7, true)]]);
    assert_eq!(trace.at, ms(50), "the listen that lost is given back");
}

#[test]
fn a_failure_in_the_steps_for_an_event_ends_the_listen() {
    let entries = vec![Heard { steps: Some(vec![Spec::call(1)]), ..Heard::about(7) }];
    let hearing = Hearing { entries, timeout: Some(ms(5_000)), ..one(7) };
    let steps = [Spec::Try(vec![listen(hearing)], vec![Spec::Set(3)])];
    let trace = World::new(|_| (not_done(), ms(10)))
        .telling(|_| vec![Told { after: ms(100), number: 1, payload: payload(7, true) }])
        .run(&definition(&steps));
    assert_eq!((trace.at, completed(&trace)), (ms(110), Some(&Value::from(3))));
}

#[test]
fn too_many_events_at_once_fail_the_step() {
    let entries = vec![Heard { steps: Some(vec![Spec::call(1)]), ..Heard::about(7) }];
    let hearing = Hearing { entries, until: Some("e0.last ?? false"), ..one(7) };
    let flood: Vec<(u64, u64, i64, bool)> = (0..1_100).map(|at| (100, at + 1, 7, false)).collect();
    let trace = told(&[listen(hearing)], &[&flood]);
    assert_eq!(failed(&trace), Some(FailureKind::TooMuch));
}
