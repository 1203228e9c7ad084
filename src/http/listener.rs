//! Listening: sockets, worker threads, the cap on connections, and the end of it all.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::connection::{self, Open, Phase, Shared};
use super::{Network, ServerTls, Service};

/// Connections that the kernel keeps for us before we accept them.
const BACKLOG: i32 = 1024;
/// How long to leave accepting alone when the process has run out of files.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// How long connections that were cut may take to notice.
const CUTTING: Duration = Duration::from_millis(500);

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
    /// All headers with the request line, in bytes; more is answered 431. So are more than 100 headers.
    pub header_size: usize,
    /// From the connection, or from a head's first byte, to the end of the headers.
    pub header_time: Duration,
    /// How long a connection may stay open with nothing to do.
    pub idle: Duration,
    /// How long the other side may take nothing of what it is sent.
    pub write_time: Duration,
    /// Open connections; one more is answered 503 and closed.
    pub connections: usize,
    /// Open connections from one address (IPv6: from one network of 64 bits), if they are bounded; one more is
    /// answered 429 and closed.
    pub per_address: Option<usize>,
    /// Proxies: their connections are not counted by address.
    pub proxies: Arc<[Network]>,
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
            idle: Duration::from_secs(75),
            write_time: Duration::from_secs(30),
            connections: 10_000,
            per_address: None,
            proxies: Arc::default(),
            streams: 100,
            compress_from: Some(1024),
        }
    }
}

/// A listener that runs. Dropping it leaves the listener running. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Handle {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut: a request was in flight on them when time was up.
    pub cut: usize,
}

impl Handle {
    /// Where it listens, with the port that was given out when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.shared.open()
    }

    /// Connections refused because there were too many.
    pub fn refused(&self) -> u64 {
        self.shared.refused()
    }

    /// Requests on which the service panicked.
    pub fn panics(&self) -> u64 {
        self.shared.panics()
    }

    /// Stops: no more connections; idle ones are closed; requests in flight are answered with
    /// `connection: close`; what is left at the deadline is cut. Returns when all is done, half a second
    /// after the deadline at the latest. Half a head holds nothing up for longer than half a second.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        self.shared.enter(Phase::Draining);
        let finished = tokio::time::timeout(deadline, self.shared.finished()).await;
        let cut = if finished.is_ok() { 0 } else { self.shared.open() };
        self.shared.enter(Phase::Cut);
        let _ = tokio::time::timeout(CUTTING, self.shared.finished()).await;
        Drained { cut }
    }
}

/// Listens and serves. Must be called within a tokio runtime when `workers` is [`Workers::Here`].
/// An error says that the address cannot be had.
pub fn listen(options: ListenOptions, service: Arc<dyn Service>) -> io::Result<Handle> {
    let threads = match options.workers {
        Workers::Here => 0,
        Workers::Threads(count) => count.max(1),
    };
    let first = socket(options.address, threads > 1)?;
    let address = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..threads {
        sockets.push(socket_beside(address)?);
    }
    let shared = Arc::new(Shared::new(options, service));
    for (index, socket) in sockets.into_iter().enumerate() {
        let shared = Arc::clone(&shared);
        if threads == 0 {
            tokio::spawn(accept(TcpListener::from_std(socket)?, shared));
        } else {
            thread(index, socket, shared)?;
        }
    }
    Ok(Handle { address, shared })
}

/// A socket that several threads may share, but no other process: `SO_REUSEPORT` alone would let a second
/// gateway take half of our connections.
fn socket(address: SocketAddr, several: bool) -> io::Result<std::net::TcpListener> {
    if !several {
        return bound(address, false);
    }
    let address = bound(address, false)?.local_addr()?;
    socket_beside(address)
}

fn socket_beside(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    bound(address, true)
}

fn bound(address: SocketAddr, beside: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if beside {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// One worker: a thread with a runtime of its own, so that no work moves between cores.
fn thread(index: usize, socket: std::net::TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = async move {
        match TcpListener::from_std(socket) {
            Ok(listener) => accept(listener, Arc::clone(&shared)).await,
            Err(error) => tracing::error!(%error, "a worker cannot listen"),
        }
        tokio::select! {
            () = shared.finished() => {}
            () = shared.reached(Phase::Cut) => {}
        }
    };
    std::thread::Builder::new().name(format!("http-{index}")).spawn(move || runtime.block_on(work))?;
    Ok(())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut draining = std::pin::pin!(shared.reached(Phase::Draining));
    loop {
        let accepted = tokio::select! {
            () = &mut draining => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match Open::one(&shared, peer.ip()) {
                Ok(open) => drop(tokio::spawn(connection::serve(stream, peer, open))),
                Err(fault) => shared.refuse(&stream, fault),
            },
            // The caller went away, or we are out of files: neither ends the listener.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}
