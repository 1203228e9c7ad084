//! Counters and timings in OpenMetrics text, by handles that are resolved once.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of latency buckets, in seconds.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The classes of status that requests are counted by.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    api: String,
    route: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimeLabels {
    api: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    system: String,
    operation: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    system: String,
    operation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SystemLabels {
    system: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CacheLabels {
    system: String,
    operation: String,
    gave: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SubscriberLabels {
    subscriber: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

type Timings<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Everything this process counts. Cloning a handle is cheap; scraping renders all of it.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RouteLabels, Counter>,
    seconds: Timings<TimeLabels>,
    outcomes: Family<OutcomeLabels, Counter>,
    attempts: Timings<OperationLabels>,
    retries: Family<OperationLabels, Counter>,
    breakers: Family<SystemLabels, Gauge>,
    waits: Timings<SystemLabels>,
    caches: Family<CacheLabels, Counter>,
    limited: Family<KindLabels, Counter>,
    reloads: Family<KindLabels, Counter>,
    problems: Family<KindLabels, Counter>,
    behind: Family<SubscriberLabels, Gauge>,
    oldest: Family<SubscriberLabels, Gauge<f64, AtomicU64>>,
    stopped: Family<SubscriberLabels, Gauge>,
    /// The generation that serves.
    pub generation: Gauge,
    /// Requests being answered.
    pub in_flight: Gauge,
    /// Open connections to the public listener.
    pub connections: Gauge,
    /// When the last reload that took effect did, in seconds since the Unix epoch.
    pub reloaded_at: Gauge<f64, AtomicU64>,
}

/// One route's handles.
#[derive(Debug, Clone)]
pub struct RouteMetrics {
    classes: [Counter; 5],
    seconds: Histogram,
}

impl RouteMetrics {
    /// Counts one answer.
    pub fn answered(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        if let Some(counter) = self.classes.get(class) {
            counter.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }
}

/// One operation's handles.
#[derive(Debug, Clone)]
pub struct OperationMetrics {
    outcomes: [(&'static str, Counter); 9],
    seconds: Histogram,
    /// Attempts after the first of one call.
    pub retries: Counter,
}

impl OperationMetrics {
    /// The outcomes that are counted, as `outcome` names them.
    pub const OUTCOMES: [&'static str; 9] =
        ["cached", "declined", "held", "invalid", "not_done", "ok", "rejected", "stale", "unknown"];

    /// Counts one attempt by the name of its outcome (one of [`Self::OUTCOMES`]).
    pub fn attempted(&self, outcome: &str, took: Duration) {
        if let Some((_, counter)) = self.outcomes.iter().find(|(name, _)| *name == outcome) {
            counter.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("crossdock"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            outcomes: Family::default(),
            attempts: Family::new_with_constructor(histogram),
            retries: Family::default(),
            breakers: Family::default(),
            waits: Family::new_with_constructor(histogram),
            caches: Family::default(),
            limited: Family::default(),
            reloads: Family::default(),
            problems: Family::default(),
            behind: Family::default(),
            oldest: Family::default(),
            stopped: Family::default(),
            generation: Gauge::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            reloaded_at: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("requests", "Requests answered, by route and class of status", self.requests.clone());
        to.register("request_seconds", "Time from the head of a request to its answer", self.seconds.clone());
        to.register("attempts", "Attempts at operations of systems, by outcome", self.outcomes.clone());
        to.register("attempt_seconds", "Time of one attempt at an operation", self.attempts.clone());
        to.register("retries", "Attempts after the first", self.retries.clone());
        to.register("breaker_state", "0 closed, 1 half open, 2 open", self.breakers.clone());
        to.register("turn_seconds", "Time that calls to a system waited for their turn", self.waits.clone());
        to.register("cache_lookups", "Looks into the cache, by what it gave", self.caches.clone());
        to.register("limited", "Requests refused by a limit", self.limited.clone());
        to.register("reloads", "Reloads, by how they ended", self.reloads.clone());
        to.register("problems", "Problem answers, by type", self.problems.clone());
        to.register(
            "subscriber_behind_events",
            "Events that a subscriber was not told of",
            self.behind.clone(),
        );
        let oldest = "Age of the oldest of them";
        to.register("subscriber_oldest_seconds", oldest, self.oldest.clone());
        to.register(
            "subscriber_stopped",
            "1: it is not told until somebody resumes it",
            self.stopped.clone(),
        );
        to.register("generation", "The generation of the project that serves", self.generation.clone());
        to.register("requests_in_flight", "Requests being answered", self.in_flight.clone());
        to.register("connections", "Open connections to the public listener", self.connections.clone());
        to.register("reloaded_timestamp_seconds", "When the last good reload was", self.reloaded_at.clone());
    }

    /// The handles of one route.
    pub fn route(&self, api: &str, route: &str) -> RouteMetrics {
        let labels = |status| RouteLabels { api: api.to_owned(), route: route.to_owned(), status };
        RouteMetrics {
            classes: CLASSES.map(|class| self.requests.get_or_create_owned(&labels(class))),
            seconds: self
                .seconds
                .get_or_create_owned(&TimeLabels { api: api.to_owned(), route: route.to_owned() }),
        }
    }

    /// The handles of one operation.
    pub fn operation(&self, system: &str, operation: &str) -> OperationMetrics {
        let own = OperationLabels { system: system.to_owned(), operation: operation.to_owned() };
        let labels =
            |outcome| OutcomeLabels { system: system.to_owned(), operation: operation.to_owned(), outcome };
        OperationMetrics {
            outcomes: OperationMetrics::OUTCOMES
                .map(|outcome| (outcome, self.outcomes.get_or_create_owned(&labels(outcome)))),
            seconds: self.attempts.get_or_create_owned(&own),
            retries: self.retries.get_or_create_owned(&own),
        }
    }

    /// Says how a system's breaker stands: 0 closed, 1 half open, 2 open.
    pub fn breaker(&self, system: &str, state: i64) {
        self.breakers.get_or_create_owned(&SystemLabels { system: system.to_owned() }).set(state);
    }

    /// Counts a call that waited for its turn at a system.
    pub fn waited(&self, system: &str, waited: Duration) {
        self.waits
            .get_or_create_owned(&SystemLabels { system: system.to_owned() })
            .observe(waited.as_secs_f64());
    }

    /// Counts a look into the cache by what it `gave`.
    pub fn cache(&self, system: &str, operation: &str, gave: &'static str) {
        let (system, operation) = (system.to_owned(), operation.to_owned());
        self.caches.get_or_create_owned(&CacheLabels { system, operation, gave }).inc();
    }

    /// Counts a request refused by the limit called `kind` (`client`, `gateway`, `requests`, ...).
    pub fn limited(&self, kind: &'static str) {
        self.limited.get_or_create_owned(&KindLabels { kind }).inc();
    }

    /// Counts a reload that took effect, or did not.
    pub fn reloaded(&self, good: bool) {
        self.reloads
            .get_or_create_owned(&KindLabels { kind: if good { "applied" } else { "refused" } })
            .inc();
    }

    /// Says how subscribers stand: `(name, events behind, age of the oldest, whether it is stopped)`. Those that
    /// are not named are gone.
    pub fn subscribers(&self, all: &[(&str, u64, Duration, bool)]) {
        self.behind.clear();
        self.oldest.clear();
        self.stopped.clear();
        for (name, behind, oldest, stopped) in all {
            let labels = SubscriberLabels { subscriber: (*name).to_owned() };
            self.behind.get_or_create_owned(&labels).set(i64::try_from(*behind).unwrap_or(i64::MAX));
            self.oldest.get_or_create_owned(&labels).set(oldest.as_secs_f64());
            self.stopped.get_or_create_owned(&labels).set(i64::from(*stopped));
        }
    }

    /// Counts a problem answer by the last word of its type.
    pub fn problem(&self, kind: &'static str) {
        self.problems.get_or_create_owned(&KindLabels { kind }).inc();
    }

    /// Everything, as OpenMetrics 1.0 text.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(8 << 10);
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Nothing counted yet, shared.
    pub fn shared() -> Arc<Metrics> {
        Arc::new(Metrics::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_count_into_what_is_scraped() {
        let metrics = Metrics::new();
        metrics.route("bookings", "POST /v1/bookings").answered(201, Duration::from_millis(3));
        metrics.operation("erp", "create_order").attempted("ok", Duration::from_millis(2));
        metrics.breaker("erp", 2);
        metrics.reloaded(false);
        let text = metrics.render();
        let expected = [
            r#"crossdock_requests_total{api="bookings",route="POST /v1/bookings",status="2xx"} 1"#,
            r#"crossdock_attempts_total{system="erp",operation="create_order",outcome="ok"} 1"#,
            r#"crossdock_breaker_state{system="erp"} 2"#,
            r#"crossdock_reloads_total{kind="refused"} 1"#,
        ];
        for line in expected {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
