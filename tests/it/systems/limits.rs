//! Breaker, turns, rate, rest and cache, over a transport on a virtual clock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::support::*;
use crossdock::clock::{BoxFuture, Clock, Moment, VirtualClock};
use crossdock::http::{Bytes, HeaderMap, HeaderValue, StatusCode};
use crossdock::system::{
    Age, BreakerState, CacheUse, CallContext, Connection, FailureKind, Live, Observer, Outcome, Transport,
    WireError, WireRequest, WireResponse,
};
use crossdock::value::Value;

const ERP: &str = r#"
system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: http://erp.test
limits: { rate: 10/s, concurrency: 2, wait: 3s, queue: 3 }
breaker: { open_at: 50% of 4 in 10s, half_open_after: 15s }
operations:
  get_account:
    takes: { number: string }
    gives: object
    get: /accounts/{number}
    effect: read
  get_rate:
    takes: { zone: string }
    gives: object
    get: /rates/{zone}
    effect: read
    cache: { ttl: 60s, stale_if_error: 10m }
  get_zones:
    gives: object
    get: /zones
    effect: read
    cache: { ttl: 60s, shared: all }
"#;

type Answer = dyn Fn(usize) -> (u16, Option<&'static str>) + Send + Sync;

/// Answers after a second by the count of the call; remembers the most calls at once and when each came.
struct Slow {
    clock: Arc<VirtualClock>,
    answer: Box<Answer>,
    count: AtomicUsize,
    at_once: AtomicUsize,
    most: AtomicUsize,
    came: Mutex<Vec<Duration>>,
}

impl std::fmt::Debug for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slow")
    }
}

impl Transport for Slow {
    fn send(&self, _: WireRequest) -> BoxFuture<'_, Result<WireResponse, WireError>> {
        Box::pin(async move {
            let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.came.lock().unwrap().push(self.clock.monotonic());
            self.clock.sleep(Duration::from_secs(1)).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            let (status, retry_after) = (self.answer)(count);
            let mut headers = HeaderMap::new();
            if let Some(text) = retry_after {
                headers.insert("retry-after", HeaderValue::from_static(text));
            }
            let body = Bytes::from(format!("{{\"n\":{count}}}"));
            Ok(WireResponse { status: StatusCode::from_u16(status).unwrap(), headers, body })
        })
    }
}

/// Remembers what it is told.
#[derive(Debug, Default)]
struct Told {
    breaker: Mutex<Vec<BreakerState>>,
    cache: Mutex<Vec<CacheUse>>,
}

impl Observer for Told {
    fn on_breaker(&self, _: &str, state: BreakerState) {
        self.breaker.lock().unwrap().push(state);
    }
    fn on_cache(&self, _: &str, _: &str, use_: CacheUse) {
        self.cache.lock().unwrap().push(use_);
    }
}

struct Rig {
    clock: Arc<VirtualClock>,
    live: Arc<Live>,
    connection: Connection,
    slow: Arc<Slow>,
    told: Arc<Told>,
}

