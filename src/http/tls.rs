//! Certificates: ours for callers, others' for systems.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::rustls::ServerConfig;

/// Why certificates cannot be used: lower case, no full stop, names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsError(pub(super) String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

/// A listener's certificate, which may be replaced while it serves. Cloning shares it.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ArcSwap<ServerConfig>>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls(..)")
    }
}

impl ServerTls {
    /// Reads a chain and its key from PEM files (RFC 7468).
    pub fn load(certificate: &Path, key: &Path) -> Result<ServerTls, TlsError> {
        let _ = (certificate, key);
        todo!("http: lands next")
    }

    /// Reads them again; connections made from now on see the new ones. On an error nothing changes.
    pub fn reload(&self, certificate: &Path, key: &Path) -> Result<(), TlsError> {
        let fresh = ServerTls::load(certificate, key)?;
        self.config.store(fresh.config.load_full());
        Ok(())
    }
}
