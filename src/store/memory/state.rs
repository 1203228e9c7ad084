//! What the store in memory keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::store::{
    Case, ClaimKind, Cursor, Definition, Entity, Entry, Event, Held, Instance, Link, Matched, Millis,
    Subscription,
};

/// Kind, account, scope, key.
pub(super) type ClaimKey = (ClaimKind, Arc<str>, Arc<str>, Arc<str>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub instances: BTreeMap<Uuid, Kept>,
    /// Open instances that want to be woken.
    pub due: BTreeSet<(Millis, Uuid)>,
    pub claims: BTreeMap<ClaimKey, Held>,
    /// Who stands in line behind the one that holds a business key.
    pub lines: BTreeMap<ClaimKey, VecDeque<Held>>,
    /// What each open instance has claimed.
    pub held: BTreeMap<Uuid, Vec<ClaimKey>>,
    pub subscriptions: BTreeMap<(Uuid, u32), Subscription>,
    /// By instance: `(event, subscription)`, given and not taken.
    pub given: BTreeMap<Uuid, BTreeSet<(u64, u32)>>,
    pub events: BTreeMap<u64, Event>,
    /// Account, source and id of every event.
    pub known: BTreeSet<(Arc<str>, Arc<str>, Arc<str>)>,
    pub last_event: u64,
    pub cases: BTreeMap<u64, Case>,
    pub last_case: u64,
    pub marks: BTreeMap<Arc<str>, u64>,
    pub cursors: BTreeMap<Arc<str>, Cursor>,
    /// By account, kind and key.
    pub entities: BTreeMap<(Arc<str>, Arc<str>, Arc<str>), Entity>,
    pub audit: Vec<Link>,
    pub blobs: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// The newest of a flow stands after its others.
    pub definitions: Vec<Definition>,
}

/// An instance and what goes with it.
#[derive(Debug)]
pub(super) struct Kept {
    pub instance: Instance,
    pub entries: Vec<Entry>,
    /// `(name, value)`.
    pub references: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Digests of the blobs that it brought.
    pub blobs: BTreeSet<Arc<str>>,
}

impl Kept {
    /// How this text refers to it: the first way that does.
    pub(super) fn found_by(&self, text: &str) -> Option<Arc<str>> {
        let instance = &self.instance;
        if Uuid::try_parse(text).is_ok_and(|id| id == instance.id) {
            return Some("id".into());
        }
        if *instance.correlation_id == *text {
            return Some("correlation_id".into());
        }
        if instance.business_key.as_deref() == Some(text) {
            return Some("business_key".into());
        }
        self.references.iter().find(|(_, value)| **value == *text).map(|(name, _)| name.clone())
    }
}

impl State {
    /// An event that a subscription was given.
    pub(super) fn matched(&self, number: u64, subscription: u32) -> Option<Matched> {
        Some(Matched { subscription, event: self.events.get(&number)?.clone() })
    }

    /// How many open instances need each definition.
    pub(super) fn needed(&self) -> BTreeMap<Arc<str>, u64> {
        let mut needed = BTreeMap::new();
        let open = self.instances.values().filter(|kept| kept.instance.status.is_open());
        for kept in open {
            *needed.entry(kept.instance.digest.clone()).or_default() += 1;
        }
        needed
    }
}

/// Where a claim stands.
pub(super) fn claim_key(account: &str, kind: ClaimKind, scope: &str, key: &str) -> ClaimKey {
    (kind, account.into(), scope.into(), key.into())
}
