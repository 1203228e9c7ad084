//! Callers who take what they can: connections, time, and answers they do not read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::support::{Raw, ask, code, options, serve};
use crossdock::http::{Handle, ListenOptions, Network, Request, Response, Service, StatusCode};
use tokio::net::{TcpSocket, TcpStream};

/// A connection from another address of this machine.
async fn from(last: u8, handle: &Handle) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0)).unwrap();
    socket.connect(handle.address()).await.unwrap()
}

async fn is_answered(raw: &mut Raw) {
    raw.write("GET /x HTTP/1.1\r\nhost: a\r\n\r\n").await;
    raw.until("a /x").await;
}

#[tokio::test]
async fn one_address_cannot_take_every_connection() {
    let handle = serve(ListenOptions { per_address: Some(3), ..options() });
    let mut mine = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw(from(2, &handle).await);
        is_answered(&mut raw).await;
        mine.push(raw);
    }
    let answer = Raw(from(2, &handle).await).rest().await;
    assert_eq!(code(&answer), "429", "{answer}");
    assert!(answer.ends_with("fault Crowd"), "{answer}");
    is_answered(&mut Raw(from(3, &handle).await)).await;
    drop(mine.pop());
    while handle.open() > 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    is_answered(&mut Raw(from(2, &handle).await)).await;
    assert_eq!(handle.refused(), 1);
}

#[tokio::test]
async fn a_proxy_is_not_one_address() {
    let proxies: Arc<[Network]> = Arc::new([Network::parse("127.0.0.2").unwrap()]);
    let handle = serve(ListenOptions { per_address: Some(1), proxies, ..options() });
    let mut many = Vec::new();
    for _ in 0..5 {
        let mut raw = Raw(from(2, &handle).await);
        is_answered(&mut raw).await;
        many.push(raw);
    }
    assert_eq!((handle.open(), handle.refused()), (5, 0));
}

/// Answers everything with more than the sockets between us hold.
struct Much;

impl Service for Much {
    fn handle(&self, _request: Request) -> crossdock::clock::BoxFuture<'static, Response> {
        Box::pin(async { Response::new(StatusCode::OK, "text/plain", vec![b'x'; 32 << 20]) })
    }
}

async fn is_cut_off(hello: &[u8]) {
    let short = Duration::from_millis(200);
    let options = ListenOptions { write_time: short, compress_from: None, ..options() };
    let handle = crossdock::http::listen(options, Arc::new(Much)).unwrap();
    let mut raw = Raw::to(&handle).await;
    raw.write(hello).await;
    while handle.open() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let gone = async {
        while handle.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Far less than the 75 seconds that an idle connection has.
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it is cut off");
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_cut_off() {
    is_cut_off(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
}

#[tokio::test]
async fn who_asks_for_answers_to_frames_and_reads_none_is_cut_off() {
    let ping = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
    let handle = serve(ListenOptions { write_time: Duration::from_millis(200), ..options() });
    let mut raw = Raw::to(&handle).await;
    raw.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let flood = ping.repeat(1000);
    let writing = async { while tokio::io::AsyncWriteExt::write_all(&mut raw.0, &flood).await.is_ok() {} };
    // Each ping is owed an answer of the same size; who reads none stops being read, and is then let go.
    tokio::time::timeout(Duration::from_secs(20), writing).await.expect("it is cut off");
    while handle.open() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(code(&ask(&handle, "GET / HTTP/1.0\r\n\r\n").await), "200");
}

#[tokio::test]
async fn who_reads_slowly_but_reads_is_served() {
    let short = Duration::from_millis(400);
    let options = ListenOptions { write_time: short, compress_from: None, ..options() };
    let handle = crossdock::http::listen(options, Arc::new(Much)).unwrap();
    let mut raw = Raw::to(&handle).await;
    raw.write(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let (mut got, mut buffer) = (0, vec![0; 4 << 20]);
    loop {
        tokio::time::sleep(Duration::from_millis(40)).await;
        match tokio::io::AsyncReadExt::read(&mut raw.0, &mut buffer).await.unwrap() {
            0 => break,
            count => got += count,
        }
    }
    assert!(got > 32 << 20, "{got}");
}
