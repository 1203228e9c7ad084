//! Opening connections to a system.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::egress::{EgressGuard, Reach};
use super::io::Stream;
use super::pool::Conn;
use super::{SendError, SendErrorKind, Target};

/// Addresses of one name that are tried.
const ADDRESSES: usize = 8;
/// The headers of an answer together, in bytes.
const HEADER_SIZE: usize = 64 << 10;

/// Opens a connection, TLS handshake included.
pub(super) async fn connect(
    target: &Target,
    tls: Option<&TlsConnector>,
    egress: Option<&(Arc<EgressGuard>, Reach)>,
    within: Duration,
) -> Result<Conn, SendError> {
    let by = Instant::now() + within;
    match timeout_at(by, open(target, tls, egress, by)).await {
        Ok(opened) => opened,
        Err(_) => {
            let message = format!("no connection to {} within {within:?}", target.origin());
            Err(SendError::unsent(SendErrorKind::ConnectTimeout, message))
        }
    }
}

async fn open(
    target: &Target,
    tls: Option<&TlsConnector>,
    egress: Option<&(Arc<EgressGuard>, Reach)>,
    by: Instant,
) -> Result<Conn, SendError> {
    let lost = |error: io::Error| {
        let message = format!("no connection to {}: {error}", target.origin());
        let late = error.kind() == io::ErrorKind::TimedOut;
        SendError::unsent(if late { SendErrorKind::ConnectTimeout } else { SendErrorKind::Connect }, message)
    };
    let addresses = match egress {
        None => addresses(target).await,
        Some((guard, reach)) => match guard.addresses(target, *reach).await {
            Ok(Err(denied)) => return Err(SendError::unsent(SendErrorKind::Egress, denied.to_string())),
            Ok(Ok(good)) => Ok(good),
            Err(error) => Err(error),
        },
    };
    // What was checked is what is dialled: nobody looks the name up again.
    let tcp = tcp(addresses.map_err(lost)?, by).await.map_err(lost)?;
    let _ = tcp.set_nodelay(true);
    let stream = match tls {
        None => Stream::Plain(tcp),
        Some(tls) => secure(target, tls, tcp).await.map_err(|error| {
            let message = format!("no TLS with {}: {error}", target.origin());
            SendError::unsent(SendErrorKind::Tls, message)
        })?,
    };
    let handshake = http1::Builder::new().max_header_size(HEADER_SIZE).handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(|error| {
        let message = format!("no connection to {}: {error}", target.origin());
        SendError::unsent(SendErrorKind::Connect, message)
    })?;
    Ok(Conn::new(sender, connection))
}

/// The first of its addresses that answers; no address may use up the time of those after it.
async fn tcp(mut addresses: Vec<SocketAddr>, by: Instant) -> io::Result<TcpStream> {
    addresses.truncate(ADDRESSES);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (index, address) in addresses.iter().enumerate() {
        let left = by.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - index).unwrap_or(1);
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "no answer from its address"),
        }
    }
    Err(last)
}

async fn addresses(target: &Target) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let found = tokio::net::lookup_host((&*target.host, target.port)).await?;
    Ok(found.collect())
}

async fn secure(target: &Target, tls: &TlsConnector, tcp: TcpStream) -> io::Result<Stream> {
    let name = ServerName::try_from(target.host.to_string())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a certificate cannot be for this name"))?;
    Ok(Stream::Connected(Box::new(tls.connect(name, tcp).await?)))
}

/// What a connection sends: whole bodies.
pub(super) type Outgoing = Full<bytes::Bytes>;
