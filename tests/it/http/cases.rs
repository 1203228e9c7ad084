//! The requests in `tests/cases/smuggling`, each of which two readers could take for different ones: refused, however
//! their bytes come, and nothing behind them is read.
//!
//! A case is a file: what it is about, the status, and the bytes, where `\r`, `\n`, `\t` and `\x41` stand for a byte
//! and the ends of lines for nothing.

use std::path::Path;
use std::time::Duration;

use super::support::{Raw, code, options, serve};
use crossdock::http::Handle;

const SMUGGLED: &[u8] = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
const GOOD: &[u8] = b"GET /good HTTP/1.1\r\nhost: a\r\n\r\n";

struct Case {
    name: String,
    status: String,
    bytes: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/smuggling");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| read(&path)).collect()
}

fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let about = lines.next().unwrap_or_default();
    assert!(about.starts_with("# "), "{}: says what it is about", path.display());
    let status = lines.next().unwrap_or_default().to_owned();
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    Case { name, status, bytes: lines.flat_map(bytes_of).collect() }
}

/// The bytes that a line stands for.
fn bytes_of(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line.chars();
    while let Some(char) = rest.next() {
        match (char == '\\').then(|| rest.next()).flatten() {
            None => bytes.extend(char.to_string().bytes()),
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(other) => panic!("`\\{other}` in `{line}`"),
        }
    }
    bytes
}

/// What came for these pieces, sent one after the other, until the connection was closed.
async fn told(handle: &Handle, pieces: &[&[u8]]) -> String {
    let mut raw = Raw::to(handle).await;
    for (count, piece) in pieces.iter().enumerate() {
        if count > 0 {
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        // What is refused early may be closed before its last byte.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut raw.0, piece).await;
    }
    raw.rest().await
}

fn refused(case: &Case, how: &str, answer: &str) {
    let name = &case.name;
    assert_eq!(code(answer), case.status, "{name}, {how}: {answer}");
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "{name}, {how}: {answer}");
    assert!(!answer.contains("smuggled"), "{name}, {how}: {answer}");
}

#[tokio::test]
async fn each_is_refused_and_its_connection_closed() {
    let handle = serve(options());
    let cases = cases();
    assert!(cases.len() >= 70, "{}", cases.len());
    for case in &cases {
        let whole = [&case.bytes, SMUGGLED].concat();
        refused(case, "in one piece", &told(&handle, &[&whole]).await);
    }
    assert_eq!(handle.panics(), 0);
}

#[tokio::test]
async fn each_is_refused_behind_a_good_request_in_the_same_piece() {
    let handle = serve(options());
    for case in cases() {
        let answers = told(&handle, &[&[GOOD, &case.bytes, SMUGGLED].concat()]).await;
        let (good, rest) =
            answers.split_once("a /good").unwrap_or_else(|| panic!("{}: {answers}", case.name));
        assert_eq!(code(good), "200", "{}: {answers}", case.name);
        refused(&case, "behind a good one", rest);
    }
}

#[tokio::test]
async fn each_is_refused_when_it_comes_in_pieces() {
    let handle = serve(options());
    let each = cases().into_iter().map(|case| {
        let handle = handle.clone();
        tokio::spawn(async move {
            let (first, rest) = case.bytes.split_at(case.bytes.len() / 2);
            let (second, third) = rest.split_at(rest.len() / 2);
            let last = [third, SMUGGLED].concat();
            refused(&case, "in pieces", &told(&handle, &[first, second, &last]).await);
        })
    });
    for done in each.collect::<Vec<_>>() {
        done.await.unwrap();
    }
}
