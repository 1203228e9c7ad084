//! Byte streams under connections: plain or TLS, and bytes that were read ahead.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::gate::{Gate, Step};

/// A connection's bytes.
pub(super) enum Stream {
    Plain(TcpStream),
    Accepted(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Connected(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

macro_rules! each {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Plain($inner) => $call,
            Stream::Accepted($inner) => $call,
            Stream::Connected($inner) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => Pin::new(inner).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, inner => Pin::new(inner).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => Pin::new(inner).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, inner => Pin::new(inner).poll_write_vectored(cx, parts))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(inner) => inner.is_write_vectored(),
            Stream::Accepted(inner) => inner.is_write_vectored(),
            Stream::Connected(inner) => inner.is_write_vectored(),
        }
    }
}

/// A stream whose first bytes were read already, and whose requests go through a gate.
pub(super) struct Inbound {
    stream: Stream,
    /// What was read and did not go on yet.
    ahead: BytesMut,
    /// How much of it may go on.
    ready: usize,
    gate: Arc<Mutex<Gate>>,
}

impl Inbound {
    pub(super) fn new(stream: Stream, ahead: BytesMut, gate: Arc<Mutex<Gate>>) -> Inbound {
        Inbound { stream, ahead, ready: 0, gate }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Reads once from the stream. What may go on in one piece stays where it was read; anything else is
    /// put `ahead`. Whether the reader has something now: bytes, or the end.
    fn fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let came = buf.filled().get(before..).unwrap_or_default();
        if came.is_empty() {
            return Poll::Ready(Ok(true));
        }
        if self.ahead.is_empty() {
            let step = self.gate().step(came, cx);
            match step {
                Step::Pass(count) if count == came.len() => return Poll::Ready(Ok(true)),
                Step::Pass(count) => self.ready = count,
                Step::More | Step::Wait | Step::Broken => {}
            }
        }
        self.ahead.extend_from_slice(came);
        buf.set_filled(before);
        Poll::Ready(Ok(false))
    }

    /// Notes whether the other side takes what it is sent.
    fn noted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if !matches!(written, Poll::Ready(Err(_))) {
            self.gate().wrote(written.is_ready());
        }
        written
    }
}

impl AsyncRead for Inbound {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let inner = self.get_mut();
        loop {
            if inner.ready > 0 {
                let now = inner.ahead.split_to(inner.ready.min(buf.remaining()));
                inner.ready -= now.len();
                buf.put_slice(&now);
                return Poll::Ready(Ok(()));
            }
            if !inner.ahead.is_empty() {
                let step = inner.gate().step(&inner.ahead, cx);
                match step {
                    Step::Pass(count) => {
                        inner.ready = count;
                        continue;
                    }
                    Step::More => {}
                    Step::Wait => return Poll::Pending,
                    Step::Broken => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                }
            }
            if ready!(inner.fill(cx, buf))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Inbound {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.gate().keeps_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let inner = self.get_mut();
        let written = Pin::new(&mut inner.stream).poll_write(cx, bytes);
        inner.noted(written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = self.get_mut();
        let flushed = Pin::new(&mut inner.stream).poll_flush(cx);
        match &flushed {
            Poll::Ready(Ok(())) => inner.gate().flushed(),
            // TLS keeps what the socket does not take.
            Poll::Pending => inner.gate().wrote(false),
            Poll::Ready(Err(_)) => {}
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if parts.first().is_some_and(|first| self.gate().keeps_back(first)) {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let inner = self.get_mut();
        let written = Pin::new(&mut inner.stream).poll_write_vectored(cx, parts);
        inner.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
