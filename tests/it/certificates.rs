//! A certificate that is replaced on disk while a gateway serves with it.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::serving::{Process, WORK, pem};

/// Trusts both authorities, so that what a handshake shows is which certificate is served.
fn handshake(address: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    for authority in ["ca.pem", "renewed-ca.pem"] {
        roots.add(CertificateDer::from_pem_file(pem(authority)).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut secure = StreamOwned::new(connection, stream);
    secure.flush().unwrap();
    secure
}

/// One request over a connection that stays open, and the certificate that it was opened with.
fn asked(secure: &mut StreamOwned<ClientConnection, TcpStream>) -> CertificateDer<'static> {
    secure.write_all(WORK.as_bytes()).unwrap();
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    while !all.ends_with(b"done") {
        let count = secure.read(&mut buffer).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..count]);
    }
    secure.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

#[test]
fn a_certificate_that_is_replaced_serves_new_handshakes_and_cuts_nobody() {
    let tls = "listen: { tls: { certificate: tls/chain.pem, key: tls/key.pem } }\n";
    let process = Process::start(Duration::ZERO, tls);
    let shown = |name| CertificateDer::from_pem_file(pem(name)).unwrap();
    let mut open = handshake(process.public);
    assert_eq!(asked(&mut open), shown("localhost.pem"));
    let place = |name: &str| process.project.path().join("tls").join(name);
    // A certificate without its key is refused: the old pair stays.
    std::fs::copy(pem("renewed.pem"), place("chain.pem")).unwrap();
    process.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(asked(&mut handshake(process.public)), shown("localhost.pem"));
    std::fs::copy(pem("renewed.key"), place("key.pem")).unwrap();
    process.signal("HUP");
    let start = Instant::now();
    while asked(&mut handshake(process.public)) != shown("renewed.pem") {
        assert!(start.elapsed() < Duration::from_secs(5), "the new certificate is not served");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(asked(&mut open), shown("localhost.pem"), "the connection from before lives on");
}
