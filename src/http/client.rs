//! Calling out: one client for one origin.

use std::path::PathBuf;
use std::time::Duration;

use ::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;

use super::{SendError, Target, TlsError};

/// How to call an origin.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// To connect, the TLS handshake included.
    pub connect: Duration,
    /// An answer's body, before and after decompression, in bytes.
    pub response_size: u64,
    /// Idle connections are closed after so long.
    pub idle: Duration,
    /// Idle connections kept on each worker's runtime.
    pub idle_connections: usize,
    /// A PEM file with the authorities to trust instead of the machine's own.
    pub ca: Option<PathBuf>,
}

impl Default for ClientOptions {
    /// 2 s to connect, 4 MiB, 64 connections idle for at most 30 s, the machine's own authorities.
    fn default() -> ClientOptions {
        ClientOptions {
            connect: Duration::from_secs(2),
            response_size: 4 << 20,
            idle: Duration::from_secs(30),
            idle_connections: 64,
            ca: None,
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
    /// To the first byte of the answer, from the start.
    pub first_byte: Duration,
    /// To the last byte of the answer, from the start.
    pub whole: Duration,
    /// Whether sending it twice does no harm: then one idle connection that turned out to be closed is
    /// made up for by a fresh one.
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

/// Calls one origin, keeping connections for reuse, apart for every runtime. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

impl Client {
    /// A client; connects to nothing yet. The error is about the `ca` file.
    pub fn new(target: Target, options: ClientOptions) -> Result<Client, TlsError> {
        let _ = options;
        Ok(Client { target })
    }

    /// Where it calls.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Sends one request and reads the whole answer. Redirects are answers like others. Dropping the
    /// future closes the connection.
    pub async fn send(&self, call: Call) -> Result<Answer, SendError> {
        let _ = call;
        todo!("http: lands next")
    }
}
