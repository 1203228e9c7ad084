//! What the stubs remember: lists, counters, how often each case answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::stub::{ListStart, Stub};
use crate::value::{Map, Value};

/// What one stub remembers.
#[derive(Debug, Default)]
pub(super) struct World {
    pub lists: BTreeMap<Arc<str>, List>,
    pub counters: BTreeMap<Arc<str>, i64>,
    /// Calls by operation.
    pub calls: BTreeMap<Arc<str>, i64>,
    /// How often each case of an operation answered.
    pub answered: BTreeMap<(Arc<str>, usize), u32>,
}

/// A list of records that holds only so many.
#[derive(Debug, Default)]
pub(super) struct List {
    pub records: VecDeque<Value>,
    at_most: usize,
}

/// What a case changes, worked out before anything is changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub counter: Option<(Arc<str>, i64)>,
    pub inserts: Vec<(Arc<str>, Value)>,
    /// List, place in it, the record as it will be.
    pub updates: Vec<(Arc<str>, usize, Value)>,
    /// List and places in it, ascending.
    pub removes: Option<(Arc<str>, Vec<usize>)>,
}

impl World {
    pub fn begin(stub: &Stub) -> World {
        let list = |(name, start): (&Arc<str>, &ListStart)| {
            let records = start.records.iter().cloned().collect();
            (name.clone(), List { records, at_most: start.at_most })
        };
        World {
            lists: stub.lists.iter().map(list).collect(),
            counters: stub.counters.clone(),
            ..World::default()
        }
    }

    /// Goes on with what `before` remembered, where a list or counter of that name is still declared.
    pub fn take_over(&mut self, before: &World) {
        for (name, list) in &mut self.lists {
            if let Some(before) = before.lists.get(name) {
                list.records = before.records.clone();
            }
        }
        for (name, counter) in &mut self.counters {
            *counter = before.counters.get(name).copied().unwrap_or(*counter);
        }
    }

    /// Every list and counter by name.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        for (name, list) in &self.lists {
            map.insert(name.clone(), Value::array(list.records.iter().cloned().collect()));
        }
        for (name, count) in &self.counters {
            map.insert(name.clone(), Value::from(*count));
        }
        Value::object(map)
    }

    /// Carries out what a case changes: updates and removals are about the records as they were.
    pub fn apply(&mut self, changes: Changes) {
        if let Some((name, value)) = changes.counter {
            self.counters.insert(name, value);
        }
        for (name, at, record) in changes.updates {
            let slot = self.lists.get_mut(&name).and_then(|list| list.records.get_mut(at));
            if let Some(slot) = slot {
                *slot = record;
            }
        }
        if let Some((name, places)) = changes.removes
            && let Some(list) = self.lists.get_mut(&name)
        {
            for at in places.into_iter().rev() {
                list.records.remove(at);
            }
        }
        for (name, record) in changes.inserts {
            if let Some(list) = self.lists.get_mut(&name) {
                list.insert(record);
            }
        }
    }
}

impl List {
    fn insert(&mut self, record: Value) {
        self.records.push_back(record);
        while self.records.len() > self.at_most {
            self.records.pop_front();
        }
    }
}
