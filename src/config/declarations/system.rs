//! `systems/*.yaml`: what we call. The only place that knows a vendor.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use super::signature::Signature;
use crate::config::Spanned;

/// One system behind the gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemFile {
    /// Its name in flows: `erp`.
    pub system: Name,
    /// The team that answers for it.
    pub owner: Option<Name>,
    /// What to do when it misbehaves: a page's address.
    pub runbook: Option<Text>,
    /// Where it is: scheme, host, port and a path prefix.
    pub url: Text,
    /// How we prove who we are; none unless said.
    pub auth: Option<SystemAuth>,
    pub limits: Option<SystemLimits>,
    /// For one attempt, from the first byte sent to the last received: 5s unless said.
    pub timeout: Option<Spanned<Lapse>>,
    /// To connect: 2s unless said.
    pub connect_timeout: Option<Spanned<Lapse>>,
    /// To the first byte of the answer: `timeout` unless said.
    pub first_byte_timeout: Option<Spanned<Lapse>>,
    /// An answer's body, after decompression: 4MB unless said.
    pub response_size: Option<Spanned<Size>>,
    pub retry: Option<Retry>,
    pub breaker: Option<Breaker>,
    /// Headers on every call.
    #[serde(default)]
    pub headers: BTreeMap<Name, Data>,
    /// The PEM file of the authority that signed its certificate, when it is not a public one; relative to the project.
    pub ca: Option<Text>,
    /// What we show when it asks for a certificate (mutual TLS).
    pub tls: Option<SystemTls>,
    /// Whether its name may lead into a private network: public | private; what its `url` says unless said
    /// (`docs/security.md`).
    pub network: Option<Spanned<Network>>,
    /// What every operation's answers mean unless it says otherwise.
    pub outcome: Option<OutcomeRules>,
    /// The protocol that wraps requests and answers: json_rpc_2 | json_rpc_1; none unless said.
    pub envelope: Option<Spanned<Envelope>>,
    pub operations: BTreeMap<Name, Operation>,
}

/// A client certificate and its key. Each is a PEM file, relative to the project, or the PEM text itself from
/// a secret: `${secret:erp_key}`. Read again when they change.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemTls {
    /// The certificate, with those that lead to its authority behind it.
    pub certificate: Text,
    pub key: Text,
}

/// Where a system's name may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// To public addresses only.
    Public,
    /// Into private networks and to this machine too.
    Private,
}

