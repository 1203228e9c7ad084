//! The outbound rate: at most so many calls within any stretch of time, and none while a system
//! asked to be left alone.

use std::collections::VecDeque;
use std::time::Duration;

/// So many moments are remembered; a larger rate is held in finer stretches of the same ratio.
const REMEMBERED: u32 = 4096;
/// No system is left alone for longer than this, whatever it asks for.
pub(super) const LONGEST_REST: Duration = Duration::from_secs(3600);

/// When calls went out, or will. Pure: time comes in as the monotonic clock's reading.
#[derive(Debug, Default)]
pub(super) struct Pace {
    taken: VecDeque<Duration>,
    rest_until: Duration,
}

impl Pace {
    /// The system asked to be left alone for so long.
    pub fn rest(&mut self, now: Duration, for_: Duration) {
        self.rest_until = self.rest_until.max(now.saturating_add(for_.min(LONGEST_REST)));
    }

    /// How long the system is to be left alone yet; `None` when it may be asked.
    pub fn resting(&self, now: Duration) -> Option<Duration> {
        (now < self.rest_until).then(|| self.rest_until - now)
    }

    /// Takes the next free moment, at most `wait` away: how long to wait for it. The error says how
    /// long it would have been, and nothing is taken.
    pub fn reserve(
        &mut self,
        now: Duration,
        (count, per): (u32, Duration),
        wait: Duration,
    ) -> Result<Duration, Duration> {
        let (count, per) = finer(count, per);
        while self.taken.front().is_some_and(|taken| taken.saturating_add(per) <= now) {
            self.taken.pop_front();
        }
        // Of the last `count` moments, the first must be a whole stretch ago.
        let last = self.taken.len().checked_sub(count as usize).and_then(|at| self.taken.get(at));
        let at = last.map_or(now, |taken| taken.saturating_add(per).max(now));
        let until = at - now;
        if until > wait {
            return Err(until);
        }
        self.taken.push_back(at);
        Ok(until)
    }
}

fn finer(count: u32, per: Duration) -> (u32, Duration) {
    let count = count.max(1);
    if count <= REMEMBERED {
        return (count, per);
    }
    (REMEMBERED, per.mul_f64(f64::from(REMEMBERED) / f64::from(count)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_rest_is_bounded_and_the_longer_of_two_holds() {
        let mut pace = Pace::default();
        let second = Duration::from_secs(1);
        pace.rest(second, Duration::from_secs(30));
        pace.rest(second, Duration::from_secs(5));
        assert_eq!(pace.resting(second), Some(Duration::from_secs(30)));
        assert_eq!(pace.resting(Duration::from_secs(31)), None);
        pace.rest(second, Duration::MAX);
        assert_eq!(pace.resting(second), Some(LONGEST_REST));
    }

    proptest! {
        /// No stretch of a second ever sees more than five calls, and memory stays bounded.
        #[test]
        fn never_more_than_agreed(gaps in prop::collection::vec(0u64..400, 1..300), wait in 0u64..3000) {
            let mut pace = Pace::default();
            let (per, mut now) = (Duration::from_secs(1), Duration::ZERO);
            let mut calls = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                if let Ok(until) = pace.reserve(now, (5, per), Duration::from_millis(wait)) {
                    prop_assert!(until <= Duration::from_millis(wait));
                    calls.push(now + until);
                }
                prop_assert!(pace.taken.len() <= 5 + 5 * 4);
            }
            for window in calls.windows(6) {
                prop_assert!(window[5] - window[0] >= per, "{window:?}");
            }
        }
    }
}
