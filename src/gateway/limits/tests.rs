//! Limits: what is allowed, what is said, what is remembered, what it costs.

use std::sync::atomic::AtomicU64;

use super::*;
use crate::clock::{BoxFuture, Moment, SystemClock};

/// A clock that stands still until told otherwise.
#[derive(Debug, Default)]
struct Still(AtomicU64);

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment(0)
    }
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn sleep(&self, _while: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
    fn random(&self) -> u64 {
        7
    }
    fn id(&self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

const QUOTA: Quota = Quota { count: 20, per: Duration::from_secs(1), burst: 40 };

#[test]
fn the_burst_passes_then_the_rate() {
    let clock = Arc::new(Still::default());
    let limiter = Limiter::new("client", QUOTA, clock.clone());
    let first = limiter.check("a");
    assert_eq!((first.allowed, first.remaining), (true, 39));
    assert_eq!(first.policy, "\"client\";q=40;w=2");
    assert_eq!(first.state(), "\"client\";r=39;t=1");
    assert!((0..39).all(|_| limiter.check("a").allowed));
    let refused = limiter.check("a");
    assert_eq!((refused.allowed, refused.remaining, refused.retry_after()), (false, 0, 1));
    assert!(limiter.check("b").allowed, "another caller has its own bucket");
    clock.0.store(50, Ordering::Relaxed);
    assert!(limiter.check("a").allowed, "one twentieth of a second gives one request");
    assert!(!limiter.check("a").allowed);
}

#[test]
fn a_million_callers_cost_a_bounded_number_of_cells() {
    let slow = Quota { count: 1, per: Duration::from_secs(3600), burst: 1 };
    let limiter = Limiter::new("client", slow, SystemClock::shared());
    for caller in 0..1_000_000_u32 {
        limiter.check(&caller.to_string());
    }
    let bound = KEYS + SHARED as usize + SWEEP_EVERY as usize;
    assert!(limiter.len() <= bound, "{} cells", limiter.len());
}

#[test]
fn callers_at_rest_are_forgotten() {
    let clock = Arc::new(Still::default());
    let limiter = Limiter::new("client", QUOTA, clock.clone());
    (0..1000_u32).for_each(|caller| assert!(limiter.check(&caller.to_string()).allowed));
    clock.0.store(60_000, Ordering::Relaxed);
    limiter.sweep();
    assert!(limiter.is_empty());
}

#[test]
fn counts_survive_a_reload_that_keeps_the_quota() {
    let limits = Limits::new(Arc::new(Still::default()));
    let one = limits.limiter("POST /x", "client", Quota { burst: 1, ..QUOTA });
    assert!(one.check("a").allowed);
    let again = limits.limiter("POST /x", "client", Quota { burst: 1, ..QUOTA });
    assert!(!again.check("a").allowed);
    let changed = limits.limiter("POST /x", "client", QUOTA);
    assert!(changed.check("a").allowed);
    drop((one, again, changed));
    limits.sweep();
    assert!(limits.limiters.lock().unwrap().is_empty());
}

#[test]
fn a_peer_that_guesses_has_to_wait() {
    let clock = Arc::new(Still::default());
    let limits = Limits::new(clock.clone());
    let failures = limits.limiter("", "failures", Quota { burst: 3, ..QUOTA });
    for _ in 0..3 {
        limits.failed(&failures, "10.0.0.1");
    }
    assert_eq!(limits.blocked("10.0.0.1"), None);
    limits.failed(&failures, "10.0.0.1");
    assert_eq!(limits.blocked("10.0.0.1"), Some(Duration::from_secs(1)));
    assert_eq!(limits.blocked("10.0.0.2"), None);
    clock.0.store(1001, Ordering::Relaxed);
    assert_eq!(limits.blocked("10.0.0.1"), None);
}