/// How we prove to a system who we are. Exactly the fields of its scheme stand beside it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemAuth {
    /// The scheme; `docs/schemes.md` lists them.
    pub scheme: Spanned<String>,
    /// api_key: the header that carries the key. session: the header that carries the session; `Authorization` unless said.
    pub header: Option<Spanned<String>>,
    /// api_key: the key. jwt_bearer, and oauth2_client with `client_auth: private_key_jwt`: the private key that
    /// signs, as PEM text, from a secret.
    pub key: Option<Text>,
    /// basic: the user.
    pub user: Option<Text>,
    /// basic: the password.
    pub password: Option<Text>,
    /// bearer: the token.
    pub token: Option<Text>,
    /// session: how to log in.
    pub login: Option<Login>,
    /// session, oauth2_client, jwt_bearer: which answers mean that the session or the token is over (`status`,
    /// `headers`, `body`); `status == 401` unless said.
    pub expired: Option<Expression>,
    /// oauth2_client, jwt_bearer: where tokens are given out: a whole URL, or a path below the system's `url`.
    pub token_url: Option<Text>,
    /// oauth2_client: who we are to the token endpoint.
    pub client_id: Option<Text>,
    /// oauth2_client: the secret that goes with it.
    pub client_secret: Option<Text>,
    /// oauth2_client: how we prove it: header (RFC 6749 §2.3.1) | body | private_key_jwt (RFC 7523); header unless said.
    pub client_auth: Option<Spanned<ClientAuth>>,
    /// oauth2_client, jwt_bearer: what the token is to be good for, separated by spaces.
    pub scope: Option<Text>,
    /// oauth2_client: for which API the token is to be. jwt_bearer: for whom the assertion is; `token_url` unless said.
    pub audience: Option<Text>,
    /// oauth2_client, jwt_bearer: what else the token endpoint wants in the form.
    #[serde(default)]
    pub parameters: BTreeMap<Name, Text>,
    /// jwt_bearer: who signs the assertion.
    pub issuer: Option<Text>,
    /// jwt_bearer: for whom the token is to act; the issuer unless said.
    pub subject: Option<Text>,
    /// jwt_bearer: further claims of the assertion.
    #[serde(default)]
    pub claims: BTreeMap<Name, Text>,
    /// jwt_bearer, private_key_jwt: the name of the key, for the assertion's `kid`.
    pub key_id: Option<Text>,
    /// jwt_bearer, private_key_jwt: RS256 | ES256; RS256 unless said.
    pub algorithm: Option<Spanned<Algorithm>>,
    /// jwt_bearer, private_key_jwt: how long an assertion is good: 3m unless said.
    pub lifetime: Option<Spanned<Lapse>>,
    /// oauth2_client, jwt_bearer: how long a token is good when the answer does not say (`expires_in`): 30m unless said.
    pub token_life: Option<Spanned<Lapse>>,
    /// signature: how requests are signed.
    pub signature: Option<Signature>,
    /// signature: what signs: shared secrets or private keys. Several sign side by side where the signature has a `separator`.
    pub secrets: Option<Spanned<Vec<Text>>>,
    /// With any scheme: a token against forged requests is fetched first and sent with every call.
    pub csrf: Option<Csrf>,
}

/// How a client proves itself to a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    Header,
    /// In the form.
    Body,
    /// By an assertion that a private key signs.
    PrivateKeyJwt,
}

/// How an assertion is signed (RFC 7518).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256, SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

/// A token against forged requests, as SAP's OData services ask for it: fetched with `x-csrf-token: fetch`, kept
/// with its cookies, fetched again when an answer is a 403 with `x-csrf-token: required`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csrf {
    /// What is read to get it, below the system's `url`.
    pub get: Text,
    /// The header that asks for it, gives it and carries it: `x-csrf-token` unless said.
    pub header: Option<Name>,
}

/// How a session is opened: one request, and where its answer says the session is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub post: Text,
    #[serde(default)]
    pub headers: BTreeMap<Name, Data>,
    /// What to send; may hold `${secret:name}`.
    pub body: Option<Data>,
    /// Which answers are a session (`status`, `headers`, `body`).
    pub ok: Option<Expression>,
    /// The value of the session header, from the answer (`status`, `headers`, `body`).
    pub value: Expression,
    /// How long to wait before another login after one was refused: 30s unless said.
    pub backoff: Option<Spanned<Lapse>>,
}

/// What a system bears.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemLimits {
    /// Calls per time, all callers together.
    pub rate: Option<Spanned<Rate>>,
    /// Calls at once; 64 unless said.
    pub concurrency: Option<Spanned<u32>>,
    /// How long a call may wait for its turn: 1s unless said.
    pub wait: Option<Spanned<Lapse>>,
    /// How many calls may wait at once: 256 unless said.
    pub queue: Option<Spanned<u32>>,
}

/// When and how often to ask again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: Spanned<u32>,
    /// From the first wait to the longest: `200ms..30s`; doubles each time.
    pub backoff: Option<Spanned<Backoff>>,
    /// full | none; full unless said.
    pub jitter: Option<Spanned<Jitter>>,
}

/// `first..longest` wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Lapse,
    pub longest: Lapse,
}

/// How waits are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Anywhere between nothing and the whole wait.
    Full,
    /// The whole wait.
    None,
}

/// When to stop asking a system that fails.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// `50% of 20 in 10s`: this share of at least so many calls within this time.
    pub open_at: Spanned<OpenAt>,
    /// How long to leave it alone before one call tries again: 15s unless said.
    pub half_open_after: Option<Spanned<Lapse>>,
}

