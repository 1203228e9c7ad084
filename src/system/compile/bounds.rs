//! Limits, times, retries and the breaker, with their defaults.

use std::time::Duration;

use super::Findings;
use crate::config::Spanned;
use crate::config::declarations::system::{Breaker, Jitter, Retry, SystemFile};
use crate::config::declarations::{Lapse, Size};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::system::{BreakerSettings, Limits, RetryPolicy, Timeouts};

/// An answer's body unless said.
const RESPONSE_SIZE: u64 = 4 << 20;
/// More attempts than this help nobody.
const MOST_ATTEMPTS: u32 = 100;

/// What a system bears; every bound is above zero.
pub(super) fn limits(file: &SystemFile, findings: &mut Findings) -> Limits {
    let declared = file.limits.clone().unwrap_or_default();
    if let Some(rate) = &declared.rate {
        above_zero(
            rate.value.count.min(rate.value.per.as_nanos().min(1) as u32),
            "rate",
            rate.span,
            findings,
        );
    }
    if let Some(concurrency) = &declared.concurrency {
        above_zero(concurrency.value, "concurrency", concurrency.span, findings);
    }
    Limits {
        rate: declared.rate.map(|rate| (rate.value.count, rate.value.per)),
        concurrency: declared.concurrency.map_or(64, |count| count.value),
        wait: declared.wait.map_or(Duration::from_secs(1), |wait| wait.value.0),
        queue: declared.queue.map_or(256, |count| count.value),
    }
}

pub(super) fn timeouts(file: &SystemFile, findings: &mut Findings) -> Timeouts {
    let whole = lapse(&file.timeout, "timeout", Duration::from_secs(5), findings);
    Timeouts {
        connect: lapse(&file.connect_timeout, "connect_timeout", Duration::from_secs(2), findings),
        first_byte: lapse(&file.first_byte_timeout, "first_byte_timeout", whole, findings),
        whole,
    }
}

pub(super) fn response_size(file: &SystemFile, findings: &mut Findings) -> u64 {
    let Some(Spanned { value: Size(size), span }) = file.response_size else { return RESPONSE_SIZE };
    above_zero(size.min(1) as u32, "response_size", span, findings);
    size
}

pub(super) fn lapse(
    declared: &Option<Spanned<Lapse>>,
    name: &str,
    otherwise: Duration,
    findings: &mut Findings,
) -> Duration {
    let Some(Spanned { value: Lapse(lapse), span }) = declared else { return otherwise };
    above_zero(u32::from(!lapse.is_zero()), name, *span, findings);
    *lapse
}

/// Half of 20 calls in 10 s, and 15 s of rest, unless said: a system that is down must not hold all
/// its callers (M73).
pub(super) fn breaker(declared: Option<&Breaker>, findings: &mut Findings) -> BreakerSettings {
    let rest = Duration::from_secs(15);
    let Some(declared) = declared else {
        let within = Duration::from_secs(10);
        return BreakerSettings { percent: 50, calls: 20, within, half_open_after: rest };
    };
    let (open_at, span) = (declared.open_at.value, declared.open_at.span);
    let senseless = open_at.percent == 0 || open_at.percent > 100 || open_at.calls == 0;
    if senseless || open_at.within.0.is_zero() {
        let message = "`open_at` must be a share from 1% to 100% of at least one call in some time";
        findings.add(Diagnostic::new(&codes::BAD_LIMIT, span, message).help("write `50% of 20 in 10s`"));
    }
    BreakerSettings {
        percent: open_at.percent,
        calls: open_at.calls,
        within: open_at.within.0,
        half_open_after: lapse(&declared.half_open_after, "half_open_after", rest, findings),
    }
}

/// The operation's policy, else the system's, else one attempt.
pub(super) fn retry(declared: Option<&Retry>, findings: &mut Findings) -> RetryPolicy {
    let (first, longest) = (Duration::from_millis(200), Duration::from_secs(30));
    let Some(declared) = declared else {
        return RetryPolicy { attempts: 1, first, longest, jitter: Jitter::Full };
    };
    let attempts = &declared.attempts;
    if attempts.value == 0 || attempts.value > MOST_ATTEMPTS {
        let message = format!("`attempts` is {}, but must be from 1 to {MOST_ATTEMPTS}", attempts.value);
        let help = "it counts the first attempt too: `attempts: 1` never asks again";
        findings.add(Diagnostic::new(&codes::BAD_LIMIT, attempts.span, message).help(help));
    }
    let backoff = declared.backoff.as_ref();
    if let Some(backoff) = backoff.filter(|backoff| backoff.value.first > backoff.value.longest) {
        let message = "the first wait of `backoff` is longer than the longest";
        findings.add(Diagnostic::new(&codes::BAD_LIMIT, backoff.span, message).help("write `200ms..30s`"));
    }
    RetryPolicy {
        attempts: attempts.value.max(1),
        first: backoff.map_or(first, |backoff| backoff.value.first.0),
        longest: backoff.map_or(longest, |backoff| backoff.value.longest.0),
        jitter: declared.jitter.as_ref().map_or(Jitter::Full, |jitter| jitter.value),
    }
}

fn above_zero(value: u32, name: &str, span: Span, findings: &mut Findings) {
    if value == 0 {
        let message = format!("`{name}` is zero, so no call could ever be made");
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, span, message)
                .help("write a value above zero, or leave the key out for the default"),
        );
    }
}
