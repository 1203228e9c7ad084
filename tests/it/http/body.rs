//! Bodies: size, time, codings, and what nobody reads.

use std::time::{Duration, Instant};

use super::support::{Raw, SIZE, ask, code, gzip, options, serve};

fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn bodies_up_to_the_limit() {
    let handle = serve(options());
    let full = vec![b'a'; SIZE as usize];
    assert!(ask(&handle, post("/echo", "", &full)).await.ends_with("aaaa"));
    let more = vec![b'a'; SIZE as usize + 1];
    assert_eq!(code(&ask(&handle, post("/echo", "", &more)).await), "413");
    let chunk = format!("{:x}\r\n{}\r\n", 4000, "a".repeat(4000));
    let chunked = format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(3)
    );
    assert_eq!(code(&ask(&handle, chunked).await), "413");
    assert!(ask(&handle, post("/echo", "", b"")).await.ends_with("\r\n\r\n"));
}

#[tokio::test]
async fn a_large_body_that_nobody_wants_does_not_lose_the_answer() {
    let handle = serve(options());
    let body = vec![b'a'; 600_000];
    for path in ["/echo", "/unread"] {
        let answer = ask(&handle, post(path, "", &body)).await;
        assert!(["413", "401"].contains(&code(&answer)), "{path}: {answer}");
    }
    // A sender who waits to be asked is told at once.
    let head = "POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    assert_eq!(code(&ask(&handle, head).await), "401");
    let mut raw = Raw::to(&handle).await;
    raw.write(head.replace("/unread", "/echo")).await;
    raw.until("100 Continue").await;
    raw.write("123456789").await;
    raw.until("123456789").await;
}

#[tokio::test]
async fn slow_bodies_are_cut() {
    let handle = serve(options());
    let start = Instant::now();
    let answer = ask(&handle, "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n1234").await;
    assert_eq!(code(&answer), "408", "{answer}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_body_in_drops_is_cut_long_before_its_time() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    raw.write("POST /echo HTTP/1.1\r\nhost: a\r\nx-paced: yes\r\ncontent-length: 400\r\n\r\n").await;
    // It would be whole in its time, which is eight seconds, and never pauses for as long as the grace.
    let (mut reader, mut writer) = raw.0.split();
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if tokio::io::AsyncWriteExt::write_all(&mut writer, b"x").await.is_err() {
                break;
            }
        }
    };
    let mut answer = [0; 12];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut reader, &mut answer);
    tokio::select! {
        () = dripping => {}
        read = reading => { read.unwrap(); }
    }
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_body_that_ends_early() {
    let handle = serve(options());
    let mut raw = Raw::to(&handle).await;
    raw.write("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n1234").await;
    tokio::io::AsyncWriteExt::shutdown(&mut raw.0).await.unwrap();
    let answer = raw.rest().await;
    assert!(answer.is_empty() || code(&answer) == "400", "{answer}");
}

#[tokio::test]
async fn codings() {
    let handle = serve(options());
    let packed = gzip(b"packed words");
    let answer = ask(&handle, post("/echo", "content-encoding: gzip\r\n", &packed)).await;
    assert!(answer.ends_with("packed words"), "{answer}");
    let bomb = gzip(&vec![0; 5_000_000]);
    assert!((bomb.len() as u64) < SIZE);
    for (headers, body, expected) in [
        ("content-encoding: gzip\r\n", &bomb[..], "413"),
        ("content-encoding: br\r\n", b"x", "415"),
        ("content-encoding: gzip, gzip\r\n", b"x", "415"),
        ("content-encoding: gzip\r\n", b"plain", "400"),
        ("content-encoding: gzip\r\n", &packed[..packed.len() - 6], "400"),
        ("content-encoding: deflate\r\n", b"\xff\xff\xff", "400"),
    ] {
        assert_eq!(code(&ask(&handle, post("/echo", headers, body)).await), expected, "{headers}");
    }
}

/// A body in the zlib format, or without its frame.
fn deflated(bytes: &[u8], framed: bool) -> Vec<u8> {
    use std::io::Write;
    let best = flate2::Compression::best();
    if framed {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), best);
        encoder.write_all(bytes).unwrap();
        return encoder.finish().unwrap();
    }
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), best);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn bombs_of_every_coding() {
    let handle = serve(options());
    let zeros = vec![0; 5_000_000];
    for (coding, body) in [
        ("gzip", gzip(&zeros)),
        ("x-gzip", gzip(&zeros)),
        // Many small members, one behind the other: together they are large.
        ("gzip", gzip(&vec![0; 9_000]).repeat(100)),
        ("deflate", deflated(&zeros, true)),
        ("deflate", deflated(&zeros, false)),
    ] {
        assert!((body.len() as u64) < SIZE, "{coding}: {}", body.len());
        let answer = ask(&handle, post("/echo", &format!("content-encoding: {coding}\r\n"), &body)).await;
        assert_eq!(code(&answer), "413", "{coding}: {answer}");
    }
    // Codings upon codings are not undone, in one line or in two.
    let nested = gzip(&gzip(&zeros));
    for headers in [
        "content-encoding: gzip, gzip\r\n",
        "content-encoding: gzip\r\ncontent-encoding: gzip\r\n",
        "content-encoding: deflate, gzip\r\n",
        "content-encoding: gzip, identity, gzip\r\n",
        "content-encoding: br\r\n",
        "content-encoding: zstd\r\n",
        "content-encoding: compress\r\n",
    ] {
        assert_eq!(code(&ask(&handle, post("/echo", headers, &nested)).await), "415", "{headers}");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_who_takes_that() {
    let handle = serve(options());
    let get = |accept: &str| format!("GET /big HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{accept}\r\n");
    let answer = ask(&handle, get("accept-encoding: gzip\r\n")).await;
    assert!(answer.contains("content-encoding: gzip"), "{answer}");
    assert!(answer.contains("vary: accept-encoding"), "{answer}");
    assert!(answer.len() < 600, "{}", answer.len());
    let answer = ask(&handle, get("")).await;
    assert!(answer.contains("vary: accept-encoding") && answer.len() > 5000, "{answer}");
}