impl Rig {
    fn new(answer: impl Fn(usize) -> (u16, Option<&'static str>) + Send + Sync + 'static) -> Arc<Rig> {
        let clock = VirtualClock::new(Moment(1_700_000_000_000_000_000), 1);
        let told: Arc<Told> = Arc::default();
        let live = Live::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&told) as Arc<dyn Observer>);
        let slow = Arc::new(Slow {
            clock: Arc::clone(&clock),
            answer: Box::new(answer),
            count: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            came: Mutex::default(),
        });
        let plan = project(&[("systems/erp.yaml", ERP)], &[]);
        let carrier = Arc::clone(&slow) as Arc<dyn Transport>;
        let connection = live.connect(&plan.systems["erp"], carrier, &|_| None).unwrap();
        Arc::new(Rig { clock, live, connection, slow, told })
    }

    fn run<F: Future>(self: &Arc<Rig>, test: impl FnOnce(Arc<Rig>) -> F) -> F::Output {
        self.clock.run(test(Arc::clone(self))).unwrap()
    }

    async fn ask(&self, operation: &str, input: &str) -> Outcome {
        self.ask_as(operation, input, &self.context()).await
    }

    async fn ask_as(&self, operation: &str, input: &str, context: &CallContext) -> Outcome {
        let inputs = [Some(Value::from(input))];
        let takes = self.connection.system.operation(operation).unwrap().takes.len();
        call(&self.live, &self.connection, operation, &inputs[..takes], context).await
    }

    fn context(&self) -> CallContext {
        context(&*self.clock)
    }

    fn calls(&self) -> usize {
        self.slow.count.load(Ordering::SeqCst)
    }

    async fn wait(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

/// `n` calls at the same moment.
async fn at_once(rig: &Arc<Rig>, n: usize, operation: &'static str) -> Vec<Outcome> {
    let calls = (0..n).map(|_| {
        let rig = Arc::clone(rig);
        tokio::spawn(async move { rig.ask(operation, "A").await })
    });
    let mut outcomes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

fn count(outcomes: &[Outcome], name: &str) -> usize {
    outcomes.iter().filter(|outcome| outcome.name() == name).count()
}

#[test]
fn so_many_at_once_so_many_waiting_and_the_rest_at_once_refused() {
    let rig = Rig::new(|_| (200, None));
    let outcomes = rig.run(|rig| async move { at_once(&rig, 9, "get_account").await });
    // Two at once for a second each, three may wait: five in all.
    assert_eq!((count(&outcomes, "ok"), count(&outcomes, "held")), (5, 4), "{outcomes:?}");
    assert_eq!(rig.slow.most.load(Ordering::SeqCst), 2);
    let held = outcomes.iter().find(|outcome| outcome.name() == "held").unwrap();
    assert_eq!(kind(held).1, Some(FailureKind::Limited));
}

#[test]
fn a_rate_is_kept_by_waiting() {
    let rig = Rig::new(|_| (200, None));
    rig.run(|rig| async move {
        for _ in 0..3 {
            // Twelve calls in pairs, one after the other.
            for _ in 0..6 {
                at_once(&rig, 2, "get_account").await;
            }
        }
    });
    let came = rig.slow.came.lock().unwrap();
    assert!(came.windows(11).all(|window| window[10] - window[0] >= Duration::from_secs(1)), "{came:?}");
}

#[test]
fn a_system_that_fails_is_left_alone_and_tried_by_one() {
    let rig = Rig::new(|count| (if count <= 4 { 500 } else { 200 }, None));
    rig.run(|rig| async move {
        for _ in 0..4 {
            assert_eq!(rig.ask("get_account", "A").await.name(), "unknown");
        }
        let held = rig.ask("get_account", "A").await;
        assert_eq!(kind(&held), ("held", Some(FailureKind::BreakerOpen)));
        assert_eq!(held.failure().unwrap().retry_after, Some(Duration::from_secs(15)));
        assert_eq!(rig.calls(), 4, "nothing was sent");
        rig.wait(15).await;
        let outcomes = at_once(&rig, 2, "get_account").await;
        assert_eq!((count(&outcomes, "ok"), count(&outcomes, "held")), (1, 1));
        assert_eq!(rig.ask("get_account", "A").await.name(), "ok");
        assert_eq!(rig.live.breakers(), [("erp".into(), BreakerState::Closed)]);
    });
    let states = rig.told.breaker.lock().unwrap().clone();
    assert_eq!(states, [BreakerState::Open, BreakerState::HalfOpen, BreakerState::Closed]);
}

#[test]
fn who_asks_to_be_left_alone_is_left_alone() {
    let rig = Rig::new(|count| if count == 1 { (503, Some("30")) } else { (200, None) });
    rig.run(|rig| async move {
        let outcome = rig.ask("get_account", "A").await;
        assert_eq!(outcome.failure().unwrap().retry_after, Some(Duration::from_secs(30)));
        let held = rig.ask("get_rate", "B").await;
        assert_eq!(kind(&held), ("held", Some(FailureKind::Unavailable)));
        assert_eq!(held.failure().unwrap().retry_after, Some(Duration::from_secs(30)));
        assert_eq!(rig.calls(), 1);
        rig.wait(30).await;
        assert_eq!(rig.ask("get_account", "A").await.name(), "ok");
    });
}

#[test]
fn a_caller_without_time_sends_nothing_and_blames_nobody() {
    let rig = Rig::new(|_| (200, None));
    rig.run(|rig| async move {
        let late = CallContext { deadline: rig.clock.monotonic(), ..rig.context() };
        let outcome = rig.ask_as("get_account", "A", &late).await;
        assert_eq!(kind(&outcome), ("held", Some(FailureKind::Timeout)));
        assert_eq!(rig.calls(), 0);
    });
}

#[test]
fn an_answer_is_reused_until_it_is_old_and_says_how_old_it_is() {
    let rig = Rig::new(|_| (200, None));
    rig.run(|rig| async move {
        let n = |text: &str| Some(value(text));
        assert_eq!(rig.ask("get_rate", "A").await, Outcome::Ok { value: n(r#"{"n":1}"#), age: None });
        rig.wait(10).await;
        // The question was asked a second before its answer came.
        let age = Some(Age { age: Duration::from_secs(11), stale: false });
        assert_eq!(rig.ask("get_rate", "A").await, Outcome::Ok { value: n(r#"{"n":1}"#), age });
        assert_eq!(rig.ask("get_rate", "B").await, Outcome::Ok { value: n(r#"{"n":2}"#), age: None });
        rig.wait(60).await;
        assert_eq!(rig.ask("get_rate", "A").await, Outcome::Ok { value: n(r#"{"n":3}"#), age: None });
        // Fresh goes past it, and renews it.
        let fresh = CallContext { fresh: true, ..rig.context() };
        let renewed = Outcome::Ok { value: n(r#"{"n":4}"#), age: None };
        assert_eq!(rig.ask_as("get_rate", "A", &fresh).await, renewed);
        assert!(
            matches!(rig.ask("get_rate", "A").await, Outcome::Ok { value, .. } if value == n(r#"{"n":4}"#))
        );
    });
}

#[test]
fn many_who_ask_the_same_ask_once() {
    let rig = Rig::new(|_| (200, None));
    let outcomes = rig.run(|rig| async move { at_once(&rig, 50, "get_rate").await });
    assert_eq!(count(&outcomes, "ok"), 50);
    assert_eq!(rig.calls(), 1);
    let told = rig.told.cache.lock().unwrap();
    assert_eq!(told.iter().filter(|use_| **use_ == CacheUse::Joined).count(), 49);
}

#[test]
fn one_who_gives_up_does_not_take_the_others_along() {
    let rig = Rig::new(|_| (200, None));
    rig.run(|rig| async move {
        let asking = Arc::clone(&rig);
        let first = tokio::spawn(async move { asking.ask("get_rate", "A").await });
        tokio::task::yield_now().await;
        let asking = Arc::clone(&rig);
        let second = tokio::spawn(async move { asking.ask("get_rate", "A").await });
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap().name(), "ok");
        assert_eq!(rig.calls(), 2);
    });
}

#[test]
fn an_old_answer_stands_in_while_the_system_fails_but_failures_are_not_kept() {
    let rig = Rig::new(|count| (if count == 1 { 200 } else { 500 }, None));
    rig.run(|rig| async move {
        assert_eq!(rig.ask("get_rate", "A").await.name(), "ok");
        rig.wait(120).await;
        let Outcome::Ok { age: Some(age), .. } = rig.ask("get_rate", "A").await else { panic!("no answer") };
        assert!(age.stale && age.age >= Duration::from_secs(120), "{age:?}");
        assert_eq!(rig.calls(), 2, "the system was asked first");
        assert_eq!(rig.ask("get_rate", "B").await.name(), "unknown");
        assert_eq!(rig.ask("get_rate", "B").await.name(), "unknown");
        assert_eq!(rig.calls(), 4);
        // Fresh never takes an old answer; nor does anyone once it is too old.
        let fresh = CallContext { fresh: true, ..rig.context() };
        assert_ne!(rig.ask_as("get_rate", "A", &fresh).await.name(), "stale");
        rig.wait(700).await;
        assert_ne!(rig.ask("get_rate", "A").await.name(), "stale");
    });
}

#[test]
fn accounts_do_not_see_each_other_s_answers_unless_shared() {
    let rig = Rig::new(|_| (200, None));
    rig.run(|rig| async move {
        let other = CallContext { account: Some("OTHER".into()), ..rig.context() };
        let nobody = CallContext { account: None, ..rig.context() };
        rig.ask("get_rate", "A").await;
        rig.ask_as("get_rate", "A", &other).await;
        rig.ask_as("get_rate", "A", &nobody).await;
        assert_eq!(rig.calls(), 3);
        rig.ask("get_zones", "").await;
        rig.ask_as("get_zones", "", &other).await;
        assert_eq!(rig.calls(), 4);
    });
}
