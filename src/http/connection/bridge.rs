//! From hyper's requests to our service and back: one future per request, boxed once.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use ::http::{HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use hyper::body::Incoming;

use super::Shared;
use super::locked;
use super::outgoing::Outgoing;
use super::rules::{self, Transfer};
use crate::clock::BoxFuture;
use crate::http::gate::Gate;
use crate::http::{Body, Fault, PeerCertificate, Request, Response, Workers, encoding, pacemaker};

/// What one connection knows about its requests.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// Requests being answered.
    pub in_flight: AtomicUsize,
    /// Requests so far.
    pub seen: AtomicUsize,
    /// An answer left without its request's body having been read.
    pub unread: AtomicBool,
}

/// Gives the requests of one connection to the service.
pub(super) struct Bridge {
    pub shared: Arc<Shared>,
    pub peer: SocketAddr,
    pub secure: bool,
    pub certificate: Option<Arc<PeerCertificate>>,
    pub traffic: Arc<Traffic>,
    /// `None` for HTTP/2, whose framing is its own.
    pub gate: Option<Arc<Mutex<Gate>>>,
}

impl hyper::service::Service<hyper::Request<Incoming>> for Bridge {
    type Response = hyper::Response<Outgoing>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: hyper::Request<Incoming>) -> Answering {
        let (head, incoming) = request.into_parts();
        if self.shared.options.workers != Workers::Here {
            pacemaker::beat();
        }
        self.traffic.seen.fetch_add(1, Ordering::Relaxed);
        self.traffic.in_flight.fetch_add(1, Ordering::Relaxed);
        if let Some(gate) = &self.gate {
            locked(gate).head_is_whole();
        }
        let read = Arc::new(AtomicBool::new(false));
        let mut answering = Answering {
            answer: None,
            ready: None,
            shared: Arc::clone(&self.shared),
            traffic: Arc::clone(&self.traffic),
            gate: self.gate.clone(),
            read: Arc::clone(&read),
            close: false,
            head_only: head.method == Method::HEAD,
            gzip: self.shared.options.compress_from.is_some() && encoding::takes_gzip(&head.headers),
        };
        let body = Body::coming(incoming, &head.headers, read);
        if let Some(fault) = self.fault(&head) {
            answering.close = true;
            answering.ready = Some(self.shared.service.fault(fault));
            return answering;
        }
        let request = Request {
            method: head.method,
            uri: head.uri,
            version: head.version,
            headers: head.headers,
            peer: Some(self.peer),
            secure: self.secure,
            certificate: self.certificate.clone(),
            body,
        };
        answering.begin(request);
        answering
    }
}

impl Bridge {
    /// What is wrong with a head. Those of HTTP/1 went through the gate.
    fn fault(&self, head: &::http::request::Parts) -> Option<Fault> {
        if self.gate.is_none() {
            return rules::broken(head, true);
        }
        match rules::transfer(&head.headers) {
            Transfer::Broken => Some(Fault::BadHead),
            Transfer::Unknown => rules::broken(head, false).or(Some(Fault::UnknownCoding)),
            Transfer::Plain | Transfer::Chunked => rules::broken(head, false),
        }
    }
}

/// A request being answered.
pub(super) struct Answering {
    answer: Option<BoxFuture<'static, Response>>,
    ready: Option<Response>,
    shared: Arc<Shared>,
    traffic: Arc<Traffic>,
    gate: Option<Arc<Mutex<Gate>>>,
    /// Whether the request's body was read to its end.
    read: Arc<AtomicBool>,
    close: bool,
    head_only: bool,
    gzip: bool,
}

impl Answering {
    /// The service may panic before there is a future.
    fn begin(&mut self, request: Request) {
        let service = &self.shared.service;
        match catch_unwind(AssertUnwindSafe(|| service.handle(request))) {
            Ok(answer) => self.answer = Some(answer),
            Err(_) => self.ready = Some(self.panicked()),
        }
    }

    fn panicked(&self) -> Response {
        self.shared.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!("a request made the gateway panic: this is a defect of the gateway");
        self.shared.service.fault(Fault::Panic)
    }

    fn finish(&mut self, mut response: Response) -> hyper::Response<Outgoing> {
        if let Some(from) = self.shared.options.compress_from {
            encoding::compress(&mut response, from, self.gzip);
        }
        if let Some(gate) = &self.gate {
            if !self.read.load(Ordering::Relaxed) {
                self.traffic.unread.store(true, Ordering::Relaxed);
            }
            if self.close {
                response.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            locked(gate).answered();
        }
        let body = self.framed(&mut response);
        let mut answer = hyper::Response::new(body);
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers;
        answer
    }

    /// The body as it goes out, with a `Content-Length` that is true.
    fn framed(&self, response: &mut Response) -> Outgoing {
        if let Some(feed) = response.feed.take().filter(|_| !self.head_only) {
            return Outgoing::fed(feed, &self.shared, &self.traffic);
        }
        Outgoing::whole(self.piece(response))
    }

    fn piece(&self, response: &mut Response) -> Bytes {
        let bodiless = matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if self.head_only && !bodiless {
            if !response.body.is_empty() {
                response.headers.insert(header::CONTENT_LENGTH, response.body.len().into());
            }
            return Bytes::new();
        }
        response.headers.remove(header::CONTENT_LENGTH);
        if bodiless { Bytes::new() } else { std::mem::take(&mut response.body) }
    }
}

impl Future for Answering {
    type Output = Result<hyper::Response<Outgoing>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let response = match (this.ready.take(), &mut this.answer) {
            (Some(ready), _) => ready,
            (None, None) => this.panicked(),
            (None, Some(answer)) => match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(response)) => response,
                Err(_) => this.panicked(),
            },
        };
        // What the service still holds (the body above all) goes before the answer does.
        this.answer = None;
        Poll::Ready(Ok(this.finish(response)))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.traffic.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
