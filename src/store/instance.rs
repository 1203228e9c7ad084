//! Instances: one run of a flow each, and what it did.

use std::sync::Arc;

use uuid::Uuid;

use super::Millis;
use super::event::fits;

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It goes on by itself: works, or waits for a time, an answer or an event.
    Running,
    /// Somebody must act: at least one of its steps is parked, with a case.
    Paused,
    /// It undoes what it did.
    Compensating,
    Completed,
    Rejected,
    Failed,
    Cancelled,
}

impl Status {
    /// Every status with its word, in order.
    pub const ALL: [(Status, &'static str); 7] = [
        (Status::Running, "running"),
        (Status::Paused, "paused"),
        (Status::Compensating, "compensating"),
        (Status::Completed, "completed"),
        (Status::Rejected, "rejected"),
        (Status::Failed, "failed"),
        (Status::Cancelled, "cancelled"),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        Status::ALL[self as usize].1
    }

    /// The status of a word.
    pub fn of(word: &str) -> Option<Status> {
        Status::ALL.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }

    /// Whether it is not over.
    pub fn is_open(self) -> bool {
        matches!(self, Status::Running | Status::Paused | Status::Compensating)
    }
}

/// One instance, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// UUIDv7: its first bits are when it was accepted.
    pub id: Uuid,
    /// Empty: nobody's (started by a schedule, or by a route that anybody may call).
    pub account: Arc<str>,
    /// Who asked for it.
    pub client: Arc<str>,
    pub flow: Arc<str>,
    /// Of the definition that it is pinned to.
    pub digest: Arc<str>,
    pub correlation_id: Arc<str>,
    pub business_key: Option<Arc<str>>,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// How many transitions it made: the next must name this number.
    pub seq: u64,
    pub status: Status,
    /// The path of the step where it stands, for people.
    pub stage: Arc<str>,
    /// When it wants to be woken.
    pub wake_at: Option<Millis>,
    /// Where it stands, for the flow room. Empty once it is over.
    pub state: Arc<[u8]>,
    /// What was answered or how it ended, for the gateway; once there is something to say.
    pub answer: Option<Arc<[u8]>>,
    /// Once it is over: when it may be forgotten.
    pub keep_until: Option<Millis>,
}

/// Which instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceFilter {
    pub account: Option<Arc<str>>,
    pub flow: Option<Arc<str>>,
    pub digest: Option<Arc<str>>,
    pub status: Option<Status>,
    /// Only those that are not over.
    pub open: bool,
}

impl InstanceFilter {
    /// Whether it asks for this one.
    pub fn asks_for(&self, instance: &Instance) -> bool {
        fits(&self.account, &instance.account)
            && fits(&self.flow, &instance.flow)
            && fits(&self.digest, &instance.digest)
            && fits(&self.status, &instance.status)
            && (!self.open || instance.status.is_open())
    }
}

/// One thing that an instance did or that was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps in one instance. The store counts: what a transition says is not read.
    pub number: u64,
    pub at: Millis,
    /// `accepted`, `sent`, `answered`, `retry`, `parked`, `resumed`, `event`, `ended`, ...
    pub kind: Arc<str>,
    /// The step's path, rounds included (`lines[3].order`); empty: the instance itself.
    pub path: Arc<str>,
    /// JSON: what goes with the kind.
    pub body: Arc<[u8]>,
}

/// An instance that something refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub instance: Instance,
    /// How: `id`, `correlation_id`, `business_key`, or the name of the reference.
    pub by: Arc<str>,
}
