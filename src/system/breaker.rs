//! The breaker: stops asking a system that fails, then tries it with one call.

use std::collections::VecDeque;
use std::time::Duration;

use super::BreakerSettings;

/// Whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// No call passes.
    Open,
    /// One call passes, to see.
    HalfOpen,
}

impl BreakerState {
    /// The word for logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }

    /// The number for gauges: 0 closed, 1 half open, 2 open.
    pub fn number(self) -> i64 {
        match self {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        }
    }
}

/// The window is counted in so many slices: that exact it is, and that little memory it needs.
const SLICES: u32 = 10;

/// What a call that passed must be reported with: reports of calls that began before the breaker
/// last changed its state do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    epoch: u64,
}

/// How a call went, as far as the system's health is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Good,
    Bad,
    /// Says nothing about the system: cancelled, or never sent.
    Nothing,
}

/// The state machine. Pure: time comes in as the monotonic clock's reading.
#[derive(Debug)]
pub(super) struct Breaker {
    phase: Phase,
    epoch: u64,
    slices: VecDeque<Slice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Open {
        until: Duration,
    },
    /// A call is out to see.
    HalfOpen,
}

#[derive(Debug, Clone, Copy)]
struct Slice {
    number: u64,
    good: u32,
    bad: u32,
}

impl Breaker {
    pub fn new() -> Breaker {
        Breaker { phase: Phase::Closed, epoch: 0, slices: VecDeque::new() }
    }

