//! Heads: framing, limits, keep-alive, what HTTP forbids.

use std::time::{Duration, Instant};

use super::support::{Raw, ask, code, options, serve};
use crossdock::http::ListenOptions;

#[tokio::test]
async fn requests_on_one_connection_also_in_one_piece() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    raw.write("GET /a?x=1 HTTP/1.1\r\nhost: one\r\n\r\nGET /b HTTP/1.1\r\nhost: two\r\n\r\n").await;
    let answers = raw.until("two /b").await;
    assert!(answers.contains("one /a?x=1"), "{answers}");
    assert!(answers.to_ascii_lowercase().contains("date: "), "{answers}");
    raw.write("GET /c HTTP/1.1\r\nhost: three\r\nconnection: close\r\n\r\n").await;
    assert!(raw.rest().await.ends_with("three /c"));
    assert_eq!(handle.refused(), 0);
}

#[tokio::test]
async fn two_ways_to_say_where_a_body_ends_are_refused() {
    let handle = serve(options());
    let post = "POST /echo HTTP/1.1\r\nhost: a\r\n";
    for (head, body) in [
        ("content-length: 3\r\ntransfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ("content-length: 3\r\ncontent-length: 4\r\n", "abcd"),
        ("content-length: +3\r\n", "abc"),
        ("content-length: 3, 3\r\n", "abc"),
        ("content-length: -1\r\n", ""),
        ("transfer-encoding: gzip\r\n", "abc"),
        ("transfer-encoding: chunked, gzip\r\n", "abc"),
        ("x: a\r\n folded\r\ncontent-length: 0\r\n", ""),
        ("content-length : 3\r\n", "abc"),
    ] {
        let answer = ask(&handle, format!("{post}{head}\r\n{body}")).await;
        assert_eq!(code(&answer), "400", "{head:?}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_comes_in_pieces_is_looked_at_as_a_whole() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    raw.write("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n").await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    raw.write("content-length: 4\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    let answer = raw.rest().await;
    assert_eq!(code(&answer), "400", "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(!answer.contains("smuggled"), "{answer}");
    // Good chunks in pieces keep the connection, and what follows in one piece with them is answered.
    let mut raw = Raw::to(&handle).await;
    for piece in [
        "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-enc",
        "oding: chunked\r\n\r\n3\r\na",
        "bc\r",
        "\n0\r\n\r\nGET /next HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        raw.write(piece).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answers = raw.until("a /next").await;
    assert!(answers.contains("abc"), "{answers}");
}

#[tokio::test]
async fn chunked_bodies_keep_the_connection() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    for _ in 0..2 {
        raw.write(
            "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        )
        .await;
        let answer = raw.until("abc").await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }
    raw.write("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")
        .await;
    assert_eq!(code(&raw.rest().await), "400");
}

#[tokio::test]
async fn a_host_is_needed_exactly_once() {
    let handle = serve(options());
    assert_eq!(code(&ask(&handle, "GET / HTTP/1.1\r\n\r\n").await), "400");
    assert_eq!(code(&ask(&handle, "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n").await), "400");
    assert_eq!(code(&ask(&handle, "GET / HTTP/1.0\r\n\r\n").await), "200");
    assert_eq!(code(&ask(&handle, "GET / HTTP/1.1\r\nho st: a\r\n\r\n").await), "400");
    assert_eq!(code(&ask(&handle, "nonsense\r\n\r\n").await), "400");
}

#[tokio::test]
async fn heads_may_be_exactly_as_large_as_allowed() {
    let handle = serve(ListenOptions { header_size: 1000, ..options() });
    let sized = |size: usize| {
        let frame = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: \r\n\r\n";
        frame.replace("x: ", &format!("x: {}", "y".repeat(size - frame.len())))
    };
    assert_eq!(code(&ask(&handle, sized(1000)).await), "200");
    assert_eq!(code(&ask(&handle, sized(1001)).await), "431");
    assert_eq!(code(&ask(&handle, sized(60_000)).await), "431");
    let many = "x: y\r\n".repeat(101);
    let handle = serve(options());
    assert_eq!(code(&ask(&handle, format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")).await), "431");
}

#[tokio::test]
async fn a_slow_head_is_cut_and_told() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    let start = Instant::now();
    raw.write("GET / HT").await;
    let answer = raw.rest().await;
    assert_eq!(code(&answer), "408", "{answer}");
    assert!(start.elapsed() < Duration::from_secs(1));
    // The second head of a connection has as much time as the first.
    let mut raw = Raw::to(&handle).await;
    raw.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    raw.until("a /").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    raw.write("GET / HTTP/1.1\r\n").await;
    assert_eq!(code(&raw.rest().await), "408");
    // Nothing at all is closed without a word.
    let mut raw = Raw::to(&handle).await;
    assert_eq!(raw.rest().await, "");
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let handle = serve(ListenOptions { idle: Duration::from_millis(200), ..options() });
    let mut raw = Raw::to(&handle).await;
    raw.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(raw.rest().await.ends_with("slow"), "a request in flight is not idle");
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let handle = serve(ListenOptions { connections: 2, ..options() });
    let (mut one, mut two) = (Raw::to(&handle).await, Raw::to(&handle).await);
    for raw in [&mut one, &mut two] {
        raw.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        raw.until("a /").await;
    }
    let answer = Raw::to(&handle).await.rest().await;
    assert_eq!(code(&answer), "503");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    assert_eq!((handle.refused(), handle.open()), (1, 2));
    drop(one);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut again = Raw::to(&handle).await;
    again.write("GET / HTTP/1.1\r\nhost: again\r\n\r\n").await;
    again.until("again /").await;
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let handle = serve(options());
    assert_eq!(code(&ask(&handle, "GET /panic HTTP/1.0\r\n\r\n").await), "500");
    assert_eq!(code(&ask(&handle, "GET /panic-early HTTP/1.0\r\n\r\n").await), "500");
    assert_eq!(code(&ask(&handle, "GET /ok HTTP/1.0\r\n\r\n").await), "200");
    assert_eq!(handle.panics(), 2);
}

#[tokio::test]
async fn heads_alone_and_nothing_at_all() {
    let handle = serve(options());
    let answer = ask(&handle, "HEAD /big HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("content-length: 5000"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = ask(&handle, "GET /nothing HTTP/1.0\r\n\r\n").await;
    assert!(!answer.contains("content-length"), "{answer}");
}

#[tokio::test]
async fn several_workers_share_one_port() {
    let handle = serve(ListenOptions { workers: crossdock::http::Workers::Threads(2), ..options() });
    for _ in 0..10 {
        assert_eq!(code(&ask(&handle, "GET / HTTP/1.0\r\n\r\n").await), "200");
    }
    let taken = ListenOptions { address: handle.address(), ..options() };
    let refused = crossdock::http::listen(taken, std::sync::Arc::new(super::support::Paths::default()));
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(handle.drain(Duration::from_secs(2)).await.cut, 0);
}
