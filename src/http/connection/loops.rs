//! Connections under way: their timers, the drain, and an end that loses no answer.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep};

use super::bridge::{Bridge, Traffic};
use super::{LINGER, Phase, Shared, locked, shared};
use crate::http::Fault;
use crate::http::gate::Gate;
use crate::http::io::Inbound;

/// What is read and thrown away of a body that nobody wanted, so that its sender sees the answer.
const UNWANTED: usize = 1 << 20;

enum Event {
    Over(hyper::Result<()>),
    /// Whether half a head is waiting for its rest.
    Head(bool),
    /// Since when the other side takes nothing of what it is sent.
    Stuck(Option<Instant>),
}

enum End {
    /// hyper has nothing left to do.
    Over {
        error: bool,
    },
    /// The head did not come in time.
    LateHead,
    /// Nothing happened for long, or nothing more is wanted.
    Close,
    Cut,
}

/// Serves HTTP/1. `by` is when the first head must be whole.
pub(super) async fn http1(
    mut connection: http1::Connection<TokioIo<Inbound>, Bridge>,
    shared: &Shared,
    traffic: &Traffic,
    gate: &Mutex<Gate>,
    by: Instant,
) {
    let end = http1_end(&mut connection, shared, traffic, gate, by).await;
    let io = connection.into_parts().io.into_inner();
    let refusal = locked(gate).take_refusal();
    match end {
        End::Cut => {}
        End::LateHead => refuse(io, Fault::LateHead, shared).await,
        End::Over { .. } | End::Close if refusal.is_some() => {
            refuse(io, Fault::of_head(refusal.unwrap_or_default()), shared).await;
        }
        End::Over { error } => close(io, error || traffic.unread.load(Ordering::Relaxed), shared).await,
        End::Close => close(io, false, shared).await,
    }
}

async fn http1_end(
    connection: &mut http1::Connection<TokioIo<Inbound>, Bridge>,
    shared: &Shared,
    traffic: &Traffic,
    gate: &Mutex<Gate>,
    by: Instant,
) -> End {
    let (mut draining, mut waits) = (false, true);
    let mut next_phase = pin!(shared.reached(Phase::Draining));
    let mut cut = pin!(shared.reached(Phase::Cut));
    let mut head = pin!(tokio::time::sleep_until(by));
    let mut idle = Idle::new(shared.options.idle, traffic);
    let mut stuck = Stuck::default();
    loop {
        let told = stuck.since;
        tokio::select! {
            biased;
            event = poll_fn(|cx| {
                if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
                    return Poll::Ready(Event::Over(result));
                }
                happened(gate, traffic, waits, told)
            }) => match event {
                Event::Over(result) => return over(result, shared, gate),
                Event::Stuck(since) => stuck.is(since, shared),
                Event::Head(half) => {
                    waits = half;
                    if half {
                        let time = if draining { LINGER } else { shared.options.header_time };
                        head.as_mut().reset(Instant::now() + time);
                    }
                }
            },
            () = &mut next_phase, if !draining => {
                draining = true;
                Pin::new(&mut *connection).graceful_shutdown();
                if waits {
                    head.as_mut().reset(Instant::now() + LINGER);
                }
            }
            () = &mut cut, if draining => return End::Cut,
            () = &mut head, if waits => return if draining { End::Close } else { End::LateHead },
            () = stuck.passes(), if stuck.since.is_some() => return End::Cut,
            () = idle.passes(traffic), if !draining => return End::Close,
        }
    }
}

/// A head that hyper refused by itself is counted, though not told by us.
fn over(result: hyper::Result<()>, shared: &Shared, gate: &Mutex<Gate>) -> End {
    let refused = locked(gate).is_refused();
    if let (Err(error), false) = (&result, refused)
        && error.is_parse()
    {
        let fault = if error.is_parse_too_large() { Fault::LargeHead } else { Fault::BadHead };
        drop(shared.service.fault(fault));
    }
    End::Over { error: result.is_err() }
}

