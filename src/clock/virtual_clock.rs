//! A clock that stands still while anything can happen, and then jumps to the next sleeper: tests of
//! hours run in milliseconds, and a seed replays ids and chance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{BoxFuture, Clock, Moment};

/// A clock for tests. [`VirtualClock::run`] drives it; alone, it moves only by [`VirtualClock::advance`].
#[derive(Debug)]
pub struct VirtualClock {
    start: Moment,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    elapsed: Duration,
    chance: u64,
    sleepers: BinaryHeap<Reverse<Sleeper>>,
    /// Breaks ties: who fell asleep first wakes first.
    counted: u64,
}

#[derive(Debug)]
struct Sleeper {
    at: Duration,
    number: u64,
    alarm: Arc<Mutex<Alarm>>,
}

#[derive(Debug, Default)]
struct Alarm {
    rung: bool,
    /// The one who slept is gone: time need not stop here.
    dropped: bool,
    waker: Option<Waker>,
}

impl VirtualClock {
    /// A clock that shows `start`, with chance and ids from `seed`.
    pub fn new(start: Moment, seed: u64) -> Arc<VirtualClock> {
        let inner = Inner { elapsed: Duration::ZERO, chance: seed, sleepers: BinaryHeap::new(), counted: 0 };
        Arc::new(VirtualClock { start, inner: Arc::new(Mutex::new(inner)) })
    }

    /// Runs `future` to its end on a runtime of this thread. Whenever every task waits, time jumps
    /// to the next sleeper. What waits for something outside (a socket, another thread) does not
    /// hold time still.
    ///
    /// # Errors
    /// When the system gives no runtime.
    pub fn run<F: Future>(self: &Arc<Self>, future: F) -> std::io::Result<F::Output> {
        let clock = Arc::clone(self);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || clock.jump())
            .build()?;
        Ok(runtime.block_on(future))
    }

    /// Moves time on and wakes everyone whose time has come, in order.
    pub fn advance(&self, by: Duration) {
        let until = lock(&self.inner).elapsed.saturating_add(by);
        while lock(&self.inner).wake_next(until) {}
        lock(&self.inner).elapsed = until;
    }

    /// Moves time to the next sleeper and wakes it. Nobody asleep: nothing happens.
    fn jump(&self) {
        lock(&self.inner).wake_next(Duration::MAX);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// Wakes the next sleeper due by `until`, and says whether there was one.
    fn wake_next(&mut self, until: Duration) -> bool {
        while let Some(Reverse(next)) = self.sleepers.peek() {
            if next.at > until {
                return false;
            }
            let Some(Reverse(sleeper)) = self.sleepers.pop() else { return false };
            let mut alarm = lock(&sleeper.alarm);
            if alarm.dropped {
                continue;
            }
            self.elapsed = self.elapsed.max(sleeper.at);
            alarm.rung = true;
            if let Some(waker) = alarm.waker.take() {
                waker.wake();
            }
            return true;
        }
        false
    }

    /// SplitMix64: small, and good enough for jitter.
    fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// A sleep of a [`VirtualClock`].
struct Sleep {
    alarm: Arc<Mutex<Alarm>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut alarm = lock(&self.alarm);
        if alarm.rung {
            return Poll::Ready(());
        }
        alarm.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        lock(&self.alarm).dropped = true;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Moment {
        self.start.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        lock(&self.inner).elapsed
    }

    fn sleep(&self, while_: Duration) -> BoxFuture<'static, ()> {
        let alarm = Arc::new(Mutex::new(Alarm { rung: while_.is_zero(), ..Alarm::default() }));
        if !while_.is_zero() {
            let mut inner = lock(&self.inner);
            inner.counted += 1;
            let at = inner.elapsed.saturating_add(while_);
            let sleeper = Sleeper { at, number: inner.counted, alarm: Arc::clone(&alarm) };
            inner.sleepers.push(Reverse(sleeper));
        }
        Box::pin(Sleep { alarm })
    }

    fn random(&self) -> u64 {
        lock(&self.inner).chance()
    }

    fn id(&self) -> uuid::Uuid {
        let millis = (self.now().0 / 1_000_000).max(0) as u64;
        let mut bytes = [0; 10];
        let mut inner = lock(&self.inner);
        bytes[..8].copy_from_slice(&inner.chance().to_be_bytes());
        bytes[8..].copy_from_slice(&inner.chance().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Sleeper {}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_pass_at_once_and_in_order() {
        let clock = VirtualClock::new(Moment(0), 7);
        let inside = Arc::clone(&clock);
        let order = clock.run(async move {
            let order = Arc::new(Mutex::new(Vec::new()));
            let mut tasks = Vec::new();
            for hours in [3u64, 1, 2] {
                let (clock, order) = (Arc::clone(&inside), Arc::clone(&order));
                tasks.push(tokio::spawn(async move {
                    clock.sleep(Duration::from_secs(hours * 3600)).await;
                    lock(&order).push((hours, clock.monotonic().as_secs()));
                }));
            }
            // Given up: time must not stop for it.
            drop(inside.sleep(Duration::from_secs(1800)));
            for task in tasks {
                task.await.unwrap();
            }
            lock(&order).clone()
        });
        assert_eq!(order.unwrap(), vec![(1, 3600), (2, 7200), (3, 10800)]);
    }

    #[test]
    fn a_seed_replays_chance_and_ids() {
        let ids = |seed| {
            let clock = VirtualClock::new(Moment(1_700_000_000_000_000_000), seed);
            (clock.random(), clock.id(), clock.id())
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_eq!(ids(1).1.get_version_num(), 7);
    }

    #[test]
    fn alone_it_moves_only_when_told() {
        let clock = VirtualClock::new(Moment(5), 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Moment(1_000_000_005));
    }
}
