//! An object's members in the order they were written, found by name.

use std::collections::HashMap;
use std::sync::Arc;

use super::Value;

/// Members up to this many are found by looking at each; beyond it an index is kept, so that a
/// hostile object of many members stays linear to build.
const INDEX_FROM: usize = 24;

/// An object's members in insertion order; names are unique.
#[derive(Debug, Clone, Default)]
pub struct Map {
    entries: Vec<(Arc<str>, Value)>,
    // Boxed because few objects have one: an empty object stays small.
    // INVARIANT: present exactly when `entries.len() > INDEX_FROM`, and then complete.
    #[expect(clippy::box_collection)]
    index: Option<Box<HashMap<Arc<str>, usize>>>,
}

impl Map {
    /// An empty object.
    pub fn new() -> Map {
        Map::default()
    }

    /// An empty object with room for `members`.
    pub fn with_capacity(members: usize) -> Map {
        Map { entries: Vec::with_capacity(members), index: None }
    }

    /// An object of members whose names are known to differ.
    pub(crate) fn of_unique(entries: Vec<(Arc<str>, Value)>) -> Map {
        let mut map = Map { entries, index: None };
        map.reindex();
        debug_assert!(map.index.as_ref().is_none_or(|index| index.len() == map.len()), "names differ");
        map
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|(key, _)| &**key == name),
        }
    }

    /// The member called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    /// The member called `name`, with its place in the order.
    pub fn place(&self, name: &str) -> Option<(usize, &Value)> {
        self.position(name).map(|at| (at, &self.entries[at].1))
    }

    /// The member called `name`, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).map(|at| &mut self.entries[at].1)
    }

    /// Whether a member is called `name`.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets a member: replaces the value where the name stands, else appends. Gives the old value.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        let name = name.into();
        if let Some(at) = self.position(&name) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        self.push(name, value);
        None
    }

    /// Appends a member whose name must be new; gives the name back when it is not.
    pub fn push_new(&mut self, name: Arc<str>, value: Value) -> Result<(), Arc<str>> {
        if self.contains_key(&name) {
            return Err(name);
        }
        self.push(name, value);
        Ok(())
    }

    // INVARIANT: `name` is new.
    fn push(&mut self, name: Arc<str>, value: Value) {
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, value));
        if self.index.is_none() && self.entries.len() > INDEX_FROM {
            self.reindex();
        }
    }

    /// Takes a member out, keeping the order of the others.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.position(name)?;
        let (_, value) = self.entries.remove(at);
        self.reindex();
        Some(value)
    }

    fn reindex(&mut self) {
        self.index = (self.entries.len() > INDEX_FROM).then(|| {
            let names = self.entries.iter().enumerate();
            Box::new(names.map(|(at, (name, _))| (name.clone(), at)).collect())
        });
    }

    /// Members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// Names in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.entries.iter().map(|(name, _)| name)
    }

    /// Values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The member at a place in the order, for cursors.
    pub fn entry_at(&self, at: usize) -> Option<(&Arc<str>, &Value)> {
        self.entries.get(at).map(|(name, value)| (name, value))
    }
}

/// Two objects are equal when they have equal members, in whatever order (RFC 8259 §4).
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl FromIterator<(Arc<str>, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(entries: I) -> Map {
        let mut map = Map::new();
        for (name, value) in entries {
            map.insert(name, value);
        }
        map
    }
}

impl IntoIterator for Map {
    type Item = (Arc<str>, Value);
    type IntoIter = std::vec::IntoIter<(Arc<str>, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_objects_keep_order_and_find_by_name() {
        let mut map = Map::new();
        for n in 0..100 {
            assert_eq!(map.insert(format!("k{n}"), Value::from(n)), None);
        }
        assert_eq!(map.insert("k50", Value::from(-1)), Some(Value::from(50)));
        assert_eq!(map.get("k99"), Some(&Value::from(99)));
        assert_eq!(map.remove("k0"), Some(Value::from(0)));
        assert_eq!(map.get("k99"), Some(&Value::from(99)));
        assert_eq!(map.entry_at(0).map(|(name, _)| &**name), Some("k1"));
        for n in 1..90 {
            map.remove(&format!("k{n}"));
        }
        assert_eq!(map.get("k99"), Some(&Value::from(99)));
    }

    #[test]
    fn order_does_not_matter_for_equality() {
        let a: Map = [("x".into(), Value::from(1)), ("y".into(), Value::Null)].into_iter().collect();
        let b: Map = [("y".into(), Value::Null), ("x".into(), Value::from(1))].into_iter().collect();
        assert_eq!(a, b);
    }
}
