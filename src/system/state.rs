//! What is known about one system, whichever generation asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::attempt::held;
use super::breaker::{Breaker, Report, Ticket};
use super::live::Live;
use super::pace::Pace;
use super::turns::Turns;
use super::{BreakerState, FailureKind, Outcome, System};
use crate::auth::outbound::Sessions;

#[derive(Debug)]
pub(super) struct State {
    breaker: Mutex<Breaker>,
    pace: Mutex<Pace>,
    pub turns: Arc<Turns>,
    pub sessions: Sessions,
}

impl Default for State {
    fn default() -> State {
        State {
            breaker: Mutex::new(Breaker::new()),
            pace: Mutex::default(),
            turns: Arc::default(),
            sessions: Sessions::new(),
        }
    }
}

impl State {
    /// Whether the system may be asked at `now`: it did not ask for rest, and the breaker lets calls
    /// pass. The error is the attempt's outcome.
    pub fn may_ask(&self, now: Duration) -> Result<(), Outcome> {
        if let Some(left) = lock(&self.pace).resting(now) {
            return Err(held(FailureKind::Unavailable, "the system asked to be left alone", Some(left)));
        }
        match lock(&self.breaker).refuses(now) {
            Some(left) => Err(open(left)),
            None => Ok(()),
        }
    }

    /// Lets a call pass the breaker; its end is reported with the ticket.
    pub fn admit(&self, live: &Live, system: &System, now: Duration) -> Result<Ticket, Outcome> {
        let mut breaker = lock(&self.breaker);
        let before = breaker.state(now);
        let was_open = breaker.is_open();
        let ticket = breaker.admit(now).map_err(open)?;
        drop(breaker);
        if was_open && before == BreakerState::HalfOpen {
            live.observer.on_breaker(&system.name, BreakerState::HalfOpen);
        }
        Ok(ticket)
    }

    pub fn report(&self, live: &Live, system: &System, ticket: Ticket, how: Report) {
        let now = live.clock.monotonic();
        let mut breaker = lock(&self.breaker);
        let before = breaker.state(now);
        breaker.report(ticket, how, now, &system.breaker);
        let after = breaker.state(now);
        drop(breaker);
        if before != after {
            live.observer.on_breaker(&system.name, after);
            tracing::warn!(system = &*system.name, state = after.name(), "the breaker changed its state");
        }
    }

    /// Takes the next free moment of the outbound rate: how long to wait for it.
    pub fn reserve(
        &self,
        now: Duration,
        rate: (u32, Duration),
        wait: Duration,
    ) -> Result<Duration, Duration> {
        lock(&self.pace).reserve(now, rate, wait)
    }

    /// The system asked to be left alone.
    pub fn rest(&self, now: Duration, for_: Duration) {
        lock(&self.pace).rest(now, for_);
    }

    pub fn breaker(&self, now: Duration) -> BreakerState {
        lock(&self.breaker).state(now)
    }
}

fn open(left: Duration) -> Outcome {
    held(FailureKind::BreakerOpen, "the breaker is open: the system keeps failing", Some(left))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
