//! The stub carrier and the bare reverse proxy, each on one runtime per core as the gateway is.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

const ANSWER: &[u8] = include_bytes!("rate.json");

/// Answers every request with the same rate.
pub fn stub(address: &str) {
    per_core(address, || {
        async |request: Request<Incoming>| {
            let _ = request.into_body().collect().await;
            let answer = Response::builder().header("content-type", "application/json");
            answer.body(Full::new(Bytes::from_static(ANSWER))).expect("an answer")
        }
    });
}

/// Passes every request on, and the answer back: no checks, no limits, a pool per core.
pub fn proxy(address: &str, carrier: &str) {
    let carrier: SocketAddr = carrier.parse().expect("the carrier's address");
    per_core(address, move || {
        let pool = Rc::new(RefCell::new(Vec::new()));
        async move |request: Request<Incoming>| pass_on(request, carrier, pool.clone()).await
    });
}

type Pool = Rc<RefCell<Vec<SendRequest<Full<Bytes>>>>>;

async fn pass_on(request: Request<Incoming>, carrier: SocketAddr, pool: Pool) -> Response<Full<Bytes>> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    head.headers.remove("connection");
    let pooled = pool.borrow_mut().pop();
    let mut sender = match pooled {
        Some(sender) => sender,
        None => connect(carrier).await,
    };
    sender.ready().await.expect("a connection that is ready");
    let answer = sender.send_request(Request::from_parts(head, Full::new(body))).await.expect("an answer");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("an answer's body").to_bytes();
    pool.borrow_mut().push(sender);
    Response::from_parts(head, Full::new(body))
}

async fn connect(carrier: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(carrier).await.expect("a carrier that listens");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake");
    tokio::task::spawn_local(connection);
    sender
}

fn per_core<Service, Make>(address: &str, make: Make)
where
    Make: Fn() -> Service + Clone + Send + 'static,
    Service: AsyncFn(Request<Incoming>) -> Response<Full<Bytes>> + 'static,
{
    let address: SocketAddr = address.parse().expect("an address");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let make = make.clone();
            std::thread::spawn(move || serve(address, make()))
        })
        .collect();
    for thread in threads {
        thread.join().expect("a server thread");
    }
}

fn serve<Service>(address: SocketAddr, service: Service)
where
    Service: AsyncFn(Request<Incoming>) -> Response<Full<Bytes>> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let service = Rc::new(service);
    LocalSet::new().block_on(&runtime, async move {
        let listener = listen(address);
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("TCP_NODELAY");
            let service = service.clone();
            tokio::task::spawn_local(async move {
                let answer = service_fn(move |request| {
                    let service = service.clone();
                    async move { Ok::<_, Infallible>(service(request).await) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.set_reuse_address(true).expect("SO_REUSEADDR");
    socket.set_reuse_port(true).expect("SO_REUSEPORT");
    socket.set_nonblocking(true).expect("a non-blocking socket");
    socket.bind(&address.into()).expect("an address that is free");
    socket.listen(1024).expect("a listening socket");
    TcpListener::from_std(socket.into()).expect("a listener")
}
