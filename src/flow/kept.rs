//! Values inside what is written down: each stands once in a table beside the structure, however often it is
//! shared, and the structure names it by its place there.
//!
//! The table belongs to the thread while one state is written or read ([`write`], [`read`]); serde has no
//! other way to hand it down.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::http::{HeaderName, HeaderValue};
use crate::value::{Map, Value};

/// Values by their places.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub values: Vec<Value>,
    /// Places of values that are shared, by where they are in memory.
    shared: HashMap<usize, u32>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Runs `body`, which serialises, and gives the table that it filled.
pub(super) fn write<T>(body: impl FnOnce() -> T) -> (T, Vec<Value>) {
    TABLE.with(|table| *table.borrow_mut() = Table::default());
    let made = body();
    (made, TABLE.with(|table| std::mem::take(&mut *table.borrow_mut()).values))
}

/// Runs `body`, which deserialises, over a table.
pub(super) fn read<T>(values: Vec<Value>, body: impl FnOnce() -> T) -> T {
    TABLE.with(|table| *table.borrow_mut() = Table { values, shared: HashMap::new() });
    let made = body();
    TABLE.with(|table| *table.borrow_mut() = Table::default());
    made
}

impl Table {
    fn put(&mut self, value: &Value) -> u32 {
        let shared = match value {
            Value::String(text) => Some(Arc::as_ptr(text).cast::<u8>() as usize),
            Value::Array(items) => Some(Arc::as_ptr(items).cast::<u8>() as usize),
            Value::Object(map) => Some(Arc::as_ptr(map).cast::<u8>() as usize),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        };
        let next = self.values.len() as u32;
        if let Some(known) = shared.and_then(|at| self.shared.get(&at)) {
            return *known;
        }
        // The clone keeps it alive, so that its place in memory stays its own.
        self.values.push(value.clone());
        shared.map(|at| self.shared.insert(at, next));
        next
    }
}

fn put(value: &Value) -> u32 {
    TABLE.with(|table| table.borrow_mut().put(value))
}

fn get<E: serde::de::Error>(at: u32) -> Result<Value, E> {
    TABLE
        .with(|table| table.borrow().values.get(at as usize).cloned())
        .ok_or_else(|| E::custom("a value that is not there"))
}

/// An optional value.
pub(super) mod value {
    use super::*;

    pub fn serialize<S: Serializer>(value: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(put).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
        Option::<u32>::deserialize(from)?.map(get).transpose()
    }
}

/// A value that is there.
pub(super) mod sure {
    use super::*;

    pub fn serialize<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
        put(value).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        get(u32::deserialize(from)?)
    }
}

/// Variables.
pub(super) mod slots {
    use super::*;

    pub fn serialize<S: Serializer>(slots: &[Option<Value>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(slots.iter().map(|value| value.as_ref().map(put)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Option<Value>>, D::Error> {
        let places = Vec::<Option<u32>>::deserialize(from)?;
        places.into_iter().map(|at| at.map(get).transpose()).collect()
    }
}

/// Inputs of a call.
pub(super) mod inputs {
    use super::*;

    pub fn serialize<S: Serializer>(inputs: &Arc<[Option<Value>]>, to: S) -> Result<S::Ok, S::Error> {
        slots::serialize(inputs, to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[Option<Value>]>, D::Error> {
        Ok(slots::deserialize(from)?.into())
    }
}

/// A list.
pub(super) mod items {
    use super::*;

    pub fn serialize<S: Serializer>(items: &Arc<Vec<Value>>, to: S) -> Result<S::Ok, S::Error> {
        put(&Value::Array(Arc::clone(items))).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Vec<Value>>, D::Error> {
        match get(u32::deserialize(from)?)? {
            Value::Array(items) => Ok(items),
            _ => Err(D::Error::custom("a list that is none")),
        }
    }
}

/// An object.
pub(super) mod map {
    use super::*;

    pub fn serialize<S: Serializer>(map: &Map, to: S) -> Result<S::Ok, S::Error> {
        put(&Value::object(map.clone())).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Map, D::Error> {
        match get(u32::deserialize(from)?)? {
            Value::Object(map) => Ok((*map).clone()),
            _ => Err(D::Error::custom("an object that is none")),
        }
    }
}

/// What effectful calls came to, by key.
pub(super) mod effects {
    use super::*;

    type Effects = Vec<(Arc<str>, Option<Value>)>;

    pub fn serialize<S: Serializer>(effects: &Effects, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(effects.iter().map(|(key, value)| (key, value.as_ref().map(put))))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Effects, D::Error> {
        let places = Vec::<(Arc<str>, Option<u32>)>::deserialize(from)?;
        places.into_iter().map(|(key, at)| Ok((key, at.map(get).transpose()?))).collect()
    }
}

/// Headers of an answer.
pub(super) mod headers {
    use super::*;

    type Headers = Vec<(HeaderName, HeaderValue)>;

    pub fn serialize<S: Serializer>(headers: &Headers, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(
            headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))),
        )
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Headers, D::Error> {
        let texts = Vec::<(String, String)>::deserialize(from)?;
        let read = |(name, value): (String, String)| {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(D::Error::custom)?;
            Ok((name, HeaderValue::from_bytes(value.as_bytes()).map_err(D::Error::custom)?))
        };
        texts.into_iter().map(read).collect()
    }
}
