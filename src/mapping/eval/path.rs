//! Paths into values.

use crate::mapping::program::{Node, Op, Step};
use crate::value::Value;

/// Whether an operation is a slot: then its value can be borrowed.
pub(super) fn is_slot(node: &Node) -> bool {
    matches!(node.op, Op::Input(_) | Op::Local(_))
}

/// What a path finds in nothing: a list that goes over each item is empty, anything else absent.
pub(super) fn of_absent<E>(steps: &[Step]) -> Result<Option<Value>, E> {
    let goes_over = steps.iter().any(|step| matches!(step, Step::Items));
    Ok(goes_over.then(|| Value::array(Vec::new())))
}

/// Follows steps. Nothing and null have no members; looking into any other kind is an error.
pub(super) fn follow(root: &Value, steps: &[Step]) -> Result<Option<Value>, String> {
    let goes_over = steps.iter().position(|step| matches!(step, Step::Items));
    let Some(first) = goes_over else { return Ok(walk(root, steps)?.cloned()) };
    let mut found = Vec::new();
    if let Some(list) = walk(root, &steps[..first])? {
        gather(list, &steps[first + 1..], &mut found)?;
    }
    Ok(Some(Value::array(found)))
}

fn walk<'v>(root: &'v Value, steps: &[Step]) -> Result<Option<&'v Value>, String> {
    let mut at = root;
    for step in steps {
        let next = match (step, at) {
            (_, Value::Null) => None,
            (Step::Field(name), Value::Object(map)) => map.get(name),
            (Step::Item(index), Value::Array(items)) => items.get(*index),
            (Step::Field(name), other) => {
                return Err(format!("`.{name}` looks for a field, but finds {}", named(other)));
            }
            (_, other) => return Err(format!("expected a list, but found {}", named(other))),
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The rest of a path in every item of `list`; lists inside lists become one.
fn gather(list: &Value, rest: &[Step], found: &mut Vec<Value>) -> Result<(), String> {
    let items = match list {
        Value::Array(items) => items,
        Value::Null => return Ok(()),
        other => return Err(format!("expected a list, but found {}", named(other))),
    };
    if rest.is_empty() {
        found.extend(items.iter().cloned());
        return Ok(());
    }
    let next = rest.iter().position(|step| matches!(step, Step::Items));
    for item in items.iter() {
        match next {
            None => found.extend(walk(item, rest)?.cloned()),
            Some(next) => {
                if let Some(inner) = walk(item, &rest[..next])? {
                    gather(inner, &rest[next + 1..], found)?;
                }
            }
        }
    }
    Ok(())
}

fn named(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
