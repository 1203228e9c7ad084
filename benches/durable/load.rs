//! Clients over HTTP: each with a connection, and a key of its own for each request.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use uuid::Uuid;

/// One connection.
pub struct Client(SendRequest<Full<Bytes>>);

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: Bytes,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.expect("a gateway that listens");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(connection);
        Client(sender)
    }

    pub async fn post(&mut self, path: &str, body: &Bytes) -> Answer {
        self.ask(Method::POST, path, body.clone()).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "bench.example")
            .header("content-type", "application/json")
            .header("x-api-key", "bench-key")
            .header("idempotency-key", Uuid::new_v4().to_string())
            .body(Full::new(body))
            .expect("a request");
        self.0.ready().await.expect("a connection that is ready");
        let (head, body) = self.0.send_request(request).await.expect("an answer").into_parts();
        let location = head.headers.get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = body.collect().await.expect("a body").to_bytes();
        Answer { status: head.status.as_u16(), location, body }
    }
}

/// Requests answered a second, by so many clients that each wait for their answer.
pub async fn rate(address: SocketAddr, clients: usize, path: &'static str, status: u16) -> f64 {
    let (begun, round) = (Instant::now(), crate::round());
    let client = move |_| async move {
        let (mut client, mut count) = (Client::connect(address).await, 0u64);
        while begun.elapsed() < round {
            expect(&client.post(path, &Bytes::from_static(crate::BOOKING)).await, status);
            count += 1;
        }
        count
    };
    let all: u64 = together((0..clients).map(client)).await.into_iter().sum();
    all as f64 / begun.elapsed().as_secs_f64()
}

/// Asks until `count` are accepted.
pub async fn accept(address: SocketAddr, path: &'static str, count: usize) {
    let share = count / 64;
    let client = move |_| async move {
        let mut client = Client::connect(address).await;
        for _ in 0..share {
            expect(&client.post(path, &Bytes::from_static(crate::BOOKING)).await, 202);
        }
    };
    together((0..64).map(client)).await;
}

/// Everything at once, each as a task of its own.
async fn together<T: Send + 'static>(
    all: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = all.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.expect("a task"));
    }
    done
}

/// Asks `ask` so often a second, whether the last was answered or not, for a round. Gives how long each
/// took, counted from when it was to be asked.
pub async fn paced<F: Future<Output = ()> + Send + 'static>(
    rate: f64,
    ask: impl Fn(usize) -> F,
) -> Vec<Duration> {
    let (begun, between) = (tokio::time::Instant::now(), Duration::from_secs_f64(1.0 / rate));
    let mut under_way = Vec::new();
    for number in 0.. {
        let due = begun + between * number;
        if due - begun >= crate::round() {
            break;
        }
        tokio::time::sleep_until(due).await;
        let asked = ask(number as usize);
        under_way.push(tokio::spawn(async move {
            asked.await;
            due.elapsed()
        }));
    }
    let mut took = Vec::new();
    for one in under_way {
        took.push(one.await.expect("a request"));
    }
    took
}

/// Ends the bench when an answer is another one.
pub fn expect(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
}
