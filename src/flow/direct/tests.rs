//! The driver on a virtual clock: calls at once, retries, time limits, and what dropping does.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::clock::{Moment, VirtualClock};
use crate::flow::machine::tests::{Spec, definition};
use crate::flow::step::fork::Rule;
use crate::system::{Failure, FailureKind};

/// Answers `c<number>` after so many milliseconds with that number; numbers from 500 on are never
/// available, and 400 is so at the second attempt.
struct Sleepy {
    clock: Arc<VirtualClock>,
    asked: AtomicU32,
    answered: AtomicU32,
}

impl Caller for Sleepy {
    fn call<'a>(
        &'a self,
        operation: &'a OperationName,
        _inputs: Arc<[Option<Value>]>,
        _context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        let number: u32 = operation.operation[1..].parse().expect("a number");
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.clock.sleep(Duration::from_millis(number.into())).await;
            self.answered.fetch_add(1, Ordering::Relaxed);
            if number >= 500 || (number == 400 && before == 0) {
                let (kind, message) = (FailureKind::Unavailable, "not now".to_owned());
                return Outcome::NotDone(Failure { kind, message, retry_after: None });
            }
            Outcome::Ok { value: Some(Value::from(i64::from(number))), age: None }
        })
    }

    fn probe<'a>(
        &'a self,
        _create: &'a OperationName,
        _inputs: Arc<[Option<Value>]>,
        _context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Ok { value: None, age: None } })
    }
}

/// Writes down what it is told.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().expect("nobody panics").push(line);
    }
}

impl Observer for Diary {
    fn wants_steps(&self) -> bool {
        true
    }
    fn step_started(&self, path: &str) {
        self.note(format!("> {path}"));
    }
    fn step_ended(&self, path: &str, how: &'static str) {
        self.note(format!("< {path} {how}"));
    }
    fn attempted(&self, attempted: &Attempted<'_>) {
        let Attempted { operation, attempt, outcome, took, .. } = *attempted;
        let took = took.as_millis();
        self.note(format!("{} #{attempt} {} {took}", operation.operation, outcome.name()));
    }
    fn retrying(&self, _operation: &OperationName, _attempt: u32, wait: Duration) {
        self.note(format!("again in {}", wait.as_millis()));
    }
}

fn context(deadline: Duration) -> FlowContext {
    FlowContext {
        trusted: false,
        instance: uuid::Uuid::from_u128(1),
        account: Some("ACME".into()),
        client: Some("portal".into()),
        correlation_id: "c-1".into(),
        traceparent: None,
        deadline,
    }
}

/// Runs steps; gives the end, the diary, when it was over, and how many calls were asked and answered.
fn play(steps: &[Spec], limit: Option<Duration>) -> (Option<FlowEnd>, Vec<String>, Duration, [u32; 2]) {
    let clock = VirtualClock::new(Moment(0), 1);
    let caller = Sleepy { clock: clock.clone(), asked: AtomicU32::new(0), answered: AtomicU32::new(0) };
    let (definition, diary, tables) = (definition(steps), Diary::default(), Tables::default());
    let context = context(Duration::from_secs(60));
    let tools = Tools { caller: &caller, clock: &*clock, tables: &tables, observer: &diary };
    let end = clock.run(async {
        let run = run(&definition, Vec::new(), &context, tools);
        match limit {
            None => Some(run.await),
            Some(limit) => {
                let patience = clock.sleep(limit);
                let end = tokio::select! { end = run => Some(end), () = patience => None };
                clock.sleep(Duration::from_secs(10)).await;
                end
            }
        }
    });
    let counts = [caller.asked.into_inner(), caller.answered.into_inner()];
    let lines = diary.0.into_inner().expect("nobody panics");
    (end.expect("a runtime"), lines, clock.monotonic(), counts)
}

#[test]
fn a_call_is_made_again_and_observed() {
    let (end, diary, at, _) = play(&[Spec::read(400, 3)], None);
    assert_eq!(end, Some(FlowEnd::Completed(Some(Value::from(400)))));
    let wanted = ["> s0", "c400 #1 not_done 400", "again in 100", "c400 #2 ok 400", "< s0 done"];
    assert_eq!(diary, wanted);
    assert_eq!(at, Duration::from_millis(900));
}

#[test]
fn branches_run_at_once_and_losers_are_dropped() {
    let rule = Rule::Gather { within: Duration::from_millis(200), need: 1 };
    let branches = vec![Spec::call(150), Spec::call(300), Spec::call(100)];
    let (end, diary, at, counts) = play(&[Spec::Fork(rule, branches)], None);
    let Some(FlowEnd::Completed(Some(result))) = end else { panic!("a result") };
    assert_eq!(result.as_object().map(Map::len), Some(2));
    assert_eq!(result.get("b0"), Some(&Value::from(150)));
    assert_eq!(at, Duration::from_millis(200));
    assert_eq!(counts, [3, 2]);
    assert!(diary.contains(&"< s0.b1.s0 cancelled".to_owned()), "{diary:?}");
}

#[test]
fn dropping_a_run_drops_its_calls() {
    let steps = [Spec::Fork(Rule::All, vec![Spec::call(150), Spec::call(300)])];
    let (end, _, _, counts) = play(&steps, Some(Duration::from_millis(200)));
    assert_eq!(end, None);
    assert_eq!(counts, [2, 1], "the second is never answered");
}

#[test]
fn a_failure_says_where_and_how_often() {
    let (end, _, _, counts) = play(&[Spec::Do(vec![Spec::read(500, 2)])], None);
    let Some(FlowEnd::Failed(failure)) = end else { panic!("a failure") };
    assert_eq!((&*failure.step, failure.attempts), ("s0.do.s0", 2));
    assert_eq!(counts, [2, 2]);
}
