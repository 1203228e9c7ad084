//! What a flow may wait for: time, events, a schedule.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::common::*;
use super::flow::{Step, StepBody};
use crate::config::Spanned;

/// What starts a flow besides routes, other flows and events.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// Minute, hour, day of the month, month, day of the week: `0 6 * * MON-FRI`.
    pub schedule: Spanned<String>,
    /// The zone whose clock it goes by: `Europe/Oslo`; UTC unless said.
    pub zone: Option<Spanned<String>>,
}

/// How long, or until when.
#[derive(Debug, Clone)]
pub enum Wait {
    /// So long.
    Lapse(Lapse),
    /// Until this instant; not at all when it is over.
    Until(Expression),
}

/// What a step listens for. Exactly one of `event`, `any`, `all`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenFor {
    /// One event.
    pub event: Option<Name>,
    /// event: fields of the event and what they must be.
    #[serde(default)]
    pub correlate: BTreeMap<Name, Data>,
    /// event: only those for which this holds.
    pub when: Option<Expression>,
    /// event: its name in `when`, `do` and `until`; `event` unless said.
    #[serde(rename = "as")]
    pub as_: Option<Name>,
    /// event: steps for each one that comes.
    #[serde(rename = "do")]
    pub do_: Option<Vec<Step>>,
    /// The first of several events.
    pub any: Option<Vec<Spanned<ListenEvent>>>,
    /// Every one of several events, in any order.
    pub all: Option<Vec<Spanned<ListenEvent>>>,
    /// Listen until this holds, looked at after each event.
    pub until: Option<Expression>,
    /// How long to listen; then `else`, or a failure.
    pub timeout: Option<Spanned<Lapse>>,
    /// What to do with an event that correlates but for which no `when` holds: nothing unless said.
    pub unmatched: Option<Box<Spanned<StepBody>>>,
}

impl ListenFor {
    /// Every list of steps inside: those for each event.
    pub fn blocks(&self) -> impl Iterator<Item = &Vec<Step>> {
        let several = [&self.any, &self.all].into_iter().flatten().flatten();
        self.do_.iter().chain(several.filter_map(|event| event.do_.as_ref()))
    }

    /// The names of the events it listens for.
    pub fn events(&self) -> impl Iterator<Item = &Name> {
        let several = [&self.any, &self.all].into_iter().flatten().flatten();
        self.event.iter().chain(several.map(|event| &event.event))
    }
}

/// One of several events.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenEvent {
    pub event: Name,
    /// Fields of the event and what they must be.
    pub correlate: BTreeMap<Name, Data>,
    /// Only those for which this holds.
    pub when: Option<Expression>,
    /// Its name in `when`, `do`, `until` and the result; the last word of the event's name unless said.
    #[serde(rename = "as")]
    pub as_: Option<Name>,
    /// Steps for each one that comes.
    #[serde(rename = "do")]
    pub do_: Option<Vec<Step>>,
}

/// `wait: { until: … }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    until: Expression,
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Wait;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `2h`, or `until:` an instant")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Wait, E> {
                Lapse::parse(text).map(Wait::Lapse).ok_or_else(|| E::custom("a duration such as `2h`"))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Wait, A::Error> {
                let Until { until } = Until::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Wait::Until(until))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Wait {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "wait".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lapse = generator.subschema_for::<Lapse>();
        let until = generator.subschema_for::<Expression>();
        json_schema!({
            "description": "A duration such as `2h`, or `until:` an instant.",
            "anyOf": [
                lapse,
                {
                    "type": "object",
                    "properties": { "until": until },
                    "required": ["until"],
                    "additionalProperties": false,
                },
            ],
            "x-kind": "wait",
        })
    }
}
