//! How often anybody may call: keyed token buckets that survive reloads, bounded in memory.
//!
//! Each limiter keeps one small cell per caller. Above [`KEYS`] callers, new ones share a fixed
//! number of cells, so a million invented callers cost no more than that.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;

use crate::clock::Clock;
use crate::http::HeaderValue;
use crate::plan::Quota;

/// Callers that have a cell of their own in one limiter.
pub const KEYS: usize = 100_000;

/// Cells that callers share beyond [`KEYS`].
const SHARED: u64 = 1 << 14;

/// Checks between two looks at how many cells there are.
const SWEEP_EVERY: u32 = 4096;

/// What one limiter says to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name in `RateLimit` and in metrics.
    pub name: &'static str,
    pub allowed: bool,
    pub quota: Quota,
    /// `"client";q=40;w=2` (draft-ietf-httpapi-ratelimit-headers-10): so many at once, whole again
    /// after so many seconds.
    pub policy: HeaderValue,
    /// Requests still allowed at once.
    pub remaining: u32,
    /// Until another request is allowed; zero when one is.
    pub wait: Duration,
}

impl Verdict {
    /// `"client";r=12;t=2`: so many left, all of them again in so many seconds.
    pub fn state(&self) -> String {
        let spent = self.quota.burst.saturating_sub(self.remaining);
        // Joined by hand: this is said with every answer.
        let (left, until) = (self.remaining.to_string(), seconds(refill(self.quota, spent)).to_string());
        ["\"", self.name, "\";r=", &left, ";t=", &until].concat()
    }

    /// Whole seconds until it is worth asking again, at least one.
    pub fn retry_after(&self) -> u64 {
        seconds(self.wait).max(1)
    }
}

fn policy(name: &str, quota: Quota) -> HeaderValue {
    let policy = format!("\"{name}\";q={};w={}", quota.burst, seconds(refill(quota, quota.burst)));
    // INVARIANT: names of limits are words of ours.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(""))
}

fn refill(quota: Quota, count: u32) -> Duration {
    (quota.per * count) / quota.count.max(1)
}

