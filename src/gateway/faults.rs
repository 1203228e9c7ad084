//! Requests that never became one: what their senders are told, and how little of it the log hears.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::problem::*;
use super::{Gateway, Trace};
use crate::http::{Fault, HeaderMap, HeaderValue, Response};

impl Gateway {
    /// What is said when a request never got here, or broke an invariant of ours.
    pub fn fault(&self, fault: Fault) -> Response {
        let problem = problem_of(fault);
        self.metrics.problem(problem.kind.name);
        let trace = Trace::read(&HeaderMap::new(), &*self.clock);
        let mut response = Response::new(fault.status(), MEDIA_TYPE, problem.body(&trace));
        if problem.retry_after.is_some() {
            response.headers.insert("retry-after", HeaderValue::from_static("1"));
        }
        if let Some(silent) = self.quiet.speaks(self.clock.monotonic()) {
            tracing::warn!(target: "crossdock::request", ?fault, request_id = &*trace.request_id,
                silent, "a request was not answered");
        }
        response
    }
}

fn problem_of(fault: Fault) -> Problem {
    match fault {
        Fault::Panic => Problem::new(&INTERNAL),
        Fault::BadHead => Problem::new(&MALFORMED_REQUEST).detail("the head of the request breaks HTTP"),
        Fault::LargeHead => Problem::new(&HEAD_TOO_LARGE),
        Fault::LongTarget => Problem::new(&TARGET_TOO_LONG),
        Fault::LateHead => Problem::new(&HEAD_TIMEOUT),
        Fault::UnknownCoding => Problem::new(&NOT_IMPLEMENTED).detail(
            "no transfer coding besides `chunked` is taken: use `Content-Encoding` to compress a body",
        ),
        Fault::Full => Problem::new(&BUSY).retry_after(Some(1)),
        Fault::Crowd => Problem::new(&QUOTA_EXCEEDED)
            .detail("there are too many connections from your address")
            .retry_after(Some(1)),
    }
}

/// Speaks once a second: whoever sends rubbish must not fill the log.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// In milliseconds of the gateway's clock.
    until: AtomicU64,
    silent: AtomicU64,
}

impl Quiet {
    /// How many times it was silent since it last spoke, when it may speak again.
    fn speaks(&self, now: Duration) -> Option<u64> {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX).max(1);
        let until = self.until.load(Ordering::Relaxed);
        let mine = now >= until
            && self.until.compare_exchange(until, now + 1000, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !mine {
            self.silent.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.silent.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_hears_of_them_once_a_second() {
        let quiet = Quiet::default();
        let said: Vec<_> =
            [0, 10, 999, 1001, 1500, 5000].map(|at| quiet.speaks(Duration::from_millis(at))).into();
        assert_eq!(said, [Some(0), None, None, Some(2), None, Some(1)]);
    }

    #[test]
    fn every_fault_has_its_status() {
        use Fault::*;
        for fault in [Panic, BadHead, LargeHead, LongTarget, LateHead, UnknownCoding, Full, Crowd] {
            assert_eq!(problem_of(fault).status, fault.status().as_u16());
        }
    }
}
