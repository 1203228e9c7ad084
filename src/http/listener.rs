//! Listening: sockets, worker threads, the cap on connections, and the end of it all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{ServerTls, Service};

/// Where connections are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// On the runtime that calls [`listen`].
    Here,
    /// On so many threads of their own, each with a runtime and a socket of its own.
    Threads(usize),
}

/// How to listen.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    pub address: SocketAddr,
    pub workers: Workers,
    pub tls: Option<ServerTls>,
    /// All headers with the request line, in bytes; more is answered 431.
    pub header_size: usize,
    /// From the connection, or the end of the exchange before, to the end of the headers.
    pub header_time: Duration,
    /// Open connections; one more is answered 503 and closed.
    pub connections: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// Bodies from so many bytes on are compressed for callers who accept it; `None` for never.
    pub compress_from: Option<usize>,
}

impl ListenOptions {
    /// Listening at `address` with the default bounds, without TLS, on the calling runtime.
    pub fn new(address: SocketAddr) -> ListenOptions {
        ListenOptions {
            address,
            workers: Workers::Here,
            tls: None,
            header_size: 16 << 10,
            header_time: Duration::from_secs(10),
            connections: 10_000,
            streams: 100,
            compress_from: Some(1024),
        }
    }
}

/// A listener that runs. Dropping it leaves the listener running.
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut: a request in flight, or half a head, when time was up.
    pub cut: usize,
}

impl Handle {
    /// Where it listens, with the port that was given out when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        todo!("http: lands next")
    }

    /// Connections refused because there were too many.
    pub fn refused(&self) -> u64 {
        todo!("http: lands next")
    }

    /// Requests on which the service panicked.
    pub fn panics(&self) -> u64 {
        todo!("http: lands next")
    }

    /// Stops: no more connections; idle ones are closed; requests in flight are answered with
    /// `connection: close`; what is left at the deadline is cut. Returns when all is done, at the deadline
    /// at the latest.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        let _ = deadline;
        todo!("http: lands next")
    }
}

/// Listens and serves. Must be called within a tokio runtime when `workers` is [`Workers::Here`].
/// An error says that the address cannot be had.
pub fn listen(options: ListenOptions, service: Arc<dyn Service>) -> std::io::Result<Handle> {
    let _ = (options, service);
    todo!("http: lands next")
}
