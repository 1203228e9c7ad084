//! TLS and HTTP/2.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::client::call;
use super::support::{Raw, options, serve};
use crossdock::http::{
    Bytes, Client, ClientOptions, Handle, ListenOptions, Method, SendErrorKind, ServerTls, Target,
};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

fn secure() -> Handle {
    let tls = ServerTls::load(&file("localhost.pem"), &file("localhost.key"), None).unwrap();
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
    let error = ServerTls::load(&file("none.pem"), &file("localhost.key"), None).unwrap_err().to_string();
    assert!(error.contains("none.pem"), "{error}");
    let error = ServerTls::load(&file("ca.pem"), &file("localhost.key"), None).unwrap_err().to_string();
    assert!(error.contains("do not go together"), "{error}");
    let error =
        ServerTls::load(&file("localhost.key"), &file("localhost.key"), None).unwrap_err().to_string();
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

/// A connection over TLS that offers these protocols; the one that was agreed on.
async fn offering(handle: &Handle, protocols: &[&[u8]]) -> std::io::Result<(TlsStream<TcpStream>, Vec<u8>)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(handle.address()).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let secure = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let agreed = secure.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
    Ok((secure, agreed))
}

#[tokio::test]
async fn http2_over_tls_is_agreed_on() {
    let handle = secure();
    let (stream, agreed) = offering(&handle, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(agreed, b"h2");
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let ask = |path: &str, body: &'static str| {
        let mut sender = sender.clone();
        let request = hyper::Request::post(format!("https://portal.example{path}"));
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            (answer.version(), answer.into_body().collect().await.unwrap().to_bytes())
        }
    };
    let start = std::time::Instant::now();
    let slow: Vec<_> = (0..20).map(|_| tokio::spawn(ask("/slow", ""))).collect();
    let echo = ask("/echo", "hidden").await;
    assert_eq!(echo, (hyper::Version::HTTP_2, "hidden".into()));
    for answer in slow {
        assert_eq!(answer.await.unwrap().1, "slow");
    }
    // One after the other would take six seconds.
    assert!(start.elapsed() < Duration::from_secs(3), "requests share the connection: {:?}", start.elapsed());
    assert_eq!(handle.open(), 1);
}

#[tokio::test]
async fn without_an_agreement_it_is_http1() {
    let handle = secure();
    for (offers, expected) in [(&[&b"http/1.1"[..]][..], &b"http/1.1"[..]), (&[], b"")] {
        let (mut stream, agreed) = offering(&handle, offers).await.unwrap();
        assert_eq!(agreed, expected);
        stream.write_all(b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("a /x"), "{answer}");
    }
    // Nothing in common is said in the handshake (RFC 7301 §3.2).
    assert!(offering(&handle, &[b"spdy/1"]).await.is_err());
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_closed() {
    let handle = secure();
    let mut raw = Raw::to(&handle).await;
    // The first bytes of a handshake that says it is longer.
    raw.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    raw.rest().await;
    assert_eq!(handle.open(), 0);
}
