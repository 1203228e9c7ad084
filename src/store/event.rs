//! Events that happened, and who waits for which.

use std::sync::Arc;

use uuid::Uuid;

use super::Millis;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// In the order in which they were committed, from 1. The store counts: what a transition says is not read.
    pub number: u64,
    pub account: Arc<str>,
    /// Who says so, and its own id there: the two together happen once. A second one is dropped silently.
    pub source: Arc<str>,
    pub id: Arc<str>,
    /// `delivery.milestone`
    pub name: Arc<str>,
    /// What its own declared key says: events of one key are given in their order.
    pub key: Arc<str>,
    pub occurred_at: Millis,
    pub recorded_at: Millis,
    /// Until then a subscription that is opened later still gets it.
    pub buffered_until: Millis,
    /// When it may be forgotten.
    pub keep_until: Millis,
    pub correlation_id: Arc<str>,
    /// The instance that emitted it.
    pub instance: Option<Uuid>,
    /// What a subscription's `wants` are compared with: `(field, value)` as canonical texts.
    pub correlates: Vec<(Arc<str>, Arc<str>)>,
    /// JSON.
    pub body: Arc<[u8]>,
}

/// An instance waits for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub instance: Uuid,
    /// Unique in its instance.
    pub id: u32,
    pub account: Arc<str>,
    /// The event's name.
    pub name: Arc<str>,
    /// Every one of these must be among the event's `correlates`.
    pub wants: Vec<(Arc<str>, Arc<str>)>,
    /// Events recorded before this are not for it; 0: any that is still buffered.
    pub since: Millis,
}

impl Subscription {
    /// Whether an event is for it.
    pub(super) fn is_for(&self, event: &Event) -> bool {
        self.account == event.account
            && self.name == event.name
            && event.recorded_at >= self.since
            && self.wants.iter().all(|want| event.correlates.contains(want))
    }
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub account: Option<Arc<str>>,
    pub name: Option<Arc<str>>,
    pub key: Option<Arc<str>>,
    pub instance: Option<Uuid>,
    /// Only those after this number.
    pub after: u64,
}

impl EventFilter {
    /// Whether it asks for this one.
    pub(super) fn asks_for(&self, event: &Event) -> bool {
        fits(&self.account, &event.account)
            && fits(&self.name, &event.name)
            && fits(&self.key, &event.key)
            && fits(&self.instance.map(Some), &event.instance)
            && event.number > self.after
    }
}

/// Whether a value is the one that is asked for, if one is.
pub(super) fn fits<T: PartialEq>(asked: &Option<T>, value: &T) -> bool {
    asked.as_ref().is_none_or(|asked| asked == value)
}

/// An event for a subscription that was just opened, or that has not taken it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub subscription: u32,
    pub event: Event,
}

/// An event of this transition reached a subscription that was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub instance: Uuid,
    pub subscription: u32,
    pub event: Event,
}
