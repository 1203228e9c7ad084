//! One request that two readers could take for two: each is refused, or ends its connection.

use super::support::{Raw, ask, code, options, serve};

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// What came back for these bytes with another request behind them.
async fn told(bytes: &str) -> String {
    ask(&serve(options()), format!("{bytes}{SMUGGLED}")).await
}

#[tokio::test]
async fn ways_to_hide_that_a_body_is_chunked() {
    let body = "3\r\nabc\r\n0\r\n\r\n";
    for hidden in [
        "transfer-encoding : chunked\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: \"chunked\"\r\n",
        "transfer-encoding: chunked;q=1\r\n",
        "transfer-encoding:\x0bchunked\r\n",
        "transfer-encoding: chunked\x00\r\n",
        "x: a\rtransfer-encoding: chunked\r\n",
        "\ttransfer-encoding: chunked\r\n",
        "transfer-encoding:\r\n chunked\r\n",
        "transfer-encoding: chunked\ncontent-length: 3\r\n",
        "content-length: 3\ntransfer-encoding: chunked\r\n",
        "content-length: 3\r\ntransfer_encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\n",
        "x: a\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: , chunked\r\n",
    ] {
        let answer = told(&format!("POST /echo HTTP/1.1\r\nhost: a\r\n{hidden}\r\n{body}")).await;
        assert!(["400", "501"].contains(&code(&answer)), "{hidden:?}: {answer}");
        assert!(!answer.contains("smuggled"), "{hidden:?}: {answer}");
    }
    let answer =
        told(&format!("POST /echo HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{body}")).await;
    assert_eq!(code(&answer), "400", "HTTP/1.0 knows no chunks: {answer}");
}

#[tokio::test]
async fn lengths_that_are_none() {
    for length in [
        "0x3",
        "3 ",
        " 3\u{b}",
        "3;a",
        "3.0",
        "1e1",
        "",
        "99999999999999999999999",
        "\u{0663}",
        "3\r\ncontent-length: 0",
    ] {
        let answer =
            told(&format!("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\nabc")).await;
        // White space around a value is no part of it (RFC 9110 §5.5).
        let expected = if length == "3 " { "200" } else { "400" };
        assert_eq!(code(&answer), expected, "{length:?}: {answer}");
        assert_eq!(answer.contains("smuggled"), length == "3 ", "{length:?}: {answer}");
    }
}

#[tokio::test]
async fn chunks_that_are_none() {
    for chunks in [
        "3\nabc\r\n0\r\n\r\n",
        "3;a\nabc\r\n0\r\n\r\n",
        "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcX\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nbad trailer\r\n\r\n",
    ] {
        let answer =
            told(&format!("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"))
                .await;
        assert_eq!(code(&answer), "400", "{chunks:?}: {answer}");
        assert!(!answer.contains("smuggled"), "{chunks:?}: {answer}");
    }
}

#[tokio::test]
async fn chunk_extensions_and_trailers_are_bounded() {
    let post = "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let handle = serve(options());
    let flood = format!("3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(100_000));
    let many = "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n".repeat(3000) + "0\r\n\r\n";
    let trailers = format!("3\r\nabc\r\n0\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    for body in [flood, many, trailers] {
        let answer = ask(&handle, format!("{post}{body}")).await;
        assert!(["400", "431"].contains(&code(&answer)), "{answer}");
    }
    let small = ask(
        &handle,
        format!(
            "{post}3;a=b\r\nabc\r\n0\r\nx: y\r\n\r\n{}",
            SMUGGLED.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")
        ),
    )
    .await;
    assert!(small.contains("abc") && small.ends_with("a /smuggled"), "{small}");
}

#[tokio::test]
async fn heads_that_are_none() {
    for head in [
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n: empty\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nn\u{e4}me: x\r\n",
        "GET / HTTP/1.1\r\n host: a\r\n",
        "GET / HTTP/1.1 \r\nhost: a\r\n",
        "GET  / HTTP/1.1\r\nhost: a\r\n",
        "GET / HTTP/2.0\r\nhost: a\r\n",
        "GET / HTTP/9.9\r\nhost: a\r\n",
        "GET / http/1.1\r\nhost: a\r\n",
        "GET /a b HTTP/1.1\r\nhost: a\r\n",
        "GET /\0 HTTP/1.1\r\nhost: a\r\n",
        "G\0T / HTTP/1.1\r\nhost: a\r\n",
        "GET  HTTP/1.1\r\nhost: a\r\n",
        "GET relative HTTP/1.1\r\nhost: a\r\n",
    ] {
        let answer = told(&format!("{head}\r\n")).await;
        assert!(["400", "505"].contains(&code(&answer)), "{head:?}: {answer}");
        assert!(!answer.contains("smuggled"), "{head:?}: {answer}");
    }
    let many = "x: y\r\n".repeat(10_000);
    let answer = ask(&serve(options()), format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")).await;
    assert_eq!(code(&answer), "431");
}

#[tokio::test]
async fn a_whole_address_as_the_target_is_the_host() {
    let handle = serve(options());
    let answer = ask(
        &handle,
        "GET http://portal.example/x HTTP/1.1\r\nhost: Portal.example\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.ends_with("portal.example http://portal.example/x"), "RFC 9112 §3.2.2: {answer}");
    // An offer to speak something else is not taken up.
    let upgrade = "GET /x HTTP/1.1\r\nhost: a\r\nconnection: close, upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAAA\r\n\r\n";
    assert_eq!(code(&ask(&handle, upgrade).await), "200");
}

#[tokio::test]
async fn many_requests_in_one_piece_are_answered_in_order() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    let all: String = (0..500).map(|at| format!("GET /{at} HTTP/1.1\r\nhost: a\r\n\r\n")).collect();
    raw.write(all + "GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let answers = raw.rest().await;
    let places: Vec<usize> = (0..500).map(|at| answers.find(&format!("a /{at}HTTP")).unwrap()).collect();
    assert!(places.is_sorted());
    assert!(answers.ends_with("a /last"));
}
