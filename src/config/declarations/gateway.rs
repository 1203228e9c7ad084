//! `gateway.yaml`: edition, listeners, limits, auth policies, clients, defaults.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::abuse::{ForwardedBy, PerIp};
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
    /// Whom the gateway may call.
    #[serde(default)]
    pub egress: Egress,
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
    /// How long an `Idempotency-Key` is remembered: 24h unless said. The same request is answered alike so long.
    pub keys: Option<Spanned<Lapse>>,
    /// Payloads are enciphered before they reach the disk.
    pub encrypt: Option<Encrypt>,
}

/// What payloads are enciphered with. Each key is 32 random bytes in base64, kept as a secret.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encrypt {
    /// The key that is used from now on: `${secret:store_key}`.
    pub key: Text,
    /// Keys that were used before: what they enciphered is still read.
    #[serde(default)]
    pub retired: Vec<Text>,
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
    /// Proxies in front of the public listener, as addresses or networks: `[10.0.0.0/8]`. For whom they speak is believed; nobody
    /// else is.
    #[serde(default)]
    pub trusted_proxies: Vec<Text>,
    /// The header in which they say it: `x_forwarded_for` unless said, or `forwarded`. The other one is not looked at, because
    /// proxies pass on what they do not write.
    pub forwarded: Option<Spanned<ForwardedBy>>,
}

/// A certificate for a listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: Text,
    pub key: Text,
    /// A PEM file with the authorities whose certificates callers may prove themselves by (`scheme: mtls`).
    pub client_ca: Option<Text>,
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
    /// One address, before anybody looks who is calling.
    pub per_ip: Option<PerIp>,
    /// What a body must come at in one second, on average, after its first 5s: 256B unless said.
    pub body_rate: Option<Spanned<Size>>,
    /// How long a caller may take nothing of what it is sent: 30s unless said. Read at the start.
    pub write_time: Option<Spanned<Lapse>>,
}

/// One way for callers to prove who they are. Exactly the fields of its scheme stand beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthPolicy {
    /// The scheme; `docs/schemes.md` lists them.
    pub scheme: Spanned<String>,
    /// api_key: the header that carries the key; `X-Api-Key` unless said. token: the header that carries the token.
    pub header: Option<Spanned<String>>,
    /// jwt, oauth2_introspection: who issues the tokens, exactly as the claim `iss` says it.
    pub issuer: Option<Text>,
    /// jwt, oauth2_introspection: whom the tokens are for; one of these must stand in the claim `aud`.
    pub audience: Option<Texts>,
    /// jwt: how tokens are signed: `RS256`, `PS256`, `ES256`, `EdDSA` and their kin; nothing else is looked at.
    #[serde(default)]
    pub algorithms: Vec<Spanned<String>>,
    /// jwt: where the issuer shows its keys (RFC 7517).
    pub jwks_url: Option<Text>,
    /// jwt: a file with the issuer's keys, relative to the project.
    pub jwks_file: Option<Text>,
    /// jwt: the secret that `HS256`, `HS384` or `HS512` tokens are signed with.
    pub secret: Option<Text>,
    /// jwt: how old keys may be before they are fetched again: 10m unless said.
    pub refresh: Option<Spanned<Lapse>>,
    /// jwt: how old keys may be and still be used when the issuer does not answer: 24h unless said.
    pub keep: Option<Spanned<Lapse>>,
    /// jwt, oauth2_introspection: how far the clocks may be apart: 60s unless said, 5m at most.
    pub skew: Option<Spanned<Lapse>>,
    /// A PEM file with the authorities of the issuer's server, instead of the machine's own.
    pub ca: Option<Text>,
    /// oauth2_introspection: where the issuer tells what a token is (RFC 7662).
    pub introspection_url: Option<Text>,
    /// oauth2_introspection: who we are there.
    pub client_id: Option<Text>,
    /// oauth2_introspection: our secret there.
    pub client_secret: Option<Text>,
    /// oauth2_introspection: how long what it told is believed: 30s unless said, 10m at most.
    pub cache: Option<Spanned<Lapse>>,
    /// The claim that names the client, or an expression over `claims`; `client_id`, `azp`, `appid` or `cid`
    /// unless said.
    pub client: Option<Data>,
    /// The claim that names the account, or an expression over `claims`. With it, clients are made from
    /// their tokens; without it, they are those of `clients`.
    pub account: Option<Data>,
    /// The claim with what the token allows, or an expression over `claims`; `scope` or `scp` unless said. What a
    /// client of `clients` may do is the most.
    pub scopes: Option<Data>,
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
    /// Live passwords, as `crossdock key --password` prints them: `$argon2id$…`. Several live at once for rotation.
    #[serde(default)]
    pub passwords: Vec<Text>,
    /// Which TLS certificates are this client's: any of these.
    #[serde(default)]
    pub certificates: Vec<Spanned<Certificate>>,
}

/// What a client's certificate says. All that is given must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// All attributes of its subject: `CN=hub, O=Hub Ltd`.
    pub subject: Option<Spanned<String>>,
    /// One of its other names: `dns:hub.example`, `email:…`, `uri:…` or `ip:…`.
    pub san: Option<Spanned<String>>,
    /// All attributes of its issuer.
    pub issuer: Option<Spanned<String>>,
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

/// Whom the gateway may call (`docs/security.md`). A rule is a host, `*.` and what stands behind it, an address, or a
/// range of addresses, with a port if only one is meant: `erp.example`, `*.example:443`, `10.0.0.0/8`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// These and nobody else; every declared system unless said.
    pub allow: Option<Vec<Text>>,
    /// Hosts that may lead into private networks, and networks that may be called.
    #[serde(default)]
    pub private: Vec<Text>,
}
