//! Heads that nobody can read: the service says so, and hears of each.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::support::{Paths, Raw, ask, code, options};
use crossdock::http::{Handle, ListenOptions, listen};

fn serve() -> (Handle, Arc<std::sync::atomic::AtomicUsize>) {
    let paths = Paths::default();
    let faults = Arc::clone(&paths.faults);
    let options = ListenOptions { header_size: 1000, ..options() };
    (listen(options, Arc::new(paths)).unwrap(), faults)
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_answered_by_the_service() {
    let (handle, faults) = serve();
    let cases = [
        ("nonsense\r\n\r\n".to_owned(), "400", "BadHead"),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n".to_owned(), "400", "BadHead"),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: a\r\n folded\r\n\r\n".to_owned(), "400", "BadHead"),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n".to_owned(), "400", "BadHead"),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(), "400", "BadHead"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(5000)), "431", "LargeHead"),
        ("GET / HTTP/1.1\r\nhost: a b/\\\r\n\r\n".to_owned(), "400", "BadHead"),
        (
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n".to_owned(),
            "501",
            "UnknownCoding",
        ),
        ("GET / HTTP/1.1\r\nhost: a\r\n".to_owned(), "408", "LateHead"),
    ];
    for (count, (bytes, status, fault)) in cases.iter().enumerate() {
        let answer = ask(&handle, bytes).await;
        assert_eq!(code(&answer), *status, "{bytes:?}: {answer}");
        assert!(answer.ends_with(&format!("\r\n\r\nfault {fault}")), "{bytes:?}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{answer}");
        assert_eq!(faults.load(Ordering::SeqCst), count + 1, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_bad_head_with_much_behind_it_does_not_lose_its_answer() {
    let (handle, _) = serve();
    // More than the sockets hold: closed with unread bytes, a socket takes its last answer back.
    let answer = ask(&handle, format!("GET / HTTP/1.1\nhost: a\n\n{}", "x".repeat(700_000))).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.ends_with("fault BadHead"), "{answer}");
}

#[tokio::test]
async fn a_bad_head_behind_a_good_one_loses_no_answer() {
    let (handle, faults) = serve();
    let good = "GET /big HTTP/1.1\r\nhost: a\r\n\r\n";
    let answers = ask(&handle, format!("{good}nonsense\r\n\r\n")).await;
    assert!(answers.starts_with("HTTP/1.1 200") && answers.ends_with("fault BadHead"), "{answers}");
    assert_eq!(faults.load(Ordering::SeqCst), 1);
    let mut raw = Raw::to(&handle).await;
    raw.write(good).await;
    let first = raw.until("     ").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    raw.write("nonsense\r\n\r\n").await;
    let answers = first + &raw.rest().await;
    assert!(answers.starts_with("HTTP/1.1 200") && answers.ends_with("fault BadHead"), "{answers}");
    assert_eq!(faults.load(Ordering::SeqCst), 2);
}
