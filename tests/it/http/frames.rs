//! HTTP/2 frame by frame, from callers who mean harm.

use std::time::Duration;

use super::support::{Raw, ask, code, options, serve};
use crossdock::http::{Handle, ListenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header that no table knows (RFC 7541 §6.2.2); short ones only.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let (name, value) = (name.as_bytes(), value.as_bytes());
    assert!(name.len() < 127 && value.len() < 127);
    [&[0, name.len() as u8], name, &[value.len() as u8], value].concat()
}

/// `:method`, `:scheme: http`, `:path`, `:authority: a`.
fn head(post: bool, path: &str) -> Vec<u8> {
    let method = if post { 0x83 } else { 0x82 };
    [&[method, 0x86, 0x04, path.len() as u8], path.as_bytes(), &[0x41, 1, b'a']].concat()
}

/// Sends the preface and these bytes; the kinds of the frames that came until the end or half a second of
/// silence, each with its stream and payload.
async fn tell(handle: &Handle, bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut stream = Raw::to(handle).await.0;
    let hello = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    stream.write_all(&hello).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let bytes = bytes.to_vec();
    // Whoever is told to go away may not be able to send all of it.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        writer
    });
    let (mut all, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while let Ok(Ok(count @ 1..)) =
        tokio::time::timeout(Duration::from_millis(700), reader.read(&mut buffer)).await
    {
        all.extend_from_slice(&buffer[..count]);
    }
    writing.abort();
    frames(&all)
}

fn frames(mut bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut found = Vec::new();
    while bytes.len() >= 9 {
        let length = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
        let stream = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]);
        let end = (9 + length).min(bytes.len());
        found.push((bytes[3], stream, bytes[9..end].to_vec()));
        bytes = &bytes[end..];
    }
    found
}

fn has(frames: &[(u8, u32, Vec<u8>)], kind: u8) -> bool {
    frames.iter().any(|frame| frame.0 == kind)
}

async fn still_serves(handle: &Handle) {
    assert_eq!(code(&ask(handle, "GET / HTTP/1.0\r\n\r\n").await), "200");
}

#[tokio::test]
async fn a_good_request_in_frames() {
    let handle = serve(options());
    let came = tell(&handle, &frame(HEADERS, END_HEADERS | END_STREAM, 1, &head(false, "/"))).await;
    assert!(came.iter().any(|(kind, _, body)| *kind == DATA && body.starts_with(b"a http://a/")), "{came:?}");
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let handle = serve(options());
    let mut flood = Vec::new();
    for at in 0..20_000 {
        let stream = 2 * at + 1;
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &head(false, "/long")));
        flood.extend(frame(RESET, 0, stream, &8_u32.to_be_bytes()));
    }
    let came = tell(&handle, &flood).await;
    let away = came.iter().find(|frame| frame.0 == GOAWAY).expect("it is told to go away");
    // RFC 9113 §7: ENHANCE_YOUR_CALM.
    assert_eq!(away.2[4..8], 11_u32.to_be_bytes(), "{away:?}");
    still_serves(&handle).await;
    assert_eq!(handle.open(), 0);
}

#[tokio::test]
async fn heads_without_an_end_end_the_connection() {
    let handle = serve(options());
    let mut flood = frame(HEADERS, 0, 1, &head(false, "/"));
    for _ in 0..5_000 {
        flood.extend(frame(CONTINUATION, 0, 1, &literal("x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")));
    }
    let came = tell(&handle, &flood).await;
    assert!(has(&came, GOAWAY), "{came:?}");
    still_serves(&handle).await;
}

