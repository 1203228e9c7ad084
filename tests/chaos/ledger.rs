//! What ERP, dispatch and billing have in their books: the oracle. It lives in the test, so that it survives
//! every death of the gateway.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What can be created.
pub const KINDS: [&str; 5] = ["orders", "holds", "jobs", "labels", "invoices"];

/// One thing that was created.
#[derive(Debug, Clone)]
pub struct Thing {
    pub number: String,
    /// The keys under which it was cancelled: each counts once.
    pub cancelled: BTreeSet<String>,
}

/// Everything that was created, by kind and reference.
#[derive(Debug, Default)]
pub struct Ledger {
    things: BTreeMap<(&'static str, String), Vec<Thing>>,
    /// Numbers by the keys that the world has promised to honour.
    honoured: HashMap<String, Option<String>>,
    count: u64,
    /// How often each fault was played.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Ledger {
    /// Creates one more, whatever there is already.
    pub fn create(&mut self, kind: &'static str, reference: &str) -> String {
        self.count += 1;
        let number = format!("{}-{}", &kind[..1], self.count);
        let thing = Thing { number: number.clone(), cancelled: BTreeSet::new() };
        self.things.entry((kind, reference.to_owned())).or_default().push(thing);
        number
    }

    /// From now on what comes with this key is created once.
    pub fn honour(&mut self, key: &str) {
        self.honoured.entry(key.to_owned()).or_default();
    }

    /// Creates, or gives what was created with this key if the key is honoured.
    pub fn create_for(&mut self, kind: &'static str, reference: &str, key: &str) -> String {
        if let Some(Some(number)) = self.honoured.get(key) {
            return number.clone();
        }
        let number = self.create(kind, reference);
        if let Some(place) = self.honoured.get_mut(key) {
            *place = Some(number.clone());
        }
        number
    }

    /// Cancels; whether there is such a thing.
    pub fn cancel(&mut self, kind: &'static str, number: &str, key: &str) -> bool {
        let things = self.things.iter_mut().filter(|((own, _), _)| *own == kind);
        let found = things.flat_map(|(_, things)| things).find(|thing| thing.number == number);
        found.map(|thing| thing.cancelled.insert(key.to_owned())).is_some()
    }

    /// All that was created under a reference.
    pub fn of(&self, kind: &'static str, reference: &str) -> &[Thing] {
        self.things.get(&(kind, reference.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Every kind and reference under which something was created.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.things.keys().map(|(kind, reference)| (*kind, reference.as_str()))
    }

    pub fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }
}
