//! `events/*.yaml`: published event types and their subscribers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// Event types by name: `delivery.milestone`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventFile {
    #[serde(default)]
    pub events: BTreeMap<Name, EventType>,
    /// Who else is told of events, by the event's name: a subscriber may stand in a file of its own.
    #[serde(default)]
    pub subscribers: BTreeMap<Name, Vec<Spanned<Subscriber>>>,
    /// Where events are sent to, by the name that subscribers use.
    #[serde(default)]
    pub webhooks: BTreeMap<Name, Webhook>,
}

/// Something that happens and that flows, customers or other programs hear of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventType {
    /// What an event says: `canonical/delivery-event@1`.
    pub schema: Name,
    pub owner: Option<Name>,
    /// The field that says what an event is about: events of one key are given in their order.
    /// A listen can always correlate by it.
    pub key: Name,
    /// Further fields that a listen may correlate by.
    #[serde(default)]
    pub correlates: Vec<Name>,
    /// Fields that say which event it is: told again, it counts once. Without them, each emit is one.
    #[serde(default)]
    pub id: Vec<Name>,
    /// The field that names the account that an event belongs to, when a flow of no account emits it.
    pub account: Option<Name>,
    /// Who may see it: customer | internal | finance; internal unless said.
    pub visibility: Option<Spanned<Visibility>>,
    /// How long it is kept: 30d unless said.
    pub retain: Option<Spanned<Lapse>>,
    /// How long a listen that is opened later still gets it: 7d unless said.
    pub buffer: Option<Spanned<Lapse>>,
    /// Who is told of each event.
    #[serde(default)]
    pub subscribers: Vec<Spanned<Subscriber>>,
    /// The record that outlives flows: where the thing stands that events are about.
    pub folds_into: Option<Spanned<FoldsInto>>,
}

/// How events of a type fold into one record for each key. Duplicates, other orders and late events give the
/// same record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoldsInto {
    /// What kind of thing it is: `shipment`. Its key is the event's.
    pub entity: Name,
    /// The field that says where it stands.
    pub state: Name,
    /// Only events for which this holds; `event` is what the event says.
    pub when: Option<Expression>,
    /// The field that says since when: a date-time.
    pub by: Name,
    /// States from the first to the last; a list among them holds states of one rank, of which the later one counts.
    pub rank: Vec<Data>,
}

/// Where events are sent to: either `url`, for one of ours, or `accounts`, each of which is told of its own
/// events only.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: Option<Text>,
    /// Signs what is sent (Standard Webhooks): `whsec_…`, or any text.
    pub secret: Option<Text>,
    /// Instead of `secret`, while it is rotated: each signs.
    #[serde(default)]
    pub secrets: Vec<Text>,
    /// Who reads what is sent to `url`: customer | internal | finance.
    pub audience: Option<Spanned<Visibility>>,
    /// The customers' own, by account.
    #[serde(default)]
    pub accounts: BTreeMap<Name, Endpoint>,
    /// How a CloudEvent is written: structured (unless said) | binary.
    pub format: Option<Spanned<WebhookFormat>>,
    /// How long an answer may take: 15s unless said.
    pub timeout: Option<Spanned<Lapse>>,
    /// How long it is tried before it is given up: 24h unless said.
    pub give_up: Option<Spanned<Lapse>>,
    /// How fast it is told of what it missed: 50/s unless said.
    pub rate: Option<Spanned<Rate>>,
}

/// Where one customer is told.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    pub url: Text,
    /// Signs what is sent (Standard Webhooks): `whsec_…`, or any text.
    pub secret: Option<Text>,
    /// Instead of `secret`, while it is rotated: each signs.
    #[serde(default)]
    pub secrets: Vec<Text>,
}

/// How a CloudEvent is written (CloudEvents 1.0, HTTP binding).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// The body holds the event and what it says.
    #[default]
    Structured,
    /// The body is what the event says; the rest stands in headers.
    Binary,
}

/// Who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The account that it belongs to, and we.
    Customer,
    /// We.
    Internal,
    /// Those of us who may see money.
    Finance,
}

/// Who is told of events. Exactly one of `flow`, `webhook`, `stream`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscriber {
    /// The flow that is started for each event.
    pub flow: Option<Name>,
    /// The webhook that each event is sent to.
    pub webhook: Option<Name>,
    /// The stream that clients follow by a route with `stream_of`.
    pub stream: Option<Name>,
    /// Only events for which this holds; `event` is what the event says.
    pub when: Option<Expression>,
    /// A mapping that makes the flow's input from the event, or what is sent.
    pub map: Option<Name>,
    /// Inputs of the flow, over `event`.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// Where a new subscriber begins: now (unless said) | start.
    pub from: Option<Spanned<Begins>>,
}

/// Where a new subscriber begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Begins {
    /// With the first event after it was declared.
    Now,
    /// With the oldest event that is kept.
    Start,
}
