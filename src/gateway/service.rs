//! The gateway itself: what lives as long as the process, and the one way in for a request.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use super::address;
use super::exchange::{Answer, Exchange, Head};
use super::faults::Quiet;
use super::generation::Ground;
use super::limits::Limits;
use super::problem::{BUSY, Problem, QUOTA_EXCEEDED};
use super::world::Around;
use super::{Fresh, Generation, Trace};
use crate::auth::inbound::Lasting;
use crate::clock::Clock;
use crate::flow::engine::{Bounds, Engine};
use crate::http::{Request, Response};
use crate::store::{Memory, Writer};
use crate::telemetry::Metrics;

/// Status streams that may be open at once.
const STREAMS: usize = 1024;

/// A running gateway: its generation, and the counts and limits that survive reloads.
#[derive(Debug)]
pub struct Gateway {
    current: ArcSwap<Generation>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
    lasting: Lasting,
    pub(super) metrics: Arc<Metrics>,
    in_flight: AtomicU64,
    /// Runs flows that must not be lost.
    pub(super) engine: Arc<Engine>,
    draining: AtomicBool,
    /// Status streams that may still be opened.
    pub(super) streams: Arc<Semaphore>,
    /// Where callers and operators come in, once they can.
    pub(super) listening: OnceLock<(SocketAddr, SocketAddr)>,
    /// How often the log is told of requests that were not read.
    pub(super) quiet: Quiet,
}

