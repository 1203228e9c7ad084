//! When a call is asked again, and when not.

use super::*;
use crate::system::Effect;

fn play(spec: Spec, deadline: Duration, mut outcomes: Vec<Outcome>) -> Trace {
    outcomes.reverse();
    let definition = definition(&[spec]);
    World::new(|_| (outcomes.pop().expect("no more attempts than outcomes"), ms(10)))
        .until(deadline)
        .run(&definition)
}

fn times(trace: &Trace) -> Vec<u128> {
    trace.asked.iter().map(|asked| asked.at.as_millis()).collect()
}

#[test]
fn a_read_is_asked_again_with_doubling_waits() {
    let trace = play(Spec::read(1, 4), Duration::MAX, vec![not_done(), unknown(), not_done(), ok(5)]);
    assert_eq!(completed(&trace), Some(&Value::from(5)));
    assert_eq!(times(&trace), [0, 110, 320, 730]);
    assert_eq!(trace.retries, 3);
}

#[test]
fn attempts_are_exhausted() {
    let trace = play(Spec::read(1, 2), Duration::MAX, vec![not_done(), not_done()]);
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Unavailable)));
    let FlowEnd::Failed(failure) = &trace.end else { unreachable!() };
    assert_eq!((failure.attempts, &*failure.step), (2, "s0"));
}

#[test]
fn a_refusal_and_an_invalid_answer_are_final() {
    let refusal = Outcome::Rejected { status: 422, message: "no".to_owned() };
    let trace = play(Spec::read(1, 4), Duration::MAX, vec![refusal]);
    assert_eq!(failed(&trace), Some(FailureKind::Rejected(422)));
    let invalid = Outcome::Invalid(failure(SystemKind::Invalid));
    let trace = play(Spec::read(1, 4), Duration::MAX, vec![invalid]);
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Invalid)));
}

#[test]
fn a_mapping_that_rejects_ends_the_flow_with_its_code() {
    let declined = Outcome::Declined { code: "unmapped".into(), text: "pallet".into(), facts: Vec::new() };
    let trace = play(Spec::read(1, 4), Duration::MAX, vec![declined]);
    assert!(matches!(&trace.end, FlowEnd::Rejected { code, .. } if &**code == "unmapped"));
}

#[test]
fn retry_after_is_obeyed_and_the_deadline_is_not_crossed() {
    let busy = || {
        let failure = Failure { retry_after: Some(ms(500)), ..failure(SystemKind::Unavailable) };
        Outcome::NotDone(failure)
    };
    let trace = play(Spec::read(1, 3), Duration::MAX, vec![busy(), ok(1)]);
    assert_eq!(times(&trace), [0, 510]);
    let trace = play(Spec::read(1, 3), ms(500), vec![busy()]);
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Unavailable)));
    assert_eq!(trace.at, ms(10), "it fails at once");
}

#[test]
fn what_was_held_uses_up_no_attempt() {
    let held = || Outcome::Held(failure(SystemKind::BreakerOpen));
    let trace = play(Spec::read(1, 3), Duration::MAX, vec![held(), not_done(), not_done(), ok(1)]);
    assert_eq!(completed(&trace), Some(&Value::from(1)));
    let trace = play(Spec::read(1, 3), Duration::MAX, vec![held(), held(), held()]);
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::BreakerOpen)));
}

#[test]
fn a_create_is_sent_again_only_when_not_done() {
    let trace = play(Spec::create(90, 3, false), Duration::MAX, vec![not_done(), ok(1)]);
    assert_eq!(completed(&trace), Some(&Value::from(1)));
    assert_eq!(trace.asked[0].key, trace.asked[1].key);
    assert!(trace.asked[0].key.is_some());
    let trace = play(Spec::create(90, 3, false), Duration::MAX, vec![unknown()]);
    assert_eq!(failed(&trace), Some(FailureKind::UnknownOutcome));
}

#[test]
fn an_unknown_create_is_looked_for_after_settling() {
    let none = || Outcome::Ok { value: None, age: None };
    let one = || Outcome::Ok { value: Some(Value::array(vec![Value::from(8)])), age: None };
    let trace = play(Spec::create(90, 3, true), Duration::MAX, vec![unknown(), one()]);
    assert_eq!(completed(&trace), Some(&Value::from(8)));
    assert_eq!(times(&trace), [0, 60], "settles for 50 ms");
    assert!(trace.asked[1].probe && trace.asked[1].key.is_none());

    let trace = play(Spec::create(90, 3, true), Duration::MAX, vec![unknown(), none(), ok(4)]);
    assert_eq!(completed(&trace), Some(&Value::from(4)));
    assert!(!trace.asked[2].probe);

    let two = Value::array(vec![Value::from(1), Value::from(2)]);
    let several = Outcome::Ok { value: Some(two), age: None };
    let trace = play(Spec::create(90, 3, true), Duration::MAX, vec![unknown(), several]);
    assert_eq!(failed(&trace), Some(FailureKind::UnknownOutcome));

    let trace =
        play(Spec::create(90, 2, true), Duration::MAX, vec![unknown(), unknown(), not_done(), unknown()]);
    assert_eq!(failed(&trace), Some(FailureKind::UnknownOutcome), "the probe never answers");

    let trace = play(Spec::create(90, 3, true), ms(40), vec![unknown()]);
    assert_eq!(failed(&trace), Some(FailureKind::UnknownOutcome), "no time to settle");
}

#[test]
fn none_found_and_no_attempt_left_is_the_failure_it_was() {
    let none = Outcome::Ok { value: None, age: None };
    let trace = play(Spec::create(90, 1, true), Duration::MAX, vec![unknown(), none]);
    assert_eq!(failed(&trace), Some(FailureKind::System(SystemKind::Timeout)));
}

#[test]
fn a_probe_may_come_first() {
    let spec =
        || Spec::Call { number: 90, effect: Effect::Create, attempts: 2, probe: true, probe_first: true };
    let none = Outcome::Ok { value: None, age: None };
    let trace = play(spec(), Duration::MAX, vec![none, ok(3)]);
    assert_eq!(completed(&trace), Some(&Value::from(3)));
    let trace = play(spec(), Duration::MAX, vec![ok(6)]);
    assert_eq!(completed(&trace), Some(&Value::from(6)), "what is there is taken over");
}

#[test]
fn keys_differ_by_step_and_round() {
    let steps = [
        Spec::create(90, 1, false),
        Spec::For { items: 2, concurrency: 2, body: vec![Spec::create(91, 1, false)] },
        Spec::Run(vec![Spec::create(92, 1, false)]),
    ];
    let definition = definition(&steps);
    let trace = World::new(|_| (ok(1), ms(1))).run(&definition);
    let keys: std::collections::BTreeSet<_> = trace.asked.iter().map(|asked| asked.key.clone()).collect();
    assert_eq!(keys.len(), 4);
    let again = World::new(|_| (ok(1), ms(1))).run(&definition);
    assert_eq!(trace.asked, again.asked, "the same run asks the same");
}

#[test]
fn full_jitter_stays_below_the_longest_wait() {
    use crate::system::{Jitter, RetryPolicy};
    let retry = RetryPolicy { jitter: Jitter::Full, ..spec::policy(5) };
    let worst = crate::flow::environment::worst_case(&retry, ms(1000));
    assert_eq!(worst, ms(5 * 1000 + 100 + 200 + 400 + 800));
}
