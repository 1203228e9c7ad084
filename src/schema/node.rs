//! Our values as the schema validator sees them: no conversion, no lost digit.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use jsonschema::types::JsonType;

use crate::value::{Map, Number, Value};

/// The representation: [`Value`] itself.
pub(super) struct Exact;

impl Json for Exact {
    type Node<'a> = &'a Value;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = 2;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(&Value) -> T) -> T {
        f(&Value::from(string))
    }
}

impl<'a> Node<'a, Exact> for &'a Value {
    type Object = &'a Map;
    type Array = &'a [Value];
    type Number = &'a Number;

    fn as_object(&self) -> Option<&'a Map> {
        Value::as_object(self)
    }

    fn as_array(&self) -> Option<&'a [Value]> {
        Value::as_array(self)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        Value::as_str(self).map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        Value::as_number(self)
    }

    fn as_boolean(&self) -> Option<bool> {
        Value::as_bool(self)
    }

    fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    fn json_type(&self) -> JsonType {
        match self {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn string_length_within(&self, min: u64, max: u64) -> Option<bool> {
        Some(length_within(Value::as_str(self)?, min, max))
    }

    fn equals_value(&self, expected: &serde_json::Value) -> bool {
        equals(self, expected)
    }

    /// A stand-in for error reports only, which never show it: a copy of the document for each error
    /// would let a caller multiply the work. Scalars are kept: the name that breaks `propertyNames` is
    /// learned from one.
    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        match self {
            Value::String(text) if text.len() > 128 => Cow::Owned(serde_json::Value::Null),
            Value::Array(_) | Value::Object(_) => Cow::Owned(serde_json::Value::Null),
            scalar => Cow::Owned(to_serde(scalar)),
        }
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Value>(self) as usize))
    }
}

/// Whether a text has so many characters.
pub(super) fn length_within(text: &str, min: u64, max: u64) -> bool {
    // A character takes one to four bytes: often the bytes alone decide.
    let bytes = text.len() as u64;
    if bytes < min || bytes.div_ceil(4) > max {
        return false;
    }
    (bytes.div_ceil(4) >= min && bytes <= max) || (min..=max).contains(&(text.chars().count() as u64))
}

impl<'a> Object<'a, Exact> for &'a Map {
    type Node = &'a Value;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        Map::len(self)
    }

    fn get(&self, key: &Box<str>) -> Option<&'a Value> {
        Map::get(self, key)
    }

    fn members(&self) -> Members<'a> {
        Members { map: self, at: 0 }
    }
}

/// The members of an object, in order.
pub(super) struct Members<'a> {
    map: &'a Map,
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<(&'a str, &'a Value)> {
        let (name, value) = self.map.entry_at(self.at)?;
        self.at += 1;
        Some((name, value))
    }
}

impl<'a> Array<'a, Exact> for &'a [Value] {
    type Node = &'a Value;
    type ElementsIter = std::slice::Iter<'a, Value>;

    fn len(&self) -> usize {
        <[Value]>::len(self)
    }

    fn elements(&self) -> std::slice::Iter<'a, Value> {
        self.iter()
    }

    fn is_unique(&self) -> bool {
        if self.len() <= 8 {
            return self.iter().enumerate().all(|(at, item)| !self[..at].contains(item));
        }
        let mut seen = HashSet::with_capacity(self.len());
        self.iter().all(|item| seen.insert(ByValue(item)))
    }
}

/// A value that hashes as it compares: `1.0` as `1`, members in any order.
struct ByValue<'a>(&'a Value);

impl PartialEq for ByValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for ByValue<'_> {}

impl Hash for ByValue<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.kind().hash(state);
        match self.0 {
            Value::Null => {}
            Value::Bool(truth) => truth.hash(state),
            Value::Number(number) => number.hash(state),
            Value::String(text) => text.hash(state),
            Value::Array(items) => items.iter().for_each(|item| ByValue(item).hash(state)),
            // The names alone, sorted: cheap, and members that differ still compare as different.
            Value::Object(map) => {
                let mut members: Vec<_> = map.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                for (name, value) in members {
                    name.hash(state);
                    ByValue(value).hash(state);
                }
            }
        }
    }
}

impl JsonNumber for &Number {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Number::Integer(number) => u64::try_from(*number).ok(),
            Number::Decimal(number) if number.scale() == 0 => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Integer(number) => Some(*number),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        Some(self.to_f64())
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(serde_number(self).unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        Number::is_integer(self)
    }

    fn is_written_as_integer(&self) -> bool {
        matches!(self, Number::Integer(_)) || !self.to_string().contains(['.', 'e', 'E'])
    }
}

/// The nearest number that `serde_json` holds; `None` beyond the range of a float.
fn serde_number(number: &Number) -> Option<serde_json::Number> {
    if let Some(whole) = number.as_i64() {
        return Some(whole.into());
    }
    match number.as_u64() {
        Some(whole) => Some(whole.into()),
        None => serde_json::Number::from_f64(number.to_f64()),
    }
}

/// The value as `serde_json` holds it: for schemas, whose numbers that matter are kept apart.
pub(super) fn to_serde(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => serde_number(number).map_or(serde_json::Value::Null, Into::into),
        Value::String(text) => serde_json::Value::from(&**text),
        Value::Array(items) => items.iter().map(to_serde).collect(),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| (name.to_string(), to_serde(value)));
            serde_json::Value::Object(members.collect())
        }
    }
}

/// Whether `serde_json` holds every number of the value exactly.
pub(super) fn is_lossless(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            serde_number(number).and_then(|held| Number::parse(&held.to_string())).as_ref() == Some(number)
        }
        Value::Array(items) => items.iter().all(is_lossless),
        Value::Object(map) => map.values().all(is_lossless),
        _ => true,
    }
}

fn equals(value: &Value, expected: &serde_json::Value) -> bool {
    match (value, expected) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(truth), serde_json::Value::Bool(expected)) => truth == expected,
        (Value::String(text), serde_json::Value::String(expected)) => **text == **expected,
        (Value::Number(number), serde_json::Value::Number(expected)) => {
            Number::parse(&expected.to_string()).as_ref() == Some(number)
        }
        (Value::Array(items), serde_json::Value::Array(expected)) => {
            items.len() == expected.len()
                && items.iter().zip(expected).all(|(item, expected)| equals(item, expected))
        }
        (Value::Object(map), serde_json::Value::Object(expected)) => {
            map.len() == expected.len()
                && expected.iter().all(|(name, expected)| map.get(name).is_some_and(|v| equals(v, expected)))
        }
        _ => false,
    }
}