    /// The state that a call arriving at `now` would meet.
    pub fn state(&self, now: Duration) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen => BreakerState::HalfOpen,
        }
    }

    /// Whether it left the closed state and no call has gone to see yet.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Whether a call would be refused at `now`, and for how long.
    pub fn refuses(&self, now: Duration) -> Option<Duration> {
        match self.phase {
            Phase::Open { until } if now < until => Some(until - now),
            Phase::HalfOpen => Some(Duration::ZERO),
            _ => None,
        }
    }

    /// Lets a call pass, or says how long to leave the system alone. Every ticket is reported.
    pub fn admit(&mut self, now: Duration) -> Result<Ticket, Duration> {
        if let Some(wait) = self.refuses(now) {
            return Err(wait);
        }
        if matches!(self.phase, Phase::Open { .. }) {
            self.enter(Phase::HalfOpen);
        }
        Ok(Ticket { epoch: self.epoch })
    }

    /// Counts how a call went.
    pub fn report(&mut self, ticket: Ticket, how: Report, now: Duration, settings: &BreakerSettings) {
        if ticket.epoch != self.epoch {
            return;
        }
        match (self.phase, how) {
            (Phase::HalfOpen, Report::Good) => self.enter(Phase::Closed),
            (Phase::HalfOpen, Report::Bad) => {
                self.enter(Phase::Open { until: now.saturating_add(settings.half_open_after) });
            }
            // The one that went to see did not come back: the next may go.
            (Phase::HalfOpen, Report::Nothing) => self.enter(Phase::Open { until: now }),
            (Phase::Closed, Report::Good | Report::Bad) => self.count(how, now, settings),
            _ => {}
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.epoch += 1;
        self.slices.clear();
    }

    fn count(&mut self, how: Report, now: Duration, settings: &BreakerSettings) {
        let slice = (settings.within / SLICES).max(Duration::from_nanos(1));
        let number = (now.as_nanos() / slice.as_nanos()) as u64;
        while self.slices.front().is_some_and(|first| first.number + u64::from(SLICES) <= number) {
            self.slices.pop_front();
        }
        // Settings may change under us, and with them the numbers: never more slices than agreed.
        if self.slices.back().is_none_or(|last| last.number != number) {
            self.slices.push_back(Slice { number, good: 0, bad: 0 });
            if self.slices.len() > SLICES as usize {
                self.slices.pop_front();
            }
        }
        if let Some(last) = self.slices.back_mut() {
            match how {
                Report::Bad => last.bad = last.bad.saturating_add(1),
                _ => last.good = last.good.saturating_add(1),
            }
        }
        if how == Report::Bad && self.too_many(settings) {
            self.enter(Phase::Open { until: now.saturating_add(settings.half_open_after) });
        }
    }

    fn too_many(&self, settings: &BreakerSettings) -> bool {
        let (good, bad) = self.slices.iter().fold((0u64, 0u64), |(good, bad), slice| {
            (good + u64::from(slice.good), bad + u64::from(slice.bad))
        });
        let all = good + bad;
        all >= u64::from(settings.calls.max(1)) && bad * 100 >= all * u64::from(settings.percent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: BreakerSettings = BreakerSettings {
        percent: 50,
        calls: 4,
        within: Duration::from_secs(10),
        half_open_after: Duration::from_secs(15),
    };

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed(breaker: &mut Breaker, now: Duration, times: usize) {
        for _ in 0..times {
            let ticket = breaker.admit(now).unwrap();
            breaker.report(ticket, Report::Bad, now, &SETTINGS);
        }
    }

    #[test]
    fn opens_at_the_share_and_closes_after_one_good_call() {
        let mut breaker = Breaker::new();
        failed(&mut breaker, secs(1), 3);
        assert_eq!(breaker.state(secs(1)), BreakerState::Closed, "three are fewer than four");
        failed(&mut breaker, secs(2), 1);
        assert_eq!(breaker.admit(secs(3)), Err(secs(14)));
        let probe = breaker.admit(secs(17)).unwrap();
        assert!(breaker.admit(secs(17)).is_err(), "only one goes to see");
        breaker.report(probe, Report::Good, secs(18), &SETTINGS);
        assert_eq!(breaker.state(secs(18)), BreakerState::Closed);
    }

    #[test]
    fn a_bad_probe_opens_it_again_and_a_lost_one_lets_the_next_go() {
        let mut breaker = Breaker::new();
        failed(&mut breaker, secs(0), 4);
        let probe = breaker.admit(secs(15)).unwrap();
        breaker.report(probe, Report::Nothing, secs(16), &SETTINGS);
        let probe = breaker.admit(secs(16)).unwrap();
        breaker.report(probe, Report::Bad, secs(17), &SETTINGS);
        assert_eq!(breaker.admit(secs(20)), Err(secs(12)));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let mut breaker = Breaker::new();
        failed(&mut breaker, secs(0), 3);
        failed(&mut breaker, secs(11), 3);
        assert_eq!(breaker.state(secs(11)), BreakerState::Closed);
    }

    #[test]
    fn late_reports_from_before_it_opened_do_not_count() {
        let mut breaker = Breaker::new();
        let early = breaker.admit(secs(0)).unwrap();
        failed(&mut breaker, secs(1), 4);
        breaker.report(early, Report::Good, secs(2), &SETTINGS);
        assert_eq!(breaker.state(secs(2)), BreakerState::Open);
    }

    proptest! {
        /// Whatever happens in whatever order: memory stays bounded, at most one call is out while
        /// it is half open, none passes while it is open, and time always lets one pass again.
        #[test]
        fn holds_its_promises(steps in prop::collection::vec((0u8..4, 0u64..20_000), 1..200)) {
            let mut breaker = Breaker::new();
            let mut now = Duration::ZERO;
            let mut out: Vec<Ticket> = Vec::new();
            for (step, millis) in steps {
                now += Duration::from_millis(millis);
                match step {
                    0 => {
                        let before = breaker.state(now);
                        let admitted = breaker.admit(now);
                        prop_assert!(before != BreakerState::Open || admitted.is_err());
                        if before == BreakerState::Closed {
                            prop_assert!(admitted.is_ok());
                        }
                        if before == BreakerState::HalfOpen && admitted.is_ok() {
                            prop_assert!(breaker.admit(now).is_err());
                        }
                        out.extend(admitted.ok());
                    }
                    how => {
                        if let Some(ticket) = out.pop() {
                            let how = [Report::Good, Report::Bad, Report::Nothing][usize::from(how) - 1];
                            breaker.report(ticket, how, now, &SETTINGS);
                        }
                    }
                }
                prop_assert!(breaker.slices.len() <= SLICES as usize);
            }
            for ticket in out.drain(..) {
                breaker.report(ticket, Report::Nothing, now, &SETTINGS);
            }
            prop_assert!(breaker.admit(now + SETTINGS.half_open_after).is_ok());
        }
    }
}
