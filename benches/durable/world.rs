//! The systems that flows call: whatever is made gets a number, at once.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;

/// Listens until the program ends, on a thread of its own.
pub struct World {
    pub address: SocketAddr,
    done: Arc<AtomicU64>,
}

impl World {
    pub fn start() -> World {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let (address, done) = (listener.local_addr().expect("an address"), Arc::new(AtomicU64::new(0)));
        let counted = done.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, counted));
        });
        World { address, done }
    }

    /// How much was done so far, by everybody.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, done: Arc<AtomicU64>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let done = done.clone();
        let service = service_fn(move |request| answer(request, done.clone()));
        let connection = hyper::server::conn::http1::Builder::new();
        // Whoever called may have been killed.
        tokio::spawn(async move { _ = connection.serve_connection(TokioIo::new(stream), service).await });
    }
}

async fn answer(
    request: Request<Incoming>,
    done: Arc<AtomicU64>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_read = request.method() == Method::GET;
    let _ = request.into_body().collect().await;
    let said = match is_read {
        true => "[]".to_owned(),
        false => format!("\"M-{:07}\"", done.fetch_add(1, Ordering::Relaxed)),
    };
    let answer = Response::builder().header("content-type", "application/json");
    Ok(answer.body(Full::new(Bytes::from(said))).expect("an answer"))
}
