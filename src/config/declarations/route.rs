//! `routes/*.yaml`: what portals and partners call.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// One API: a group of routes with an owner, a layer and a version.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteFile {
    pub api: Name,
    /// experience | process | system.
    pub layer: Spanned<Layer>,
    pub owner: Option<Name>,
    pub version: Spanned<u32>,
    /// draft | active | deprecated | retired.
    pub status: Spanned<Status>,
    /// The auth policy of every route here, from `gateway.yaml`; of several, the one whose proof is sent decides.
    pub auth: Option<Names>,
    /// The CORS declaration of every route here, from `gateway.yaml`.
    pub cors: Option<Name>,
    pub routes: Vec<Spanned<Route>>,
}

/// Who an API is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Experience,
    Process,
    System,
}

/// Where an API is in its life. Draft and retired routes are not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Draft,
    Active,
    Deprecated,
    Retired,
}

/// One route. Exactly one method and exactly one of `run`, `forward`, `publish`, `status_of`,
/// `cancel`, `stream_of`, `entity_of`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub get: Option<Spanned<String>>,
    pub post: Option<Spanned<String>>,
    pub put: Option<Spanned<String>>,
    pub patch: Option<Spanned<String>>,
    pub delete: Option<Spanned<String>>,
    /// Overrides the API's auth policy.
    pub auth: Option<Names>,
    pub cors: Option<Name>,
    /// What a client must be allowed to do.
    pub scope: Option<Name>,
    /// Who may do this, besides those with the scope: a condition over `client`, `path`, `query`, `headers`, `body`,
    /// and, where a flow only reads, its `answer`. What cannot be decided is refused.
    pub allow: Option<Expression>,
    #[serde(rename = "match")]
    pub matches: Option<Match>,
    pub limit: Option<Limit>,
    /// The schema of the body: short for `request: { schema: ... }`.
    pub body: Option<Name>,
    /// Query parameters and their types: `page: integer`; a `?` behind the type makes one optional.
    #[serde(default)]
    pub query: BTreeMap<Name, Name>,
    /// Path parameters that are not plain strings: `sequence: integer`.
    #[serde(default)]
    pub params: BTreeMap<Name, Name>,
    /// The caller's form of the body, when it is not the canonical one.
    pub request: Option<Shape>,
    /// The caller's form of the answer, when it is not the canonical one.
    pub response: Option<Shape>,
    /// Overrides `limits: body_size` of the gateway.
    pub body_size: Option<Spanned<Size>>,
    /// required | optional: whether callers send an `Idempotency-Key`. With `run` of a flow that changes something.
    pub idempotency: Option<Spanned<Idempotency>>,
    /// Run a flow.
    pub run: Option<Name>,
    /// Inputs of the flow: `path`, `query`, `headers`, `body`, `client` may be used. An input not
    /// named here takes the path or query parameter of its name, or the body when it is the only one left.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// Pass the body's bytes unchanged, once validated, to `system.operation`.
    pub forward: Option<Name>,
    /// Publish an event: what comes in is kept, answered with 200, and split into events after that.
    pub publish: Option<Name>,
    /// publish: the list in the body whose items are events, over `body`. Without it, the body is one.
    pub each: Option<Expression>,
    /// publish: only items for which this holds, over `item` (and `cloudevent`); others are left out.
    pub when: Option<Expression>,
    /// publish: a mapping from an item to what the event says.
    pub map: Option<Name>,
    /// publish: cloudevents, when senders wrap what they say so.
    pub envelope: Option<Spanned<PublishEnvelope>>,
    /// publish: how a sender makes sure that it may send here.
    pub handshake: Option<Handshake>,
    /// Show where an instance of a flow stands. The path has one parameter: the flow's business key, or
    /// `id` for the instance's own.
    pub status_of: Option<Name>,
    /// Cancel an instance of a flow, as long as its `cancel_until` allows. The same parameter.
    pub cancel: Option<Name>,
    /// Stream events to the caller as they happen: those of its account that subscribers named by this
    /// stream are told of. Resumable by `Last-Event-ID`.
    pub stream_of: Option<Name>,
    /// Show the record that events fold into. The path has one parameter, its key.
    pub entity_of: Option<Name>,
    pub answer: Option<Answer>,
}

/// What senders wrap their events in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishEnvelope {
    /// CloudEvents 1.0 in JSON: structured, binary or a batch.
    Cloudevents,
}

/// How a sender makes sure, before it sends anything, that it may send here. At least one of `query`, `body`, `origins`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// The query parameter whose text is given back: `check`, `hub.challenge`, `validationToken`.
    pub query: Option<Spanned<String>>,
    /// query: other parameters and what they must be: `hub.verify_token: ${secret:meta}`.
    #[serde(default)]
    pub expects: BTreeMap<Name, Text>,
    /// Where the body has the text that is given back, as a JSON Pointer: `/challenge`.
    pub body: Option<Spanned<String>>,
    /// CloudEvents: the origins that may send, as they ask in `WebHook-Request-Origin`; `*` is anyone.
    pub origins: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What else must fit for this route to be the one (M6). All that are given must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The host name the caller used, without port.
    pub host: Option<Spanned<String>>,
    /// Header values.
    #[serde(default)]
    pub headers: BTreeMap<Name, Spanned<String>>,
    /// The API version asked for, in `Accept: ...; version=2` or `X-Api-Version: 2`.
    pub version: Option<Spanned<u32>>,
    /// Body fields by JSON Pointer and the value each must have.
    #[serde(default)]
    pub body: BTreeMap<Name, Data>,
}

/// How often.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// client | account | route.
    pub per: Spanned<LimitPer>,
    pub rate: Spanned<Rate>,
    /// Requests at once beyond the rate.
    pub burst: Option<Spanned<u32>>,
}

/// Whose requests count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitPer {
    Client,
    Account,
    Route,
}

/// Whether callers must send an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Idempotency {
    Required,
    Optional,
}

/// When the caller gets an answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The whole budget of the request.
    pub within: Spanned<Lapse>,
}
