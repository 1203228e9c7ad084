//! What the gateway runs with, every default filled in: listeners, bounds, who may call.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use crate::auth::inbound::{AuthPolicy, Client, KeyDigest, digest_of};
pub use crate::config::declarations::abuse::ForwardedBy;
pub use crate::config::declarations::gateway::Role;
use crate::http::{EgressGuard, Network};

/// `gateway.yaml`, with every default filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What this gateway is called in logs and metrics.
    pub name: Arc<str>,
    /// `host:port` of the portals' and partners' listener.
    pub public: Arc<str>,
    /// `host:port` of the operators' listener.
    pub admin: Arc<str>,
    /// PEM files for the public listener.
    pub tls: Option<TlsFiles>,
    pub bounds: Bounds,
    /// All clients together.
    pub rate: Option<Quota>,
    /// One address, before anybody looks who is calling.
    pub per_ip: PerIp,
    /// Who is believed about for whom they speak.
    pub proxies: Proxies,
    /// Failed proofs of identity per peer address, before it has to wait.
    pub failures: Quota,
    /// Who may use the operators' listener beyond health.
    pub tokens: Vec<AdminToken>,
    pub store: StoreSettings,
    /// Whom the gateway may call.
    pub egress: Arc<EgressGuard>,
}

/// Bounds on one address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerIp {
    pub rate: Option<Quota>,
    /// Open connections.
    pub connections: Option<u32>,
}

/// Proxies in front of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    pub networks: Arc<[Network]>,
    pub header: ForwardedBy,
}

impl Default for Proxies {
    fn default() -> Proxies {
        Proxies { networks: Arc::default(), header: ForwardedBy::XForwardedFor }
    }
}

/// Where durable flows are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The store's own folder; relative to the project unless absolute.
    pub dir: PathBuf,
    /// Free bytes on its disk below which nothing new is accepted.
    pub reserve: u64,
    /// How long a finished instance is kept unless its flow says.
    pub keep: Duration,
    /// How long an `Idempotency-Key` is remembered.
    pub keys: Duration,
    /// Names of the secrets that payloads are enciphered with, the one in use first; empty: they are not.
    pub sealed_with: Vec<Arc<str>>,
    /// Where secrets are; relative to the project unless absolute.
    pub secrets_dir: PathBuf,
}

impl Default for StoreSettings {
    fn default() -> StoreSettings {
        StoreSettings {
            dir: PathBuf::from(".crossdock"),
            reserve: 256 << 20,
            keep: Duration::from_secs(30 * 86_400),
            keys: Duration::from_secs(86_400),
            sealed_with: Vec::new(),
            secrets_dir: PathBuf::from("secrets"),
        }
    }
}

/// Where a listener's certificate chain and key are, relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: Arc<str>,
    pub key: Arc<str>,
    /// The authorities whose certificates callers may prove themselves by; `None`: they are not asked.
    pub client_ca: Option<Arc<str>>,
}

/// Bounds on what one caller, and all together, may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// All request headers together, in bytes.
    pub header_size: u64,
    /// A request body after decompression, in bytes, unless its route says otherwise.
    pub body_size: u64,
    /// From connection to the end of the headers.
    pub header_time: Duration,
    /// From the headers to the end of the body.
    pub body_time: Duration,
    /// Bytes of a body in a second, on average, after [`Bounds::BODY_GRACE`].
    pub body_rate: u64,
    /// How long a caller may take nothing of what it is sent.
    pub write_time: Duration,
    /// Open connections.
    pub connections: u32,
    /// Requests being answered.
    pub requests: u32,
    /// How deep a body may nest.
    pub depth: u32,
    /// How long a request may take in all.
    pub request_time: Duration,
    /// How long requests in flight may finish after SIGTERM.
    pub drain: Duration,
}

impl Bounds {
    /// How long a body may come as slowly as it likes.
    pub const BODY_GRACE: Duration = Duration::from_secs(5);
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            header_size: 16 << 10,
            body_size: 1 << 20,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            body_rate: 256,
            write_time: Duration::from_secs(30),
            connections: 10_000,
            requests: 2_000,
            depth: 64,
            request_time: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// So many per time, and so many at once. None of the three is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    pub count: u32,
    pub per: Duration,
    /// Requests that may come at once; `count` unless declared.
    pub burst: u32,
}

impl Quota {
    /// Ten failed proofs a second from one address, a hundred at once.
    pub const FAILURES: Quota = Quota { count: 10, per: Duration::from_secs(1), burst: 100 };
}

/// One person or program with access to the operators' listener.
#[derive(Debug, Clone)]
pub struct AdminToken {
    /// Who: for the log and the audit trail.
    pub name: Arc<str>,
    pub role: Role,
    pub key: KeyDigest,
}

/// Cross-origin access (Fetch standard, CORS protocol), as the headers that are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins allowed, exactly as browsers send them; `*` allows all when `credentials` is false.
    pub origins: Vec<Arc<str>>,
    pub headers: Vec<Arc<str>>,
    pub expose: Vec<Arc<str>>,
    pub credentials: bool,
    pub max_age: Duration,
}
