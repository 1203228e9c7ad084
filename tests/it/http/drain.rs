//! The end of a listener.

use std::time::{Duration, Instant};

use super::support::{Raw, options, serve};
use crossdock::http::{ListenOptions, Workers};

#[tokio::test]
async fn requests_in_flight_end_and_idle_connections_go() {
    let handle = serve(options());
    let (mut busy, mut idle, mut silent) =
        (Raw::to(&handle).await, Raw::to(&handle).await, Raw::to(&handle).await);
    idle.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    idle.until("a /").await;
    busy.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    let draining = tokio::spawn({
        let handle = handle.clone();
        async move { handle.drain(Duration::from_secs(5)).await }
    });
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(start.elapsed() < Duration::from_millis(200), "idle connections close at once");
    let answer = busy.rest().await;
    assert!(answer.contains("connection: close") && answer.ends_with("slow"), "{answer}");
    assert_eq!(draining.await.unwrap().cut, 0);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(tokio::net::TcpStream::connect(handle.address()).await.is_err());
}

#[tokio::test]
async fn half_a_head_does_not_hold_it() {
    let handle = serve(ListenOptions { header_time: Duration::from_secs(60), ..options() });
    let (mut first, mut second) = (Raw::to(&handle).await, Raw::to(&handle).await);
    first.write("GET / HTTP/1.1\r\nhos").await;
    second.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    second.until("a /").await;
    second.write("GET / HTTP/1.1\r\nhos").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    assert_eq!(handle.drain(Duration::from_secs(20)).await.cut, 0);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_deadline_is_hard() {
    for workers in [Workers::Here, Workers::Threads(2)] {
        let handle = serve(ListenOptions { workers, ..options() });
        let (mut long, mut body) = (Raw::to(&handle).await, Raw::to(&handle).await);
        long.write("GET /long HTTP/1.1\r\nhost: a\r\n\r\n").await;
        body.write("POST /long HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n1").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        let drained = handle.drain(Duration::from_millis(300)).await;
        assert_eq!(drained.cut, 2);
        assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
        assert_eq!(handle.open(), 0);
    }
}