#[tokio::test]
async fn large_heads_are_refused() {
    let handle = serve(options());
    // Small on the wire, large once unpacked: one entry of the table, many times over.
    let entry = [&[0x40, 1, b'x', 100][..], &[b'y'; 100]].concat();
    let bomb = [head(false, "/"), entry, vec![0xbe; 10_000]].concat();
    let came = tell(&handle, &frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb)).await;
    // `:status 431`, a reset or a farewell: but no answer of the service.
    assert!(!came.iter().any(|(kind, _, body)| *kind == DATA && !body.is_empty()), "{came:?}");
    assert!(has(&came, HEADERS) || has(&came, RESET) || has(&came, GOAWAY), "{came:?}");
    still_serves(&handle).await;
}

#[tokio::test]
async fn heads_that_http2_forbids_reach_nobody() {
    let handle = serve(options());
    let get = head(false, "/");
    for (what, wrong) in [
        ("transfer-encoding", [get.clone(), literal("transfer-encoding", "chunked")].concat()),
        ("connection", [get.clone(), literal("connection", "keep-alive")].concat()),
        ("upper case", [get.clone(), literal("X-Big", "1")].concat()),
        ("a line break in a value", [get.clone(), literal("x", "a\r\ntransfer-encoding: chunked")].concat()),
        ("a zero byte in a value", [get.clone(), literal("x", "a\0b")].concat()),
        ("a colon in a name", [get.clone(), literal("x: y", "b")].concat()),
        ("a pseudo-header too late", [get.clone(), literal("x", "y"), literal(":path", "/other")].concat()),
        ("two paths", [get.clone(), literal(":path", "/other")].concat()),
        ("an unknown pseudo-header", [literal(":made-up", "1"), get.clone()].concat()),
        ("a path that is none", [&[0x82, 0x86, 0x04, 0, 0x41, 1, b'a'][..]].concat()),
        ("no method", [&[0x86, 0x84, 0x41, 1, b'a'][..]].concat()),
    ] {
        let came = tell(&handle, &frame(HEADERS, END_HEADERS | END_STREAM, 1, &wrong)).await;
        assert!(has(&came, RESET) || has(&came, GOAWAY) || has(&came, HEADERS), "{what}: {came:?}");
        assert!(!came.iter().any(|(kind, _, body)| *kind == DATA && !body.is_empty()), "{what}: {came:?}");
    }
    still_serves(&handle).await;
}

#[tokio::test]
async fn a_length_that_is_not_true_is_refused() {
    let handle = serve(options());
    for (said, sent) in [("5", "abc"), ("2", "abc"), ("x", "abc")] {
        let head = [head(true, "/echo"), literal("content-length", said)].concat();
        let bytes = [frame(HEADERS, END_HEADERS, 1, &head), frame(DATA, END_STREAM, 1, sent.as_bytes())];
        let came = tell(&handle, &bytes.concat()).await;
        assert!(!came.iter().any(|(kind, _, body)| *kind == DATA && body == sent.as_bytes()), "{came:?}");
    }
    still_serves(&handle).await;
}

#[tokio::test]
async fn floods_of_small_frames_hold_nothing_up() {
    let handle = serve(options());
    let settings: Vec<u8> = frame(SETTINGS, 0, 0, &[]).repeat(20_000);
    let pings: Vec<u8> = frame(PING, 0, 0, &[0; 8]).repeat(20_000);
    for flood in [settings, pings] {
        tell(&handle, &flood).await;
        still_serves(&handle).await;
    }
}

#[tokio::test]
async fn a_host_says_what_the_authority_says() {
    let handle = serve(options());
    for (hosts, status) in [
        (vec![], 0x88),
        (vec!["a"], 0x88),
        (vec!["A"], 0x88),
        (vec!["b"], 0x8c),
        (vec!["a", "a"], 0x8c),
        (vec!["a b/"], 0x8c),
    ] {
        let lines: Vec<Vec<u8>> = hosts.iter().map(|host| literal("host", host)).collect();
        let block = [head(false, "/x"), lines.concat()].concat();
        let told = tell(&handle, &frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)).await;
        let answer = told.iter().find(|frame| frame.0 == HEADERS).expect("an answer");
        assert_eq!(answer.2[0], status, "{hosts:?}: `:status` by its place in the static table");
    }
}

