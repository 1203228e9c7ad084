//! Calling out: one client for one origin.

use std::fmt;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::TlsConnector;

use super::client_tls::{ClientIdentity, ClientTls};
use super::collect::{Uncollected, collect};
use super::connect::{Outgoing, connect};
use super::egress::{EgressGuard, Reach};
use super::encoding::{Coding, Undecodable};
use super::exchange::{broken, head};
use super::message::strip_hop_by_hop;
use super::pool::{Conn, Pool};
use super::{SendError, SendErrorKind, Target, TlsError};

/// How to call an origin.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// To connect, the TLS handshake included.
    pub connect: Duration,
    /// An answer's body, before and after decompression, in bytes.
    pub response_size: u64,
    /// Idle connections are closed after so long.
    pub idle: Duration,
    /// Idle connections kept by each thread that calls.
    pub idle_connections: usize,
    /// A PEM file with the authorities to trust instead of the machine's own.
    pub ca: Option<PathBuf>,
    /// What to show when the peer asks for a certificate.
    pub identity: Option<ClientIdentity>,
    /// Which addresses may be dialled; `None`: whatever the target leads to.
    pub egress: Option<(Arc<EgressGuard>, Reach)>,
}

impl Default for ClientOptions {
    /// 2 s to connect, 4 MiB, 64 connections idle for at most 30 s, the machine's own authorities, any address.
    fn default() -> ClientOptions {
        ClientOptions {
            connect: Duration::from_secs(2),
            response_size: 4 << 20,
            idle: Duration::from_secs(30),
            idle_connections: 64,
            ca: None,
            identity: None,
            egress: None,
        }
    }
}

/// One request. `Host`, `Content-Length`, and `Accept-Encoding` unless it is there, are added; headers that
/// belong to a connection are taken out.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    /// Path and query, below the target's prefix, percent-encoded.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// To the head of the answer, from the start.
    pub first_byte: Duration,
    /// To the last byte of the answer, from the start.
    pub whole: Duration,
    /// Whether sending it twice does no harm: then an idle connection that turned out to be closed is made
    /// up for by a fresh one, even when some of the request was sent.
    pub repeatable: bool,
    /// Give the body as it came, with its `Content-Encoding`: for passing it on.
    pub as_is: bool,
}

/// An answer, whole. Unless asked for as it is, decompressed and without `Content-Encoding`.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Calls one origin, keeping connections for reuse, apart for every thread. Cloning shares them.
#[derive(Clone)]
pub struct Client {
    target: Target,
    tls: Option<Arc<ClientTls>>,
    egress: Option<(Arc<EgressGuard>, Reach)>,
    pool: Arc<Pool>,
    connect: Duration,
    response_size: u64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.target.origin())
    }
}

impl Client {
    /// A client; connects to nothing yet. The error is about the `ca` file or the certificate to show.
    pub fn new(target: Target, options: ClientOptions) -> Result<Client, TlsError> {
        let tls = match target.secure {
            true => Some(Arc::new(ClientTls::new(options.ca, options.identity)?)),
            false => None,
        };
        let pool = Pool::new(options.idle_connections, options.idle);
        let ClientOptions { egress, connect, response_size, .. } = options;
        Ok(Client { target, tls, egress, pool, connect, response_size })
    }

    /// Where it calls.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Sends one request and reads the whole answer. Redirects are answers like others. Dropping the
    /// future closes the connection.
    pub async fn send(&self, call: Call) -> Result<Answer, SendError> {
        let start = Instant::now();
        if let Some(tls) = &self.tls {
            tls.look();
        }
        let (uri, headers) = (self.uri(&call.path)?, self.headers(call.headers, call.as_is));
        let mut request = request(&call.method, uri, headers, call.body);
        let by = By { first: start + call.first_byte.min(call.whole), whole: start + call.whole };
        let mut timer = pin!(sleep_until(by.first));
        if let Some(mut conn) = self.pool.take(self.generation()).await {
            let again = call.repeatable.then(|| request.clone());
            match head(&mut conn, request, timer.as_mut()).await {
                Ok(head) => return self.rest(conn, head, call.as_is, &by, timer).await,
                Err(lost) if lost.is_stale => match lost.request.or(again) {
                    Some(unsent) => request = unsent,
                    None => return Err(lost.error),
                },
                Err(lost) => return Err(lost.error),
            }
        }
        let left = by.whole.saturating_duration_since(Instant::now());
        let mut conn = self.open(self.connect.min(left)).await?;
        let head = head(&mut conn, request, timer.as_mut()).await.map_err(|lost| lost.error)?;
        self.rest(conn, head, call.as_is, &by, timer).await
    }

