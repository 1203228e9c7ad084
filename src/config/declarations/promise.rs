//! What flows promise: how a call is undone, what happens when it cannot be done, which instance is
//! the one for a key.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

use super::common::*;
use super::system::Retry;
use crate::config::{Spanned, reading};

/// How a call is undone.
#[derive(Debug, Clone)]
pub enum Compensate {
    /// `none`: nothing has to be undone.
    Nothing,
    Call(Undo),
}

/// The call that undoes another one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// One operation, `system.operation`, that takes back what was done.
    pub call: Name,
    /// Its inputs, over the flow's variables and the result of what is undone. A name not bound takes
    /// the flow variable of the same name.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// Overrides the operation's retry.
    pub retry: Option<Retry>,
}

/// What happens to a durable flow when a call cannot be done and no `try` is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// It waits, with a case for somebody.
    Pause,
    /// It ends as failed; what was done stays.
    Fail,
    /// What was done is undone in reverse order, and it ends as failed.
    Compensate,
}

/// What happens when nobody can know whether a create was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The flow waits, with a case for somebody.
    Pause,
    /// It is sent again: twice does less harm than never.
    Resend,
    /// It counts as done, without a result: never does less harm than twice.
    Drop,
}

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Nothing: the flow ends.
    End,
    /// The steps behind it.
    Continue,
}

/// What makes two runs of a flow the same one.
#[derive(Debug, Clone)]
pub struct BusinessKey {
    /// A text or number over the inputs.
    pub key: Expression,
    pub second: Option<Spanned<Second>>,
    pub waiting: Option<Spanned<u32>>,
}

/// A business key with what becomes of a second run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// A text or number over the inputs.
    pub key: Expression,
    /// What becomes of a second run while one is under way: reject unless said.
    pub second: Option<Spanned<Second>>,
    /// With `second: queue`, how many may wait for one key: 100 unless said. One more is refused with 429.
    pub waiting: Option<Spanned<u32>>,
}

/// What becomes of a second run with the business key of one that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Second {
    /// It is refused with 409.
    #[default]
    Reject,
    /// Its caller gets the first one's answer and status.
    Join,
    /// It waits, and begins when those before it are over.
    Queue,
}

/// A map, or anything else that is one word or expression.
struct Mapped<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Mapped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Either<T> {
            type Value = Mapped<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a map")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Mapped<T>, A::Error> {
                Ok(Mapped(Some(T::deserialize(MapAccessDeserializer::new(map))?)))
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Mapped<T>, E> {
                Ok(Mapped(None))
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Mapped<T>, E> {
                Ok(Mapped(None))
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Mapped<T>, E> {
                Ok(Mapped(None))
            }
        }
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Compensate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (Mapped(undo), ..) = reading::spanned::<Mapped<Undo>, D>(deserializer)?;
        Ok(undo.map_or(Compensate::Nothing, Compensate::Call))
    }
}

impl<'de> Deserialize<'de> for BusinessKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (Mapped(rule), id, reading) = reading::spanned::<Mapped<KeyRule>, D>(deserializer)?;
        Ok(match rule {
            Some(KeyRule { key, second, waiting }) => BusinessKey { key, second, waiting },
            None => BusinessKey { key: Expression::of(&reading.tree, id), second: None, waiting: None },
        })
    }
}

impl JsonSchema for Compensate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "compensate".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let undo = generator.subschema_for::<Undo>();
        json_schema!({
            "description": "The call that undoes this one, or `none` where nothing has to be undone.",
            "anyOf": [{ "const": "none" }, undo],
            "x-kind": "or_map",
        })
    }
}

impl JsonSchema for BusinessKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "business_key".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (key, rule) = (generator.subschema_for::<Expression>(), generator.subschema_for::<KeyRule>());
        json_schema!({
            "description": "A text or number over the inputs; or a map with `key`, `second` and `waiting`.",
            "anyOf": [key, rule],
            "x-kind": "or_map",
        })
    }
}
