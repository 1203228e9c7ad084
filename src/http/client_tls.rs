//! TLS towards a system: whom we trust, and what we show; read again when the files change.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use super::TlsError;
use super::tls::{certificates, provider};

/// How often files are looked at while calls are made.
const LOOK: Duration = Duration::from_secs(1);

/// Where a PEM text is.
#[derive(Clone)]
pub enum Pem {
    File(PathBuf),
    /// What gives the text as it now is, and what messages call it: a secret.
    Given(Arc<str>, Arc<dyn Fn() -> Option<Zeroizing<String>> + Send + Sync>),
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({self})")
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => write!(f, "{}", path.display()),
            Pem::Given(name, _) => f.write_str(name),
        }
    }
}

/// A certificate chain and its key, shown to a system that asks for it.
#[derive(Debug, Clone)]
pub struct ClientIdentity {
    pub certificate: Pem,
    pub key: Pem,
}

/// What tells one state of a text from another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stamp {
    File(u64, Option<SystemTime>),
    Text([u8; 32]),
    Gone,
}

impl Pem {
    fn stamp(&self) -> Stamp {
        match self {
            Pem::File(path) => std::fs::metadata(path)
                .map_or(Stamp::Gone, |state| Stamp::File(state.len(), state.modified().ok())),
            Pem::Given(_, text) => {
                text().map_or(Stamp::Gone, |text| Stamp::Text(Sha256::digest(text.as_bytes()).into()))
            }
        }
    }

    fn text(&self) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        let told = |why: &dyn fmt::Display| TlsError::new(format!("`{self}` cannot be read: {why}"));
        match self {
            Pem::File(path) => Ok(Zeroizing::new(std::fs::read(path).map_err(|error| told(&error))?)),
            Pem::Given(_, text) => {
                let text = text().ok_or_else(|| told(&"there is no such secret"))?;
                Ok(Zeroizing::new(text.as_bytes().to_vec()))
            }
        }
    }
}

/// How one system is spoken to over TLS.
pub(super) struct ClientTls {
    ca: Option<PathBuf>,
    identity: Option<ClientIdentity>,
    config: ArcSwap<ClientConfig>,
    /// One more whenever the files gave something new.
    generation: AtomicU64,
    seen: Mutex<(Instant, Vec<Stamp>)>,
}

impl ClientTls {
    /// Reads what is named. The error names the file.
    pub fn new(ca: Option<PathBuf>, identity: Option<ClientIdentity>) -> Result<ClientTls, TlsError> {
        let stamps = stamps(ca.as_ref(), identity.as_ref());
        let config = read(ca.as_ref(), identity.as_ref())?;
        let seen = Mutex::new((Instant::now(), stamps));
        Ok(ClientTls { ca, identity, config: ArcSwap::new(config), generation: AtomicU64::new(0), seen })
    }

    /// What a connection made now is opened with.
    pub fn config(&self) -> Arc<ClientConfig> {
        self.config.load_full()
    }

    /// Connections of another generation were opened with what is no longer there.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Looks whether files changed, now and then. What cannot be used changes nothing: two files are replaced one
    /// after the other.
    pub fn look(&self) {
        if self.ca.is_none() && self.identity.is_none() {
            return;
        }
        // Who comes while somebody looks goes on with what there is.
        let Ok(mut seen) = self.seen.try_lock() else { return };
        if seen.0.elapsed() < LOOK {
            return;
        }
        let now = stamps(self.ca.as_ref(), self.identity.as_ref());
        let changed = now != seen.1;
        *seen = (Instant::now(), now);
        if changed {
            self.renew();
        }
    }

    fn renew(&self) {
        match read(self.ca.as_ref(), self.identity.as_ref()) {
            Ok(config) => {
                self.config.store(config);
                self.generation.fetch_add(1, Ordering::AcqRel);
                tracing::info!(target: "crossdock::tls", "certificates towards a system changed; new connections use them");
            }
            Err(error) => {
                tracing::warn!(target: "crossdock::tls", %error, "changed certificates cannot be used; those from before stay");
            }
        }
    }
}

fn stamps(ca: Option<&PathBuf>, identity: Option<&ClientIdentity>) -> Vec<Stamp> {
    let own = identity.into_iter().flat_map(|own| [own.certificate.stamp(), own.key.stamp()]);
    ca.map(|path| Pem::File(path.clone()).stamp()).into_iter().chain(own).collect()
}

/// How systems are trusted: by the authorities in `ca`, or by the machine's own, which are read once.
/// A machine without any is no error here: the handshake says so.
fn read(ca: Option<&PathBuf>, identity: Option<&ClientIdentity>) -> Result<Arc<ClientConfig>, TlsError> {
    static NATIVE: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    match (ca, identity) {
        (None, None) => match NATIVE.get() {
            Some(config) => Ok(Arc::clone(config)),
            None => config(native_roots(), None).map(|config| Arc::clone(NATIVE.get_or_init(|| config))),
        },
        (None, identity) => config(native_roots(), identity),
        (Some(ca), identity) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(ca)? {
                let told = |error| TlsError::new(format!("`{}` holds no authority: {error}", ca.display()));
                roots.add(certificate).map_err(told)?;
            }
            config(roots, identity)
        }
    }
}

fn native_roots() -> RootCertStore {
    static SAID: OnceLock<()> = OnceLock::new();
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 && SAID.set(()).is_ok() {
        tracing::warn!("this machine trusts no certificate authority: calls over TLS need `ca`");
    }
    roots
}

fn config(roots: RootCertStore, identity: Option<&ClientIdentity>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(error.to_string()))?;
    let builder = builder.with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(ClientIdentity { certificate, key }) => {
            let (chain, private) = (chain(certificate)?, private(key)?);
            builder.with_client_auth_cert(chain, private).map_err(|error| {
                TlsError::new(format!("`{certificate}` and `{key}` do not go together: {error}"))
            })?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn chain(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = pem.text()?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(TlsError::new(format!("`{pem}` holds no certificate in PEM"))),
    }
}

fn private(pem: &Pem) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = pem.text()?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| TlsError::new(format!("`{pem}` holds no private key in PEM")))
}