const PRIORITY: u8 = 2;
const WINDOW_UPDATE: u8 = 8;

/// What a `SETTINGS` frame says of a setting.
fn setting(came: &[(u8, u32, Vec<u8>)], id: u16) -> Option<u32> {
    let all = came.iter().filter(|frame| frame.0 == SETTINGS).flat_map(|frame| frame.2.chunks_exact(6));
    let mut found = all.filter(|entry| entry[..2] == id.to_be_bytes());
    found.next().map(|entry| u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
}

#[tokio::test]
async fn the_bounds_are_said_at_the_start() {
    let came = tell(&serve(options()), &[]).await;
    // RFC 9113 §6.5.2: concurrent streams, the size of a frame, the size of a head.
    assert_eq!([3, 5, 6].map(|id| setting(&came, id)), [Some(100), Some(16 << 10), Some(16 << 10)]);
    assert_ne!(setting(&came, 8), Some(1), "no extended CONNECT");
}

#[tokio::test]
async fn one_stream_more_than_allowed_is_refused() {
    let handle = serve(ListenOptions { streams: 5, ..options() });
    let open = |at: u32| frame(HEADERS, END_HEADERS | END_STREAM, 2 * at + 1, &head(false, "/slow"));
    let came = tell(&handle, &(0..6).flat_map(open).collect::<Vec<u8>>()).await;
    let refused: Vec<u32> = came.iter().filter(|frame| frame.0 == RESET).map(|frame| frame.1).collect();
    assert_eq!(refused, [11], "{came:?}");
    let answered = came.iter().filter(|frame| frame.0 == HEADERS).count();
    assert_eq!(answered, 5, "the others are answered: {came:?}");
}

#[tokio::test]
async fn streams_that_we_are_made_to_reset_end_the_connection() {
    // CVE-2025-8671: frames that make the other side reset a stream, whose work goes on. A window update of
    // nothing is such an error (RFC 9113 §6.9).
    let handle = serve(options());
    let mut flood = Vec::new();
    for at in 0..5_000 {
        let stream = 2 * at + 1;
        flood.extend(frame(HEADERS, END_HEADERS, stream, &head(true, "/long")));
        flood.extend(frame(WINDOW_UPDATE, 0, stream, &[0; 4]));
    }
    let came = tell(&handle, &flood).await;
    assert!(has(&came, GOAWAY), "{} frames", came.len());
    still_serves(&handle).await;
    assert_eq!(handle.open(), 0);
}

#[tokio::test]
async fn continuations_of_nothing_end_the_connection() {
    let handle = serve(options());
    let flood = [frame(HEADERS, 0, 1, &head(false, "/")), frame(CONTINUATION, 0, 1, &[]).repeat(100_000)];
    let came = tell(&handle, &flood.concat()).await;
    assert!(has(&came, GOAWAY), "{came:?}");
    still_serves(&handle).await;
}

#[tokio::test]
async fn floods_of_frames_that_mean_nothing_hold_nothing_up() {
    let handle = serve(options());
    let opened = frame(HEADERS, END_HEADERS, 1, &head(true, "/echo"));
    for flood in [
        frame(PRIORITY, 0, 3, &[0, 0, 0, 0, 1]).repeat(50_000),
        frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(50_000),
        [opened.clone(), frame(DATA, 0, 1, &[]).repeat(50_000)].concat(),
        [opened, frame(DATA, 8, 1, &[0]).repeat(50_000)].concat(),
        // A table that shrinks and grows (CVE-2016-6580), a frame of an unknown kind, a window too wide.
        frame(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 16, 0]).repeat(20_000),
        frame(0xee, 0, 0, &[0; 64]).repeat(20_000),
        frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]).repeat(10),
    ] {
        tell(&handle, &flood).await;
        still_serves(&handle).await;
    }
    assert_eq!((handle.open(), handle.panics()), (0, 0));
}
