//! Places of inputs: which input, and the way to a value inside it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::program::Step;
use crate::value::Value;

/// A place inside an input of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The input, by its number.
    pub slot: usize,
    pub keys: Vec<Key>,
}

/// One step of the way to a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Field(Arc<str>),
    Item(usize),
    /// Every item.
    Items,
}

impl Place {
    /// The whole of an input.
    pub fn whole(slot: usize) -> Place {
        Place { slot, keys: Vec::new() }
    }

    /// The place one step below.
    #[must_use]
    pub fn below(&self, key: Key) -> Place {
        let mut below = self.clone();
        below.keys.push(key);
        below
    }

    /// The place that the steps of a path lead to from here.
    pub(super) fn follow(&self, steps: &[Step]) -> Place {
        let keys = steps.iter().map(|step| match step {
            Step::Field(name) => Key::Field(name.clone()),
            Step::Item(index) => Key::Item(*index),
            Step::Items => Key::Items,
        });
        Place { slot: self.slot, keys: self.keys.iter().cloned().chain(keys).collect() }
    }

    /// `booking.packages[0].count`, in the language's own words.
    pub fn text(&self, input: &str) -> String {
        format!("{input}{}", path_text(&self.keys))
    }

    /// What stands there in the input; of a place that goes over a list, all that is found.
    pub fn find(&self, input: &Value) -> Option<Value> {
        let goes_over = self.keys.contains(&Key::Items);
        let mut found = vec![input];
        for key in &self.keys {
            found = found.into_iter().flat_map(|at| inside(at, key)).collect();
        }
        match goes_over {
            true => Some(Value::array(found.into_iter().cloned().collect())),
            false => found.first().map(|value| (*value).clone()),
        }
    }
}

/// `.packages[0].count`.
pub fn path_text(keys: &[Key]) -> String {
    let mut text = String::new();
    for key in keys {
        let _ = match key {
            Key::Field(name) if is_plain(name) => write!(text, ".{name}"),
            Key::Field(name) => write!(text, ".\"{name}\""),
            Key::Item(index) => write!(text, "[{index}]"),
            Key::Items => write!(text, "[]"),
        };
    }
    text
}

/// Whether a name can stand in a path without quotes.
fn is_plain(name: &str) -> bool {
    let mut signs = name.chars();
    signs.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && signs.all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

fn inside<'v>(at: &'v Value, key: &Key) -> Vec<&'v Value> {
    match (key, at) {
        (Key::Field(name), Value::Object(map)) => map.get(name).into_iter().collect(),
        (Key::Item(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
        (Key::Items, Value::Array(items)) => items.iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_and_found() {
        let item = |count: i64| [("count".into(), Value::from(count))].into_iter().collect::<Value>();
        let input: Value = [("a-b".into(), Value::array(vec![item(1), item(2)]))].into_iter().collect();
        let list = Place::whole(0).below(Key::Field("a-b".into()));
        let all = list.below(Key::Items).below(Key::Field("count".into()));
        assert_eq!(all.text("it"), "it.\"a-b\"[].count");
        assert_eq!(all.find(&input), Some(Value::array(vec![Value::from(1), Value::from(2)])));
        let second = list.below(Key::Item(1)).below(Key::Field("count".into()));
        assert_eq!(second.find(&input), Some(Value::from(2)));
        assert_eq!(list.below(Key::Item(7)).find(&input), None);
    }
}
