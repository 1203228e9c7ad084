//! Connections under way: their timers, the drain, and an end that loses no answer.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep};

use super::bridge::{Bridge, Traffic};
use super::{LINGER, Phase, Shared, shared};
use crate::http::Fault;
use crate::http::head::Watch;
use crate::http::io::Inbound;

/// What is read and thrown away of a body that nobody wanted, so that its sender sees the answer.
const UNWANTED: usize = 1 << 20;

enum Event {
    Over(hyper::Result<()>),
    /// Whether half a head is waiting for its rest.
    Head(bool),
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
    watch: &Arc<Mutex<Watch>>,
    by: Instant,
) {
    let end = http1_end(&mut connection, shared, traffic, watch, by).await;
    let io = connection.into_parts().io.into_inner();
    let refusal = watch.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take_refusal();
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
    watch: &Mutex<Watch>,
    by: Instant,
) -> End {
    let (mut draining, mut waits) = (false, true);
    let mut next_phase = pin!(shared.reached(Phase::Draining));
    let mut cut = pin!(shared.reached(Phase::Cut));
    let mut head = pin!(tokio::time::sleep_until(by));
    let mut idle = Idle::new(shared.options.idle, traffic);
    loop {
        tokio::select! {
            biased;
            event = poll_fn(|cx| {
                if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
                    return Poll::Ready(Event::Over(result));
                }
                let half = half_a_head(watch);
                if half == waits { Poll::Pending } else { Poll::Ready(Event::Head(half)) }
            }) => match event {
                Event::Over(result) => return over(result, shared, watch),
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
            () = idle.passes(traffic), if !draining => return End::Close,
        }
    }
}

/// A head that hyper refused in one piece with an answer of ours is counted, though not told by us.
fn over(result: hyper::Result<()>, shared: &Shared, watch: &Mutex<Watch>) -> End {
    let kept_back = watch.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).has_refusal();
    if let (Err(error), false) = (&result, kept_back)
        && error.is_parse()
    {
        let fault = if error.is_parse_too_large() { Fault::LargeHead } else { Fault::BadHead };
        drop(shared.service.fault(fault));
    }
    End::Over { error: result.is_err() }
}

fn half_a_head(watch: &Mutex<Watch>) -> bool {
    watch.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).is_half()
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
) {
    let mut connection = pin!(connection);
    let mut ending = false;
    let mut draining = pin!(shared.reached(Phase::Draining));
    let mut cut = pin!(shared.reached(Phase::Cut));
    let mut idle = Idle::new(shared.options.idle, traffic);
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = &mut draining, if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut cut => return,
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
