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
    pub events: BTreeMap<Name, EventType>,
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
    /// Not built yet: entity records.
    pub folds_into: Option<Data>,
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
    /// Not built yet: transports.
    pub webhook: Option<Name>,
    /// Not built yet: transports.
    pub stream: Option<Name>,
    /// Only events for which this holds; `event` is what the event says.
    pub when: Option<Expression>,
    /// A mapping that makes the flow's input from the event.
    pub map: Option<Name>,
    /// Inputs of the flow, over `event`.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
}
