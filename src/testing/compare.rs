//! Whether a value holds what was expected, and in words where it does not.

use crate::codec::json;
use crate::value::{PointerBuf, Value};

/// Longest value shown in a difference, in characters.
const SHOWN: usize = 200;

/// Every place where `actual` does not hold what `expected` says: `/lines/0/unit: expected "PAL", got "CAR"`.
/// Objects may have more members than expected; lists have the same length.
pub fn differences(expected: &Value, actual: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, actual, &mut PointerBuf::root(), &mut found);
    found
}

fn compare(expected: &Value, actual: Option<&Value>, at: &mut PointerBuf, found: &mut Vec<String>) {
    let Some(actual) = actual else {
        found.push(format!("{}: expected {}, got nothing", place(at), shown(expected)));
        return;
    };
    match (expected, actual) {
        (Value::Object(members), Value::Object(others)) => {
            for (name, member) in members.iter() {
                compare(member, others.get(name), &mut at.child(name), found);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others.iter()).enumerate() {
                let mut below = at.clone();
                below.push_index(index);
                compare(item, Some(other), &mut below, found);
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            let (wanted, got) = (items.len(), others.len());
            found.push(format!("{}: expected a list of {wanted}, got {got}: {}", place(at), shown(actual)));
        }
        _ if expected == actual => {}
        _ => found.push(format!("{}: expected {}, got {}", place(at), shown(expected), shown(actual))),
    }
}

fn place(at: &PointerBuf) -> &str {
    if at.as_str().is_empty() { "the body" } else { at.as_str() }
}

/// A value as JSON, cut where it is long.
pub fn shown(value: &Value) -> String {
    let text = String::from_utf8_lossy(&json::encode(value)).into_owned();
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

/// RFC 7396: what `patch` says changes in `target`; null takes a member out.
pub fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut merged = target.as_object().cloned().unwrap_or_default();
    for (name, change) in changes.iter() {
        if *change == Value::Null {
            merged.remove(name);
        } else {
            let changed = merge_patch(merged.get(name).unwrap_or(&Value::Null), change);
            merged.insert(name.clone(), changed);
        }
    }
    Value::object(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::Limits;

    fn value(text: &str) -> Value {
        json::decode(text.as_bytes(), &Limits::default()).expect("JSON")
    }

    #[test]
    fn more_members_are_fine_other_values_are_not() {
        let (expected, actual) =
            (value(r#"{"a":{"b":[1,2.50]}}"#), value(r#"{"a":{"b":[1,2.5],"c":0},"d":1}"#));
        assert_eq!(differences(&expected, Some(&actual)), Vec::<String>::new());
        let actual = value(r#"{"a":{"b":[1,3]}}"#);
        assert_eq!(differences(&expected, Some(&actual)), ["/a/b/1: expected 2.50, got 3"]);
        let actual = value(r#"{"a":{"b":[1]}}"#);
        assert_eq!(differences(&expected, Some(&actual)), ["/a/b: expected a list of 2, got 1: [1]"]);
        assert_eq!(differences(&expected, None), [r#"the body: expected {"a":{"b":[1,2.50]}}, got nothing"#]);
    }

    /// The example of RFC 7396 §3.
    #[test]
    fn patches_merge() {
        let target = value(
            r#"{"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},"tags":["example","sample"],"content":"This will be unchanged"}"#,
        );
        let patch = value(
            r#"{"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},"tags":["example"]}"#,
        );
        let merged = value(
            r#"{"title":"Hello!","author":{"givenName":"John"},"tags":["example"],"content":"This will be unchanged","phoneNumber":"+01-123-456-7890"}"#,
        );
        assert_eq!(merge_patch(&target, &patch), merged);
    }
}
