//! Callers who prove themselves by a certificate, and TLS as it is offered.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};

use super::secure::file;
use super::support::{options, serve};
use crossdock::http::{Handle, ListenOptions, ServerTls};

/// An authority that vouches for callers.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// The certificate of a caller, with its key.
    fn vouches_for(&self, change: impl FnOnce(&mut CertificateParams)) -> Proof {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "hub");
        params.distinguished_name.push(DnType::OrganizationName, "Hub Ltd");
        params.subject_alt_names = vec![
            SanType::DnsName("HUB.example".try_into().unwrap()),
            SanType::URI("spiffe://hub/gateway".try_into().unwrap()),
            SanType::IpAddress([10, 0, 0, 7].into()),
        ];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

type Proof = (CertificateDer<'static>, PrivateKeyDer<'static>);

/// A listener that asks callers for certificates of this authority.
fn asking(authority: &Authority) -> (Handle, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("callers.pem");
    std::fs::write(&ca, &authority.pem).unwrap();
    let tls = ServerTls::load(&file("localhost.pem"), &file("localhost.key"), Some(&ca)).unwrap();
    (serve(ListenOptions { tls: Some(tls), ..options() }), dir)
}

/// What a caller with this certificate is answered when it asks who it is, and the version of TLS.
async fn who(
    handle: &Handle,
    proof: Option<Proof>,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<(String, Option<ProtocolVersion>)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let config = config.with_root_certificates(roots);
    let config = match proof {
        Some((certificate, key)) => config.with_client_auth_cert(vec![certificate], key).unwrap(),
        None => config.with_no_client_auth(),
    };
    let stream = TcpStream::connect(handle.address()).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET /who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.rsplit_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((body, stream.get_ref().1.protocol_version()))
}

const ANY: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;

#[tokio::test]
async fn a_caller_is_who_its_certificate_says() {
    let authority = Authority::new("Partners");
    let (handle, _dir) = asking(&authority);
    let (told, version) = who(&handle, Some(authority.vouches_for(|_| {})), ANY).await.unwrap();
    assert_eq!(told, "CN=hub,O=Hub Ltd by CN=Partners: dns:hub.example uri:spiffe://hub/gateway ip:10.0.0.7");
    assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
    // Who shows none may come: routes say whether that is enough.
    assert_eq!(who(&handle, None, ANY).await.unwrap().0, "nobody");
}

#[tokio::test]
async fn certificates_of_others_and_of_other_times_end_the_handshake() {
    let authority = Authority::new("Partners");
    let (handle, _dir) = asking(&authority);
    // Of the same name, and another key.
    let stranger = Authority::new("Partners").vouches_for(|_| {});
    assert!(who(&handle, Some(stranger), ANY).await.is_err());
    let day = |year| rcgen::date_time_ymd(year, 1, 1);
    let expired = authority.vouches_for(|params| params.not_after = day(2001));
    assert!(who(&handle, Some(expired), ANY).await.is_err());
    let early = authority.vouches_for(|params| params.not_before = day(3000));
    assert!(who(&handle, Some(early), ANY).await.is_err());
    // A server's certificate is none of a caller.
    let server = authority
        .vouches_for(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    assert!(who(&handle, Some(server), ANY).await.is_err());
}

#[tokio::test]
async fn a_listener_that_does_not_ask_learns_nothing() {
    let authority = Authority::new("Partners");
    let tls = ServerTls::load(&file("localhost.pem"), &file("localhost.key"), None).unwrap();
    let handle = serve(ListenOptions { tls: Some(tls), ..options() });
    assert_eq!(who(&handle, Some(authority.vouches_for(|_| {})), ANY).await.unwrap().0, "nobody");
}

#[tokio::test]
async fn tls_is_1_3_or_1_2_and_nothing_older() {
    let authority = Authority::new("Partners");
    let (handle, _dir) = asking(&authority);
    let (_, version) = who(&handle, None, &[&rustls::version::TLS12]).await.unwrap();
    assert_eq!(version, Some(ProtocolVersion::TLSv1_2));
    // The library speaks nothing older: a greeting of TLS 1.1 is written by hand.
    let mut stream = TcpStream::connect(handle.address()).await.unwrap();
    let body = [&[3, 2][..], &[7; 32], &[0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]].concat();
    let hello = [&[22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8][..], &body].concat();
    stream.write_all(&hello).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    // An alert (RFC 8446 §6) and no greeting.
    assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
}
