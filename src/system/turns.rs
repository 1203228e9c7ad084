//! The bulkhead: so many calls at once, so many waiting, so long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::Clock;

/// Who may call now. The bounds come with every call, so that a reload may change them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    active: u32,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to call; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Option<Arc<Turns>>,
}

impl Turns {
    /// A turn, at the latest after `wait`. `None`: too many wait already, or the time is over.
    pub async fn take(
        self: &Arc<Self>,
        concurrency: u32,
        queue: u32,
        wait: Duration,
        clock: &dyn Clock,
    ) -> Option<Turn> {
        let waiting = {
            let mut inner = self.lock();
            if inner.active < concurrency {
                inner.active += 1;
                return Some(Turn { turns: Some(Arc::clone(self)) });
            }
            // Those who gave up make room.
            inner.waiting.retain(|waiter| !waiter.is_closed());
            if inner.waiting.len() >= queue as usize || wait.is_zero() {
                return None;
            }
            let (sender, receiver) = oneshot::channel();
            inner.waiting.push_back(sender);
            receiver
        };
        tokio::select! {
            biased;
            turn = waiting => turn.ok(),
            () = clock.sleep(wait) => None,
        }
    }

    /// How many calls are on their way, and how many wait.
    #[cfg(test)]
    fn load(&self) -> (u32, usize) {
        let inner = self.lock();
        (inner.active, inner.waiting.iter().filter(|waiter| !waiter.is_closed()).count())
    }

    fn give_back(self: &Arc<Self>) {
        loop {
            let next = {
                let mut inner = self.lock();
                let next = inner.waiting.pop_front();
                if next.is_none() {
                    inner.active = inner.active.saturating_sub(1);
                }
                next
            };
            let Some(waiter) = next else { return };
            match waiter.send(Turn { turns: Some(Arc::clone(self)) }) {
                Ok(()) => return,
                // It gave up just now: the turn is still ours to give.
                Err(mut turn) => turn.turns = None,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Moment, VirtualClock};

    #[test]
    fn waits_in_order_and_never_more_than_agreed() {
        let clock = VirtualClock::new(Moment(0), 1);
        let inside = Arc::clone(&clock);
        let ended = clock.run(async move {
            let turns = Arc::new(Turns::default());
            let mut tasks = Vec::new();
            for n in 0..6u64 {
                let (turns, clock) = (Arc::clone(&turns), Arc::clone(&inside));
                tasks.push(tokio::spawn(async move {
                    let turn = turns.take(1, 4, Duration::from_secs(25), &*clock).await;
                    let begun = clock.monotonic().as_secs();
                    if turn.is_some() {
                        assert_eq!(turns.load().0, 1);
                        clock.sleep(Duration::from_secs(10)).await;
                    }
                    (n, turn.is_some(), begun)
                }));
            }
            let mut ended = Vec::new();
            for task in tasks {
                ended.push(task.await.unwrap());
            }
            assert_eq!(turns.load(), (0, 0));
            ended
        });
        let expected = vec![
            (0, true, 0),
            (1, true, 10),
            (2, true, 20),
            (3, false, 25),
            (4, false, 25),
            (5, false, 0), // the queue is full
        ];
        assert_eq!(ended.unwrap(), expected);
    }

    #[test]
    fn a_cancelled_waiter_loses_no_turn() {
        let clock = VirtualClock::new(Moment(0), 1);
        let inside = Arc::clone(&clock);
        clock
            .run(async move {
                let turns = Arc::new(Turns::default());
                let held = turns.take(1, 9, Duration::from_secs(9), &*inside).await;
                let waiter = tokio::spawn({
                    let (turns, clock) = (Arc::clone(&turns), Arc::clone(&inside));
                    async move { turns.take(1, 9, Duration::from_secs(9), &*clock).await.is_some() }
                });
                tokio::task::yield_now().await;
                waiter.abort();
                assert!(waiter.await.is_err());
                drop(held);
                assert_eq!(turns.load(), (0, 0));
                assert!(turns.take(1, 0, Duration::ZERO, &*inside).await.is_some());
            })
            .unwrap();
    }
}