    async fn open(&self, within: Duration) -> Result<Box<Conn>, SendError> {
        let generation = self.generation();
        let tls = self.tls.as_ref().map(|tls| TlsConnector::from(tls.config()));
        let mut conn = connect(&self.target, tls.as_ref(), self.egress.as_ref(), within).await?;
        conn.generation = generation;
        Ok(Box::new(conn))
    }

    fn generation(&self) -> u64 {
        self.tls.as_ref().map_or(0, |tls| tls.generation())
    }

    fn uri(&self, path: &str) -> Result<Uri, SendError> {
        let whole = match (path.is_empty(), self.target.prefix.is_empty()) {
            (true, true) => Bytes::from_static(b"/"),
            (_, true) => Bytes::copy_from_slice(path.as_bytes()),
            _ => Bytes::from(format!("{}{path}", self.target.prefix)),
        };
        if !path.is_empty() && !path.starts_with(['/', '?']) || !whole.starts_with(b"/") {
            return Err(bad_path());
        }
        PathAndQuery::from_maybe_shared(whole).map(Uri::from).map_err(|_| bad_path())
    }

    fn headers(&self, mut headers: HeaderMap, as_is: bool) -> HeaderMap {
        strip_hop_by_hop(&mut headers);
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::EXPECT);
        headers.insert(header::HOST, self.target.authority.clone());
        if !as_is && !headers.contains_key(header::ACCEPT_ENCODING) {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers
    }

    /// Reads the body and gives the connection back.
    async fn rest(
        &self,
        mut conn: Box<Conn>,
        head: hyper::Response<Incoming>,
        as_is: bool,
        by: &By,
        mut timer: Pin<&mut Sleep>,
    ) -> Result<Answer, SendError> {
        let (parts, mut incoming) = head.into_parts();
        timer.as_mut().reset(by.whole);
        let whole = collect(&mut incoming, self.response_size, None);
        let body = tokio::select! {
            biased;
            body = conn.until(whole) => body.map_err(|why| match why {
                Uncollected::TooLarge => too_large(self.response_size),
                Uncollected::Slow => late(),
                Uncollected::Broken(error) => broken(&error),
            })?,
            () = timer => {
                return Err(late());
            }
        };
        drop(incoming);
        self.pool.put(conn).await;
        let mut answer = Answer { status: parts.status, headers: parts.headers, body };
        strip_hop_by_hop(&mut answer.headers);
        if !as_is {
            self.decode(&mut answer)?;
        }
        Ok(answer)
    }

    fn decode(&self, answer: &mut Answer) -> Result<(), SendError> {
        if !answer.headers.contains_key(header::CONTENT_ENCODING) {
            return Ok(());
        }
        let coding = Coding::of(&answer.headers);
        let body = std::mem::take(&mut answer.body);
        answer.body = coding.decode_leniently(body, self.response_size).map_err(|why| match why {
            Undecodable::TooLarge => too_large(self.response_size),
            Undecodable::Inflated => SendError::sent(
                SendErrorKind::TooLarge,
                "the answer becomes far larger when it is decompressed",
            ),
            Undecodable::Broken => {
                SendError::sent(SendErrorKind::Encoding, "the answer cannot be decompressed")
            }
        })?;
        answer.headers.remove(header::CONTENT_ENCODING);
        answer.headers.remove(header::CONTENT_LENGTH);
        Ok(())
    }
}

/// When the head, and when all of an answer has to be here.
struct By {
    first: Instant,
    whole: Instant,
}

fn request(method: &Method, uri: Uri, headers: HeaderMap, body: Bytes) -> hyper::Request<Outgoing> {
    let mut request = hyper::Request::new(Full::new(body));
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

fn bad_path() -> SendError {
    SendError::unsent(SendErrorKind::Request, "the path of the request is not one")
}

fn late() -> SendError {
    SendError::sent(SendErrorKind::WholeTimeout, "the answer did not end in time")
}

fn too_large(limit: u64) -> SendError {
    SendError::sent(SendErrorKind::TooLarge, format!("the answer is larger than {limit} bytes"))
}
