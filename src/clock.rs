//! Time, ids and randomness behind one trait, so that a test's seed replays what happened.

mod virtual_clock;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use virtual_clock::VirtualClock;

/// A moment, in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i128);

impl Moment {
    /// This moment and a while.
    pub fn plus(self, while_: Duration) -> Moment {
        Moment(self.0.saturating_add(while_.as_nanos() as i128))
    }

    /// How long from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos((self.0 - earlier.0).clamp(0, u64::MAX as i128) as u64)
    }
}

/// A boxed future, for traits that must stay object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where time, ids and chance come from. Durations are measured on a clock that never goes back.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The wall clock, for stamps that people and partners read.
    fn now(&self) -> Moment;

    /// A clock that never goes back, for deadlines, limits and ages; zero is arbitrary.
    fn monotonic(&self) -> Duration;

    /// Waits. Under a virtual clock the wait ends when nothing else can happen first.
    fn sleep(&self, while_: Duration) -> BoxFuture<'static, ()>;

    /// 64 bits of chance (jitter, sampling): never for secrets.
    fn random(&self) -> u64;

    /// A fresh id, time-ordered to the millisecond (UUIDv7, RFC 9562).
    fn id(&self) -> uuid::Uuid;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// The machine's clock, shared.
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(SystemClock { started: std::time::Instant::now() })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment(since.as_nanos() as i128)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, while_: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(while_))
    }

    fn random(&self) -> u64 {
        rand::random()
    }

    /// Drawn from the thread's own generator: asking the kernel for chance several times a request
    /// was a tenth of what a request cost.
    fn id(&self) -> uuid::Uuid {
        let millis = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(millis.as_millis()).unwrap_or(u64::MAX);
        uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
    }
}