impl Gateway {
    /// A gateway whose flows are lost with the process: for tests. The error has a sentence for each thing
    /// that cannot be served.
    pub fn new(
        fresh: Fresh,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Gateway>, Vec<String>> {
        Gateway::over(Writer::inline(Arc::new(Memory::default())), fresh, clock, metrics)
    }

    /// A gateway over a store that serves its first generation. The error has a sentence for each thing that
    /// cannot be served.
    pub fn over(
        writer: Writer,
        fresh: Fresh,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Gateway>, Vec<String>> {
        let engine = Engine::new(writer, Arc::clone(&clock), Bounds::default());
        let engine = engine.map_err(|error| vec![error.to_string()])?;
        let limits = Limits::new(Arc::clone(&clock));
        let lasting = Lasting::default();
        let ground = Ground { limits: &limits, metrics: &metrics, clock: &clock, lasting: &lasting };
        let first = Generation::new(1, fresh, ground)?;
        metrics.generation.set(1);
        let first = Arc::new(first);
        let gateway = Arc::new(Gateway {
            current: ArcSwap::new(Arc::clone(&first)),
            clock,
            limits,
            lasting,
            metrics,
            in_flight: AtomicU64::new(0),
            engine,
            draining: AtomicBool::new(false),
            streams: Arc::new(Semaphore::new(STREAMS)),
            listening: OnceLock::new(),
            quiet: Quiet::default(),
        });
        gateway.engine.attach(Arc::new(Around(Arc::downgrade(&gateway), first)));
        Ok(gateway)
    }

    /// What runs flows that must not be lost.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The generation that serves now.
    pub fn generation(&self) -> Arc<Generation> {
        self.current.load_full()
    }

    /// Swaps in a new generation. Requests that are under way end with the one they began with.
    /// The error has a sentence for each thing that cannot be served; then nothing changes.
    pub fn replace(&self, fresh: Fresh) -> Result<Arc<Generation>, Vec<String>> {
        let before = self.current.load_full();
        fresh.secrets.go_on_from(&before.secrets);
        let number = before.number + 1;
        let Gateway { limits, metrics, clock, lasting, .. } = self;
        let next = Arc::new(Generation::new(number, fresh, Ground { limits, metrics, clock, lasting })?);
        self.current.store(Arc::clone(&next));
        self.engine.project_changed();
        self.metrics.generation.set(i64::try_from(number).unwrap_or(i64::MAX));
        Ok(next)
    }

    /// Forgets what no caller needs any more. For a timer.
    pub fn sweep(&self) {
        self.limits.sweep();
    }

    /// What is counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Requests being answered.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Says that no further requests should come: `/readyz` answers 503 from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether further requests should come.
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    /// Answers one request. Never fails: what goes wrong is a problem document.
    pub async fn answer(&self, request: Request) -> Response {
        let _counted = Counted::one(self);
        let began = self.clock.monotonic();
        let generation = self.current.load_full();
        let trace = Trace::read(&request.headers, &*self.clock);
        let Request { method, uri, headers, peer, certificate, body, .. } = request;
        let proxies = &generation.plan.settings.proxies;
        let peer = peer.map(|peer| address::caller(peer.ip(), &headers, proxies));
        let head = Head { method, uri, headers, peer, certificate };
        let mut exchange = Exchange {
            gateway: self,
            generation: &generation,
            head: &head,
            trace: &trace,
            began,
            route: None,
            client: None,
            proven_by: Default::default(),
            verdicts: Vec::new(),
            is_told: false,
        };
        let ended = match self.admit(&generation, &head) {
            Ok(()) => exchange.answer(body).await,
            Err(problem) => Err(problem),
        };
        let (answer, reason) = match ended {
            Ok(answer) => (answer, None),
            Err(problem) => self.refuse(&exchange, problem),
        };
        let answer = exchange.finish(answer);
        exchange.is_told = true;
        log(&exchange, answer.status.as_u16(), reason.as_deref());
        Response { status: answer.status, headers: answer.headers, body: answer.body, feed: answer.feed }
    }

    /// Whether one more request is looked at: its address may ask now, and there is room.
    fn admit(&self, generation: &Generation, head: &Head) -> Result<(), Problem> {
        if let (Some(limiter), Some(_)) = (&generation.per_ip, head.peer) {
            let verdict = limiter.check(&head.peer());
            if !verdict.allowed {
                self.metrics.limited(verdict.name);
                let detail = "too many requests came from your address";
                return Err(Problem::new(&QUOTA_EXCEEDED)
                    .detail(detail)
                    .retry_after(Some(verdict.retry_after())));
            }
        }
        if self.in_flight() <= u64::from(generation.plan.settings.bounds.requests) {
            return Ok(());
        }
        self.metrics.limited("requests");
        Err(Problem::new(&BUSY).retry_after(Some(1)))
    }

    fn refuse(&self, exchange: &Exchange<'_>, mut problem: Problem) -> (Answer, Option<String>) {
        self.metrics.problem(problem.kind.name);
        let reason = problem.reason.take();
        (exchange.refuse(problem), reason)
    }
}

/// One line for one request: nothing that proves who somebody is, nothing of its payload.
fn log(exchange: &Exchange<'_>, status: u16, reason: Option<&str>) {
    let took = exchange.gateway.clock.monotonic().saturating_sub(exchange.began);
    let metrics = exchange.route.and_then(|at| exchange.generation.routes.get(at));
    metrics.unwrap_or(&exchange.generation.nowhere).answered(status, took);
    let client = exchange.client.as_deref();
    tracing::info!(
        target: "crossdock::request",
        method = exchange.head.method.as_str(),
        route = exchange.route().map(|route| &*route.name),
        status,
        ms = took.as_secs_f64() * 1000.0,
        client = client.map(|client| &*client.name),
        account = client.map(|client| &*client.account),
        correlation_id = &*exchange.trace.correlation_id,
        request_id = &*exchange.trace.request_id,
        generation = exchange.generation.number,
        reason,
    );
}

/// What nginx's users know as the status of a caller who did not wait for the answer.
const CALLER_GONE: u16 = 499;

/// A caller who hangs up leaves a line like any other.
impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            log(self, CALLER_GONE, Some("the caller went away before the answer"));
        }
    }
}

/// Counts a request while it is being answered, also when its caller goes away.
struct Counted<'a>(&'a Gateway);

impl<'a> Counted<'a> {
    fn one(gateway: &'a Gateway) -> Counted<'a> {
        gateway.in_flight.fetch_add(1, Ordering::Relaxed);
        gateway.metrics.in_flight.inc();
        Counted(gateway)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.in_flight.dec();
    }
}
