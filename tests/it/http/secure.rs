//! TLS and HTTP/2.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::client::call;
use super::support::{Raw, options, serve};
use crossdock::http::{
    Bytes, Client, ClientOptions, Handle, ListenOptions, Method, SendErrorKind, ServerTls, Target,
};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

fn secure() -> Handle {
    let tls = ServerTls::load(&file("localhost.pem"), &file("localhost.key")).unwrap();
    serve(ListenOptions { tls: Some(tls), ..options() })
}

fn client(handle: &Handle, ca: Option<&str>) -> Client {
    let target = Target::parse(&format!("https://localhost:{}", handle.address().port())).unwrap();
    Client::new(target, ClientOptions { ca: ca.map(file), ..ClientOptions::default() }).unwrap()
}

#[tokio::test]
async fn calls_over_tls_to_who_is_trusted() {
    let handle = secure();
    let trusting = client(&handle, Some("ca.pem"));
    for _ in 0..2 {
        assert_eq!(trusting.send(call(Method::POST, "/echo", "hidden")).await.unwrap().body, "hidden");
    }
    assert_eq!(handle.open(), 1);
    let error = client(&handle, None).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Tls, false), "{error}");
    // Plain HTTP to a TLS port, and the other way round.
    let mut raw = Raw::to(&handle).await;
    raw.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(!raw.rest().await.starts_with("HTTP/1.1 200"));
    let plain = serve(options());
    let error = client(&plain, Some("ca.pem")).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Tls, false), "{error}");
}

#[test]
fn files_that_hold_no_certificate() {
    let error = ServerTls::load(&file("none.pem"), &file("localhost.key")).unwrap_err().to_string();
    assert!(error.contains("none.pem"), "{error}");
    let error = ServerTls::load(&file("ca.pem"), &file("localhost.key")).unwrap_err().to_string();
    assert!(error.contains("do not go together"), "{error}");
    let error = ServerTls::load(&file("localhost.key"), &file("localhost.key")).unwrap_err().to_string();
    assert!(error.contains("no certificate"), "{error}");
    let target = Target::parse("https://localhost").unwrap();
    let ca = Some(file("none.pem"));
    assert!(Client::new(target, ClientOptions { ca, ..ClientOptions::default() }).is_err());
}

#[tokio::test]
async fn http2_with_prior_knowledge() {
    let handle = serve(options());
    let stream = tokio::net::TcpStream::connect(handle.address()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let ask = |path: &str, body: &'static str| {
        let mut sender = sender.clone();
        let request = hyper::Request::post(format!("http://portal.example{path}"));
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.into_body().collect().await.unwrap().to_bytes())
        }
    };
    let (echo, host, panic) = tokio::join!(ask("/echo", "words"), ask("/host", ""), ask("/panic", ""));
    assert_eq!(echo, (200, "words".into()));
    assert_eq!(host, (200, "portal.example http://portal.example/host".into()));
    assert_eq!(panic.0, 500);
    assert_eq!(ask("/unread", "never read").await.0, 401);
    assert_eq!(handle.open(), 1);
    // A request in flight ends; the connection then goes away.
    let draining = handle.clone();
    let (slow, drained) = tokio::join!(ask("/slow", ""), async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        draining.drain(Duration::from_secs(3)).await
    });
    assert_eq!((slow.0, drained.cut), (200, 0));
    let _ = connection.await.unwrap();
}