fn seconds(while_: Duration) -> u64 {
    while_.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// The gateway's clock, as governor asks for it.
#[derive(Debug, Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}

type Cells = governor::RateLimiter<u64, DashMapStateStore<u64>, Ticks, StateInformationMiddleware>;

/// One limit over many callers.
pub struct Limiter {
    name: &'static str,
    quota: Quota,
    policy: HeaderValue,
    cells: Cells,
    hasher: RandomState,
    clock: Ticks,
    checks: AtomicU32,
    full: AtomicBool,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter")
            .field("name", &self.name)
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

impl Limiter {
    /// A limiter with no calls counted.
    pub fn new(name: &'static str, quota: Quota, clock: Arc<dyn Clock>) -> Limiter {
        let clock = Ticks(clock);
        let cells: Cells =
            governor::RateLimiter::dashmap_with_clock(governor_quota(quota), clock.clone()).with_middleware();
        let (checks, full) = (AtomicU32::new(0), AtomicBool::new(false));
        Limiter {
            name,
            quota,
            policy: policy(name, quota),
            cells,
            hasher: RandomState::new(),
            clock,
            checks,
            full,
        }
    }

    /// Counts one request of `caller` and says whether it may pass.
    pub fn check(&self, caller: &str) -> Verdict {
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            self.look();
        }
        let key = self.key(caller);
        let verdict = |allowed, remaining, wait| Verdict {
            name: self.name,
            allowed,
            quota: self.quota,
            policy: self.policy.clone(),
            remaining,
            wait,
        };
        match self.cells.check_key(&key) {
            Ok(state) => verdict(true, state.remaining_burst_capacity(), Duration::ZERO),
            Err(not_until) => {
                let now = governor::clock::Clock::now(&self.clock);
                verdict(false, 0, not_until.wait_time_from(now))
            }
        }
    }

    fn key(&self, caller: &str) -> u64 {
        let key = self.hasher.hash_one(caller);
        if self.full.load(Ordering::Relaxed) { key % SHARED } else { key }
    }

    /// Cells there are now.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether nobody has a cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are too many cells: forgets callers whose bucket is full again, and decides
    /// whether new ones get a cell of their own.
    fn look(&self) {
        if self.cells.len() > KEYS {
            self.sweep();
        }
        self.full.store(self.cells.len() > KEYS, Ordering::Relaxed);
    }

    /// Forgets callers whose bucket is full again and gives the memory back. For a timer.
    pub fn sweep(&self) {
        self.cells.retain_recent();
        self.cells.shrink_to_fit();
    }
}

fn governor_quota(quota: Quota) -> governor::Quota {
    let one = (quota.per / quota.count.max(1)).max(Duration::from_nanos(1));
    let burst = NonZeroU32::new(quota.burst).unwrap_or(NonZeroU32::MIN);
    governor::Quota::with_period(one).unwrap_or(governor::Quota::per_second(burst)).allow_burst(burst)
}

/// Every limiter of the process, so that a reload that does not change a limit keeps its counts.
#[derive(Debug)]
pub struct Limits {
    clock: Arc<dyn Clock>,
    limiters: Mutex<BTreeMap<(String, &'static str), Arc<Limiter>>>,
    failures: Failures,
}

/// Peers that failed to prove who they are too often, and until when they have to wait.
#[derive(Debug, Default)]
struct Failures {
    some: AtomicBool,
    until: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    peers: HashMap<String, Duration>,
    /// When those who waited long enough were last forgotten.
    swept: Duration,
}

impl Waiting {
    /// Forgets who waited long enough, at most once a second: no request looks at all of them often.
    fn sweep(&mut self, now: Duration) {
        if now.saturating_sub(self.swept) >= Duration::from_secs(1) {
            self.swept = now;
            self.peers.retain(|_, end| *end > now);
        }
    }
}

/// Peers that may be made to wait at the same time.
const WAITING: usize = 10_000;

impl Limits {
    /// No limits yet.
    pub fn new(clock: Arc<dyn Clock>) -> Limits {
        Limits { clock, limiters: Mutex::default(), failures: Failures::default() }
    }

    /// The limiter of `what` (a route, the gateway), per `name`: the one there is when its quota is
    /// the same, a new one otherwise.
    pub fn limiter(&self, what: &str, name: &'static str, quota: Quota) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        let own = limiters.entry((what.to_owned(), name));
        let fresh = || Arc::new(Limiter::new(name, quota, Arc::clone(&self.clock)));
        let limiter = own.or_insert_with(fresh);
        if limiter.quota != quota {
            *limiter = fresh();
        }
        Arc::clone(limiter)
    }

    /// Forgets limiters that no generation uses any more, and sweeps the others.
    pub fn sweep(&self) {
        self.forgive();
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1);
        let kept: Vec<Arc<Limiter>> = limiters.values().cloned().collect();
        drop(limiters);
        kept.iter().for_each(|limiter| limiter.sweep());
    }

    /// How long `peer` has to wait because it failed too often; `None` when it may try.
    pub fn blocked(&self, peer: &str) -> Option<Duration> {
        if !self.failures.some.load(Ordering::Relaxed) {
            return None;
        }
        let until = self.failures.until.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = until.peers.get(peer)?.saturating_sub(self.clock.monotonic());
        (!wait.is_zero()).then_some(wait)
    }

    /// Counts a failed proof of identity against `peer`; beyond the quota it has to wait at least a second.
    pub fn failed(&self, limiter: &Limiter, peer: &str) {
        let verdict = limiter.check(peer);
        if verdict.allowed {
            return;
        }
        let now = self.clock.monotonic();
        let mut until = self.failures.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.peers.len() >= WAITING {
            until.sweep(now);
        }
        if until.peers.len() < WAITING {
            until.peers.insert(peer.to_owned(), now + verdict.wait.max(Duration::from_secs(1)));
            self.failures.some.store(true, Ordering::Relaxed);
        }
    }

    /// Forgets peers that waited long enough.
    fn forgive(&self) {
        let mut until = self.failures.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.sweep(self.clock.monotonic());
        self.failures.some.store(!until.peers.is_empty(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
