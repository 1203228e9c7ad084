//! `gateway.yaml`: edition, listeners, limits, auth policies, clients, defaults.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use super::signature::Signature;
use crate::config::Spanned;

/// The one file that says how this gateway runs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayFile {
    /// The language edition these files are written in: `2026`.
    pub edition: Spanned<u32>,
    /// What this gateway is called in logs and metrics.
    pub gateway: Name,
    #[serde(default)]
    pub listen: Listen,
    #[serde(default)]
    pub limits: Limits,
    /// How callers prove who they are, by the name that routes use.
    #[serde(default)]
    pub auth: BTreeMap<Name, AuthPolicy>,
    /// Who may call.
    #[serde(default)]
    pub clients: BTreeMap<Name, Client>,
    /// Which browsers' origins may call, by the name that routes use.
    #[serde(default)]
    pub cors: BTreeMap<Name, Cors>,
    #[serde(default)]
    pub admin: Admin,
    #[serde(default)]
    pub validate: Validate,
    #[serde(default)]
    pub secrets: Secrets,
    /// RFC 9535 JSONPath queries: what they find is never logged.
    #[serde(default)]
    pub redact: Vec<Spanned<String>>,
    /// Where durable flows are kept.
    #[serde(default)]
    pub store: Store,
}

/// Where durable flows are kept, and for how long.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The store's own folder, relative to the project: `.crossdock` unless said. One process uses it at a time.
    pub dir: Option<Text>,
    /// Free space on its disk below which nothing new is accepted, so that what runs can still be
    /// recorded: 256MB unless said.
    pub reserve: Option<Spanned<Size>>,
    /// How long a finished instance is kept unless its flow says: 30d unless said. What is not finished is never forgotten.
    pub keep: Option<Spanned<Lapse>>,
}

/// Where the gateway listens.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Portals and partners: `127.0.0.1:8080` unless said.
    pub public: Option<Text>,
    /// Operators: `127.0.0.1:9090` unless said.
    pub admin: Option<Text>,
    /// Certificate chain and key (PEM files) for the public listener.
    pub tls: Option<Tls>,
}

/// A certificate for a listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: Text,
    pub key: Text,
}

/// Bounds on what one caller, and all together, may ask for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// All request headers together: 16KB unless said.
    pub header_size: Option<Spanned<Size>>,
    /// A request body, after decompression: 1MB unless said.
    pub body_size: Option<Spanned<Size>>,
    /// From connection to the end of the headers: 10s unless said.
    pub header_time: Option<Spanned<Lapse>>,
    /// From the headers to the end of the body: 30s unless said.
    pub body_time: Option<Spanned<Lapse>>,
    /// Open connections: 10000 unless said.
    pub connections: Option<Spanned<u32>>,
    /// Requests being answered: 2000 unless said.
    pub requests: Option<Spanned<u32>>,
    /// How deep JSON may nest: 64 unless said.
    pub depth: Option<Spanned<u32>>,
    /// How long a request may take in all: 30s unless said.
    pub request_time: Option<Spanned<Lapse>>,
    /// How long requests in flight may finish after SIGTERM: 20s unless said.
    pub drain: Option<Spanned<Lapse>>,
    /// All clients together.
    pub rate: Option<Spanned<Rate>>,
    /// Requests at once beyond the rate.
    pub burst: Option<Spanned<u32>>,
}

/// One way for callers to prove who they are. Exactly the fields of its scheme stand beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthPolicy {
    /// The scheme; `docs/schemes.md` lists them.
    pub scheme: Spanned<String>,
    /// api_key: the header that carries the key; `X-Api-Key` unless said. token: the header that carries the token.
    pub header: Option<Spanned<String>>,
    /// token: what stands before the token in the header, such as `Bearer `.
    pub prefix: Option<Spanned<String>>,
    /// token: the query parameter that carries the token.
    pub query: Option<Spanned<String>>,
    /// token: where the body carries the token, as a JSON Pointer; `*` is every item of a list: `/value/*/clientState`.
    pub body: Option<Spanned<String>>,
    /// signature: how requests are signed.
    pub signature: Option<Signature>,
    /// signature, token: what the sender and we know, or the sender's public keys. Several live at once for rotation.
    pub secrets: Option<Spanned<Vec<Text>>>,
    /// With any scheme: the addresses that may call, `203.0.113.0/24`; others are refused. Behind a proxy
    /// that is the proxy's address.
    pub addresses: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A caller: which account it belongs to, what it may do, its live keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The customer account this client acts for.
    pub account: Spanned<String>,
    /// What it may do: `bookings:read`.
    #[serde(default)]
    pub scopes: Vec<Spanned<String>>,
    /// Live keys, as `crossdock key` prints them: `sha256:<hex>`. Several live at once for rotation.
    #[serde(default)]
    pub keys: Vec<Text>,
}

/// Cross-origin access (Fetch standard, CORS protocol).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins allowed, exactly as browsers send them.
    pub origins: Vec<Spanned<String>>,
    /// Request headers allowed beyond the safelisted ones.
    #[serde(default)]
    pub headers: Vec<Spanned<String>>,
    /// Answer headers that scripts may read.
    #[serde(default)]
    pub expose: Vec<Spanned<String>>,
    /// Whether cookies and credentials may be sent.
    #[serde(default)]
    pub credentials: bool,
    /// How long a browser may remember the answer: 10m unless said.
    pub max_age: Option<Spanned<Lapse>>,
}

/// The operators' listener.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// People and programs that may use it.
    #[serde(default)]
    pub tokens: BTreeMap<Name, AdminToken>,
}

/// One person or program with access to the operators' listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminToken {
    pub role: Spanned<Role>,
    /// `sha256:<hex>` of the token.
    pub key: Text,
}

/// What an operator may do; each includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Operator,
    Admin,
}

/// Defaults for what does not fit its schema.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validate {
    /// What systems answer: reject unless said.
    pub responses: Option<Spanned<Policy>>,
    /// What we answer: reject unless said.
    pub answers: Option<Spanned<Policy>>,
}

/// Where secret values are.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// A directory with one file per secret, as container platforms mount them; `secrets` beside
    /// the project unless said.
    pub dir: Option<Text>,
}
