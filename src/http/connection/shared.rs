//! What all connections of a listener share: the service, the counts, and the phase of its life.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use crate::http::peers::{Peers, Seat};
use crate::http::{Fault, ListenOptions, Response, Service};

/// A listener's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Phase {
    Serving,
    /// No new connections; those there are end as soon as they have nothing to do.
    Draining,
    /// Time is up.
    Cut,
}

/// What all connections of a listener share.
pub(in crate::http) struct Shared {
    pub(super) options: ListenOptions,
    pub(super) service: Arc<dyn Service>,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    /// What one connection too many is told, from the first one on.
    full: OnceLock<Bytes>,
    /// The same for one too many of an address.
    crowd: OnceLock<Bytes>,
    peers: Peers,
    phase: watch::Sender<Phase>,
    open: AtomicUsize,
    closed: Notify,
    refused: AtomicU64,
    pub(super) panics: AtomicU64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({} open)", self.open())
    }
}

impl Shared {
    pub fn new(options: ListenOptions, service: Arc<dyn Service>) -> Shared {
        Shared {
            http1: http1_builder(&options),
            http2: http2_builder(&options),
            full: OnceLock::new(),
            crowd: OnceLock::new(),
            peers: Peers::new(options.per_address, Arc::clone(&options.proxies)),
            options,
            service,
            phase: watch::Sender::new(Phase::Serving),
            open: AtomicUsize::new(0),
            closed: Notify::new(),
            refused: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }

    pub fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Goes on to a phase; never back.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_if_modified(|current| {
            let later = phase > *current;
            *current = phase.max(*current);
            later
        });
    }

    /// Waits for a phase, or a later one.
    pub fn reached(&self, phase: Phase) -> impl Future<Output = ()> + Send + use<> {
        let mut life = self.phase.subscribe();
        async move {
            let _ = life.wait_for(|current| *current >= phase).await;
        }
    }

    /// Waits until no connection is open.
    pub async fn finished(&self) {
        loop {
            let closed = self.closed.notified();
            tokio::pin!(closed);
            closed.as_mut().enable();
            if self.open() == 0 {
                return;
            }
            closed.await;
        }
    }

    /// Tells one connection too many so, as far as that costs no waiting.
    pub fn refuse(&self, stream: &TcpStream, fault: Fault) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        if self.options.tls.is_none() {
            let kept = if fault == Fault::Crowd { &self.crowd } else { &self.full };
            let _ = stream.try_write(kept.get_or_init(|| on_the_wire(&self.service.fault(fault))));
        }
    }
}

/// One open connection, counted.
pub(in crate::http) struct Open(pub(super) Arc<Shared>, Option<Seat>);

impl Open {
    /// One more connection from an address; what is said when there are as many as allowed.
    pub fn one(shared: &Arc<Shared>, peer: IpAddr) -> Result<Open, Fault> {
        let before = shared.open.fetch_add(1, Ordering::AcqRel);
        let mut open = Open(Arc::clone(shared), None);
        if before >= shared.options.connections {
            return Err(Fault::Full);
        }
        open.1 = Some(shared.peers.enter(peer).ok_or(Fault::Crowd)?);
        Ok(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(seat) = &self.1 {
            self.0.peers.leave(seat);
        }
        if self.0.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.closed.notify_waiters();
        }
    }
}

/// A response without its body as HTTP/1.1, for where no request was read. It says that we close.
pub(super) fn on_the_wire(response: &Response) -> Bytes {
    let mut text = format!("HTTP/1.1 {}\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    let length = response.body.len();
    text.extend_from_slice(format!("content-length: {length}\r\nconnection: close\r\n\r\n").as_bytes());
    text.extend_from_slice(&response.body);
    text.into()
}

fn http1_builder(options: &ListenOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Time is kept by the connection's own loop: hyper's timer would be set anew for each request.
    builder.max_header_size(options.header_size).max_buf_size((options.header_size * 2).max(64 << 10));
    builder
}

/// HTTP/2: the least that any side must take (RFC 9113 §4.2).
const FRAME: u32 = 16 << 10;
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

fn http2_builder(options: &ListenOptions) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams)
        .max_header_list_size(u32::try_from(options.header_size).unwrap_or(u32::MAX))
        .max_frame_size(FRAME)
        // What one stream, and all of a connection, may send before it is read.
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize)
        // Streams reset by the other side before they were taken (CVE-2023-44487), or by us because of what
        // it sent (CVE-2025-8671): beyond these the connection ends. h2 itself bounds `CONTINUATION`
        // frames by the size of a head, and frames of nothing by their count.
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(100)
        .keep_alive_interval(options.idle / 2)
        .keep_alive_timeout(options.header_time);
    builder
}