/// `50% of 20 in 10s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAt {
    pub percent: u8,
    pub calls: u32,
    pub within: Lapse,
}

/// The protocol that wraps requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Envelope {
    /// JSON-RPC 2.0.
    #[serde(rename = "json_rpc_2")]
    JsonRpc2,
    /// JSON-RPC 1.0 (as Odoo and Tryton speak it).
    #[serde(rename = "json_rpc_1")]
    JsonRpc1,
    /// Explicitly none, where the system has one.
    None,
}

/// What an answer means. Expressions see `status`, `headers` and `body` (the raw, unwrapped
/// answer); what is absent or undecodable compares false; the first that holds wins, in this order.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRules {
    /// A business refusal: never retried.
    pub rejected: Option<Expression>,
    /// The work was certainly not done; ask again, a create too.
    pub not_done: Option<Expression>,
    /// Not now; ask again. A create may have been done all the same: it is looked for first.
    pub transient: Option<Expression>,
    /// The thing asked for does not exist: an absent result.
    pub not_found: Option<Expression>,
    /// Only these are answers; any 2xx unless said.
    pub ok: Option<Expression>,
}

/// How often an operation may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing; may be repeated freely.
    Read,
    /// Repeating has the effect of doing it once; resent with the same `Idempotency-Key`.
    Idempotent,
    /// Makes something new each time: needs a key, and a probe before any resend.
    Create,
}

/// One thing a system can do. Exactly one of the methods stands in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What callers bind, canonical: a name and a schema or `string`, `integer`, `decimal`, `boolean`.
    #[serde(default)]
    pub takes: BTreeMap<Name, Name>,
    /// What callers get, canonical: a schema, `[]` behind it for a list, or a plain type.
    pub gives: Option<Name>,
    pub get: Option<Text>,
    pub post: Option<Text>,
    pub put: Option<Text>,
    pub patch: Option<Text>,
    pub delete: Option<Text>,
    /// Query parameters; an absent value leaves its parameter out.
    #[serde(default)]
    pub query: BTreeMap<Name, Data>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Data>,
    pub request: Option<OperationRequest>,
    pub response: Option<Shape>,
    /// Overrides the system's envelope.
    pub envelope: Option<Spanned<Envelope>>,
    /// The method inside a JSON-RPC envelope.
    pub method: Option<Spanned<String>>,
    pub outcome: Option<OutcomeRules>,
    /// read | idempotent | create.
    pub effect: Spanned<Effect>,
    /// The name of a `require` that every flow holds before it calls this: `check` proves it.
    pub behind: Option<Name>,
    /// What makes two creates the same one (over `takes`).
    pub key: Option<Expression>,
    pub probe: Option<Probe>,
    pub cache: Option<Cache>,
    pub timeout: Option<Spanned<Lapse>>,
    pub retry: Option<Retry>,
}

/// What an operation sends.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationRequest {
    /// The mapping from `takes` to the vendor's form.
    pub map: Option<Name>,
    /// The schema of the vendor's form.
    pub schema: Option<Name>,
    pub validate: Option<Spanned<Policy>>,
    /// Small bodies may be written here instead of a mapping.
    pub body: Option<Data>,
}

/// How to find out whether a create was done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// An operation of this system that finds what was created.
    pub call: Name,
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// How long to wait before asking, because a timed-out create may still commit.
    pub settle: Option<Spanned<Lapse>>,
    /// Ask before the first send too.
    #[serde(default)]
    pub first: bool,
}

/// How long an answer may be reused. Only for reads.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    pub ttl: Spanned<Lapse>,
    /// How long after `ttl` an old answer may stand in while the system fails.
    pub stale_if_error: Option<Spanned<Lapse>>,
    /// account | all: whose answers are shared; each account has its own unless `all`.
    pub shared: Option<Spanned<CacheScope>>,
}

/// Who shares a cached answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    Account,
    All,
}