/// What the gate knows that the connection's loop does not yet.
fn happened(gate: &Mutex<Gate>, traffic: &Traffic, waits: bool, stuck: Option<Instant>) -> Poll<Event> {
    let gate = locked(gate);
    let busy = traffic.in_flight.load(Ordering::Relaxed) > 0;
    let half = gate.is_half() && !busy;
    match gate.stuck() {
        _ if gate.is_refused() && !busy => Poll::Ready(Event::Over(Ok(()))),
        since if since != stuck => Poll::Ready(Event::Stuck(since)),
        _ if half != waits => Poll::Ready(Event::Head(half)),
        _ => Poll::Pending,
    }
}

/// Fires when the other side took nothing for long of what it is sent.
#[derive(Default)]
struct Stuck {
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stuck {
    fn is(&mut self, since: Option<Instant>, shared: &Shared) {
        self.since = since;
        self.timer = since.map(|since| Box::pin(tokio::time::sleep_until(since + shared.options.write_time)));
    }

    async fn passes(&mut self) {
        if let Some(timer) = &mut self.timer {
            timer.await;
        }
    }
}

/// Fires when no request came between two looks.
struct Idle {
    every: Duration,
    next: Pin<Box<Sleep>>,
    seen: usize,
}

impl Idle {
    fn new(every: Duration, traffic: &Traffic) -> Idle {
        Idle { every, next: Box::pin(sleep(every)), seen: traffic.seen.load(Ordering::Relaxed) }
    }

    async fn passes(&mut self, traffic: &Traffic) {
        loop {
            self.next.as_mut().await;
            self.next.as_mut().reset(Instant::now() + self.every);
            let seen = traffic.seen.load(Ordering::Relaxed);
            let before = std::mem::replace(&mut self.seen, seen);
            if before == seen && traffic.in_flight.load(Ordering::Relaxed) == 0 {
                return;
            }
        }
    }
}

/// Tells the sender of a head that is none, or did not come in time (RFC 9110 §15.5.9), and closes.
async fn refuse(mut io: Inbound, fault: Fault, shared: &Shared) {
    let answer = shared::on_the_wire(&shared.service.fault(fault));
    let _ = tokio::time::timeout(LINGER, io.write_all(&answer)).await;
    close(io, true, shared).await;
}

/// Closes so that the last answer arrives: a socket closed with unread bytes resets the connection, and the
/// answer is lost on its way (RFC 9112 §9.6).
async fn close(mut io: Inbound, unread: bool, shared: &Shared) {
    let read_the_rest = async {
        io.shutdown().await?;
        let (mut left, mut waste) = (if unread { UNWANTED } else { 0 }, vec![0; 8 << 10]);
        while left > 0 {
            match io.read(&mut waste).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        _ = tokio::time::timeout(LINGER, read_the_rest) => {}
        () = shared.reached(Phase::Cut) => {}
    }
}

/// Serves HTTP/2.
pub(super) async fn http2(
    connection: http2::Connection<TokioIo<Inbound>, Bridge, TokioExecutor>,
    shared: &Shared,
    traffic: &Traffic,
    gate: &Mutex<Gate>,
) {
    let mut connection = pin!(connection);
    let mut stuck = Stuck::default();
    let mut ending = false;
    let mut draining = pin!(shared.reached(Phase::Draining));
    let mut cut = pin!(shared.reached(Phase::Cut));
    let mut idle = Idle::new(shared.options.idle, traffic);
    loop {
        let told = stuck.since;
        tokio::select! {
            biased;
            since = poll_fn(|cx| match (connection.as_mut().poll(cx), locked(gate).stuck()) {
                (Poll::Ready(_), _) => Poll::Ready(Err(())),
                (Poll::Pending, since) if since != told => Poll::Ready(Ok(since)),
                (Poll::Pending, _) => Poll::Pending,
            }) => match since {
                Ok(since) => stuck.is(since, shared),
                Err(()) => return,
            },
            () = &mut draining, if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut cut => return,
            () = stuck.passes(), if stuck.since.is_some() => return,
            () = idle.passes(traffic) => {
                if ending {
                    return;
                }
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
