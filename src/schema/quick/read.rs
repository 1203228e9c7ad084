//! What the keywords of one schema say, each by itself.

use super::{Choice, Id, Member, kinds};
use crate::schema::numeric::{self, Bound};
use crate::value::{Map, Number, Value};

/// Keywords that say nothing about what fits.
const SILENT: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

pub(super) const TEXT: &[&str] = &["format", "maxLength", "minLength", "pattern"];
pub(super) const LIST: &[&str] = &["items", "maxItems", "minItems", "prefixItems", "uniqueItems"];
pub(super) const OBJECT: &[&str] =
    &["additionalProperties", "maxProperties", "minProperties", "properties", "propertyNames", "required"];
const VALUE: &[&str] = &["$ref", "allOf", "const", "enum", "type"];

pub(super) fn is_silent(name: &str) -> bool {
    SILENT.contains(&name) || name.starts_with("x-")
}

pub(super) fn is_known(name: &str) -> bool {
    let lists = [TEXT, LIST, OBJECT, VALUE];
    is_silent(name) || numeric::is_bound(name) || lists.iter().any(|list| list.contains(&name))
}

pub(super) fn has(map: &Map, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| map.contains_key(keyword))
}

pub(super) fn kinds_of(ty: Option<&Value>) -> Option<u8> {
    let kind = |name: &Value| match name.as_str()? {
        "null" => Some(kinds::NULL),
        "boolean" => Some(kinds::BOOLEAN),
        "integer" => Some(kinds::INTEGER),
        "number" => Some(kinds::NUMBER),
        "string" => Some(kinds::STRING),
        "array" => Some(kinds::ARRAY),
        "object" => Some(kinds::OBJECT),
        _ => None,
    };
    match ty {
        None => Some(kinds::ALL),
        Some(Value::Array(names)) => names.iter().try_fold(0, |all, name| Some(all | kind(name)?)),
        Some(name) => kind(name),
    }
}

/// A least and a greatest count. `2.0` and what has more digits is for the validator to read.
pub(super) fn limits(map: &Map, min: &str, max: &str) -> Option<(u64, u64)> {
    let limit = |keyword, otherwise| match map.get(keyword) {
        None => Some(otherwise),
        Some(Value::Number(Number::Integer(limit))) => u64::try_from(*limit).ok(),
        Some(_) => None,
    };
    Some((limit(min, 0)?, limit(max, u64::MAX)?))
}

pub(super) fn numbers(map: &Map) -> Option<Vec<Bound>> {
    let bounds = map.iter().filter(|(name, _)| numeric::is_bound(name));
    bounds.map(|(name, limit)| Bound::read(name, limit.as_number()?)).collect()
}

/// `None` when there are other values than texts, truths and null.
pub(super) fn choice(map: &Map) -> Option<Option<Choice>> {
    let values = match (map.get("enum"), map.get("const")) {
        (None, None) => return Some(None),
        (Some(values), None) => values.as_array()?,
        (None, Some(value)) => std::slice::from_ref(value),
        (Some(_), Some(_)) => return None,
    };
    let mut choice = Choice { texts: Vec::new(), truths: Vec::new(), null: false };
    for value in values {
        match value {
            Value::String(text) => choice.texts.push((&**text).into()),
            Value::Bool(truth) => choice.truths.push(*truth),
            Value::Null => choice.null = true,
            _ => return None,
        }
    }
    choice.texts.sort_unstable();
    Some(Some(choice))
}

/// Marks the members that have to be there, and counts them. What only `required` names is checked as
/// any other member that `properties` does not name.
pub(super) fn require(map: &Map, members: &mut Vec<Member>, rest: Id) -> Option<usize> {
    let names = match map.get("required") {
        Some(names) => names.as_array()?,
        None => &[],
    };
    for name in names {
        let name = name.as_str()?;
        match members.iter_mut().find(|member| *member.name == *name) {
            Some(member) => member.required = true,
            None => members.push(Member { name: name.into(), required: true, node: rest }),
        }
    }
    Some(members.iter().filter(|member| member.required).count())
}
