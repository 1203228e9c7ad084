//! One connection: TLS, which HTTP it speaks, its requests, and how it ends.

mod bridge;
mod loops;
mod outgoing;
mod rules;
mod shared;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::BytesMut;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::PeerCertificate;
use super::gate::Gate;
use super::io::{Inbound, Stream};
use bridge::{Bridge, Traffic};
pub(super) use shared::{Open, Phase, Shared};

/// How an HTTP/2 connection begins (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What is read before it is clear which HTTP is spoken.
const AHEAD: usize = 4096;

/// Serves one connection to its end.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, open: Open) {
    let shared = Arc::clone(&open.0);
    let by = Instant::now() + shared.options.header_time;
    let _ = stream.set_nodelay(true);
    let opened = tokio::select! {
        opened = tokio::time::timeout_at(by, begin(stream, &shared)) => opened,
        // Nothing was asked yet.
        () = shared.reached(Phase::Draining) => return,
    };
    let Ok(Some(Begun { stream, ahead, http2 })) = opened else { return };
    let secure = matches!(stream, Stream::Accepted(_));
    let certificate = proven(&stream);
    let traffic = Arc::new(Traffic::default());
    let gate = if http2 { Gate::open() } else { Gate::new(shared.options.header_size) };
    let gate = Arc::new(Mutex::new(gate));
    let told = (!http2).then(|| Arc::clone(&gate));
    let bridge = Bridge {
        shared: Arc::clone(&shared),
        peer,
        secure,
        certificate,
        traffic: Arc::clone(&traffic),
        gate: told,
    };
    let io = TokioIo::new(Inbound::new(stream, ahead, Arc::clone(&gate)));
    if http2 {
        loops::http2(shared.http2.serve_connection(io, bridge), &shared, &traffic, &gate).await;
    } else {
        loops::http1(shared.http1.serve_connection(io, bridge), &shared, &traffic, &gate, by).await;
    }
    drop(open);
}

/// What the caller proved by TLS. The handshake has checked it against our authorities.
fn proven(stream: &Stream) -> Option<Arc<PeerCertificate>> {
    let Stream::Accepted(stream) = stream else { return None };
    let first = stream.get_ref().1.peer_certificates()?.first()?;
    PeerCertificate::read(first).map(Arc::new)
}

/// A connection whose HTTP is known.
struct Begun {
    stream: Stream,
    ahead: BytesMut,
    http2: bool,
}

/// `None` when it ends before it says anything.
async fn begin(stream: TcpStream, shared: &Shared) -> Option<Begun> {
    let Some(tls) = &shared.options.tls else { return sniff(Stream::Plain(stream)).await };
    let stream = TlsAcceptor::from(tls.current()).accept(stream).await.ok()?;
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Stream::Accepted(Box::new(stream));
    if http2 { Some(Begun { stream, ahead: BytesMut::new(), http2 }) } else { sniff(stream).await }
}

/// Reads until it is clear which HTTP is spoken: usually the first byte says so.
async fn sniff(mut stream: Stream) -> Option<Begun> {
    let mut ahead = BytesMut::with_capacity(AHEAD);
    loop {
        if stream.read_buf(&mut ahead).await.ok()? == 0 {
            return None;
        }
        let known = ahead.len().min(PREFACE.len());
        let http2 = ahead.get(..known) == PREFACE.get(..known);
        if !http2 || known == PREFACE.len() {
            return Some(Begun { stream, ahead, http2 });
        }
    }
}

/// How long half a head, or a caller who does not stop sending, may hold up the end.
const LINGER: Duration = Duration::from_millis(500);

fn locked(gate: &Mutex<Gate>) -> MutexGuard<'_, Gate> {
    gate.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
