//! A closed-loop load: so many connections, each asking again as soon as it was answered.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::processes::Process;

/// What is sent, and over how many connections.
pub struct Load {
    pub connections: usize,
    pub body: &'static [u8],
    pub key: &'static str,
}

/// What one round saw.
pub struct Sample {
    /// Requests answered per second.
    pub rate: f64,
    /// The asked process's CPU time per request, user and system.
    pub cpu_micros: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Answers that were not 2xx, and connections that broke.
    pub failed: u64,
}

impl Load {
    /// Asks `process` for a while.
    pub fn run(&self, process: &Process, path: &'static str, while_: Duration) -> Sample {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let cpu_before = process.cpu();
        let started = Instant::now();
        let (mut times, failed) = runtime.block_on(self.ask(process.port, path, started + while_));
        let elapsed = started.elapsed();
        let cpu = process.cpu() - cpu_before;
        times.sort_unstable();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
        Sample {
            rate: times.len() as f64 / elapsed.as_secs_f64(),
            cpu_micros: cpu.as_secs_f64() * 1e6 / times.len().max(1) as f64,
            p50: at(0.5),
            p99: at(0.99),
            failed,
        }
    }

    async fn ask(&self, port: u16, path: &'static str, until: Instant) -> (Vec<Duration>, u64) {
        let tasks: Vec<_> = (0..self.connections)
            .map(|_| tokio::spawn(one_connection(port, path, Bytes::from_static(self.body), self.key, until)))
            .collect();
        let (mut times, mut failed) = (Vec::new(), 0);
        for task in tasks {
            let (mine, mine_failed) = task.await.expect("a load task");
            times.extend(mine);
            failed += mine_failed;
        }
        (times, failed)
    }
}

async fn connect(port: u16) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a server that listens");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake");
    tokio::spawn(connection);
    sender
}

async fn one_connection(
    port: u16,
    path: &'static str,
    body: Bytes,
    key: &'static str,
    until: Instant,
) -> (Vec<Duration>, u64) {
    let mut sender = connect(port).await;
    let (mut times, mut failed) = (Vec::new(), 0);
    while Instant::now() < until {
        let request = hyper::Request::post(path)
            .header("host", "bench.example")
            .header("content-type", "application/json")
            .header("x-api-key", key)
            .body(Full::new(body.clone()))
            .expect("a request");
        let sent = Instant::now();
        let answered = match sender.send_request(request).await {
            Ok(answer) => {
                let ok = answer.status().is_success();
                ok && answer.into_body().collect().await.is_ok()
            }
            Err(_) => {
                sender = connect(port).await;
                false
            }
        };
        if answered {
            times.push(sent.elapsed());
        } else {
            failed += 1;
        }
        if sender.ready().await.is_err() {
            sender = connect(port).await;
        }
    }
    (times, failed)
}
