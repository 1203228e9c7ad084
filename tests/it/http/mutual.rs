//! A system that asks for our certificate, and certificates that change.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::client::call;
use crossdock::http::{Client, ClientIdentity, ClientOptions, Method, Pem, SendErrorKind, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use zeroize::Zeroizing;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

/// A server that lets in who shows a certificate of `client-ca.pem`, and says whose it was.
async fn system() -> (SocketAddr, Arc<AtomicUsize>) {
    let mut roots = RootCertStore::empty();
    roots.add(certificate("client-ca.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_file(file("localhost.key")).unwrap();
    let config =
        config.with_client_cert_verifier(verifier).with_single_cert(vec![certificate("localhost.pem")], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                counted.fetch_add(1, Ordering::SeqCst);
                let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
                let who =
                    ["one", "two"].into_iter().find(|who| certificate(&format!("client-{who}.pem")) == shown);
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", who.unwrap());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, connections)
}

fn client(address: SocketAddr, identity: Option<ClientIdentity>) -> Client {
    let target = Target::parse(&format!("https://localhost:{}", address.port())).unwrap();
    let ca = Some(file("ca.pem"));
    Client::new(target, ClientOptions { ca, identity, ..ClientOptions::default() }).unwrap()
}

async fn asked(client: &Client) -> String {
    String::from_utf8(client.send(call(Method::GET, "/", "")).await.unwrap().body.to_vec()).unwrap()
}

/// Asks until somebody is seen; the same client all the while, so that connections are reused.
async fn comes(client: &Client, who: &str) {
    let start = Instant::now();
    while asked(client).await != who {
        assert!(start.elapsed() < Duration::from_secs(20), "`{who}` is not shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn who_shows_no_certificate_is_not_let_in() {
    let (address, connections) = system().await;
    let error = client(address, None).send(call(Method::GET, "/", "")).await.unwrap_err();
    assert!(matches!(error.kind, SendErrorKind::Tls | SendErrorKind::Broken), "{error:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_certificate_in_files_is_shown_and_read_again() {
    let (address, connections) = system().await;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let place = |from: &str, to: &str| assert!(std::fs::copy(file(from), at(to)).unwrap() > 0);
    place("client-one.pem", "cert.pem");
    place("client-one.key", "key.pem");
    let identity = ClientIdentity { certificate: Pem::File(at("cert.pem")), key: Pem::File(at("key.pem")) };
    let client = client(address, Some(identity));
    for _ in 0..3 {
        assert_eq!(asked(&client).await, "one");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // Half a change: the pair does not go together, and nothing changes.
    place("client-two.pem", "cert.pem");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(asked(&client).await, "one");
    place("client-two.key", "key.pem");
    comes(&client, "two").await;
    assert_eq!(connections.load(Ordering::SeqCst), 2, "connections with the old one are not used again");
}

#[tokio::test]
async fn a_certificate_in_secrets_is_shown_and_follows_them() {
    let (address, _) = system().await;
    let who = Arc::new(Mutex::new("one"));
    let pem = |end: &'static str| {
        let who = Arc::clone(&who);
        let read = move || {
            let name = format!("client-{}.{end}", who.lock().unwrap());
            Some(Zeroizing::new(std::fs::read_to_string(file(&name)).unwrap()))
        };
        Pem::Given(format!("${{secret:{end}}}").into(), Arc::new(read))
    };
    let client = client(address, Some(ClientIdentity { certificate: pem("pem"), key: pem("key") }));
    assert_eq!(asked(&client).await, "one");
    *who.lock().unwrap() = "two";
    comes(&client, "two").await;
}

#[test]
fn what_cannot_be_shown_is_refused_at_the_start() {
    let target = Target::parse("https://localhost").unwrap();
    let refused = |certificate: Pem, key: Pem| {
        let identity = Some(ClientIdentity { certificate, key });
        let options = ClientOptions { identity, ..ClientOptions::default() };
        Client::new(target.clone(), options).unwrap_err().to_string()
    };
    let at = |name: &str| Pem::File(file(name));
    let said = refused(at("client-one.pem"), at("client-two.key"));
    assert!(said.contains("do not go together"), "{said}");
    let said = refused(at("none.pem"), at("client-one.key"));
    assert!(said.contains("none.pem") && said.contains("cannot be read"), "{said}");
    let given = Pem::Given("${secret:key}".into(), Arc::new(|| Some(Zeroizing::new("hush".to_owned()))));
    let said = refused(at("client-one.pem"), given);
    assert_eq!(said, "`${secret:key}` holds no private key in PEM");
}
