//! Events between instances: what one emits, and what another is told of.

use std::sync::Arc;
use std::time::Duration;

use super::runner::Runner;
use super::told::Told;
use super::{Engine, journal, millis};
use crate::codec::json;
use crate::flow::machine::{self, Emission, Listen, ListenId};
use crate::store::{Event, Matched, Reached, Subscription};
use crate::value::Value;

/// Entries of one listen at most: each is a subscription of its own.
const ENTRIES: u32 = 64;

/// A listen that is opened: for each entry the event's name and what must be equal.
#[derive(Debug, Clone)]
pub(super) struct Opens {
    pub id: ListenId,
    pub wants: Vec<(Arc<str>, Vec<(Arc<str>, Arc<str>)>)>,
}

impl From<Listen<'_>> for Opens {
    fn from(listen: Listen<'_>) -> Opens {
        let wants = listen.wants.into_iter().map(|want| (Arc::clone(want.event), want.correlate));
        Opens { id: listen.id, wants: wants.collect() }
    }
}

/// An event that is published.
#[derive(Debug, Clone)]
pub(super) struct Emits {
    pub name: Arc<str>,
    /// Its own id, or one that the same step of the same run always gives it.
    pub id: Arc<str>,
    /// Whose it is, when the instance is nobody's.
    pub account: Option<Arc<str>>,
    pub key: Arc<str>,
    pub correlates: Vec<(Arc<str>, Arc<str>)>,
    pub payload: Value,
}

impl From<Emission<'_>> for Emits {
    fn from(emission: Emission<'_>) -> Emits {
        Emits {
            name: Arc::clone(emission.event),
            id: emission.own_id.unwrap_or_else(|| emission.id.to_string().into()),
            account: emission.account,
            key: emission.key,
            correlates: emission.correlates,
            payload: emission.payload,
        }
    }
}

/// The subscription of the entry at `at` of a listen.
fn subscription(listen: ListenId, at: u32) -> u32 {
    listen.0.wrapping_mul(ENTRIES).wrapping_add(at)
}

/// The listen that a subscription belongs to.
fn listen_of(subscription: u32) -> ListenId {
    ListenId(subscription / ENTRIES)
}

impl Runner {
    /// Subscriptions of the turn.
    pub(super) fn subscriptions(&self, opens: Vec<Opens>) -> Vec<Subscription> {
        let each = |opens: Opens| {
            let id = opens.id;
            opens
                .wants
                .into_iter()
                .zip(0..ENTRIES)
                .map(move |((name, wants), at)| (subscription(id, at), name, wants))
        };
        let whole = |(id, name, wants)| Subscription {
            instance: self.id,
            id,
            account: Arc::clone(&self.whose.account),
            name,
            wants,
            since: 0,
        };
        opens.into_iter().flat_map(each).map(whole).collect()
    }

    /// Subscriptions that close with listens.
    pub(super) fn closed(&self, closes: Vec<ListenId>) -> Vec<u32> {
        closes.into_iter().flat_map(|id| (0..ENTRIES).map(move |at| subscription(id, at))).collect()
    }

    /// Events of the turn.
    pub(super) fn events(&self, emits: Vec<Emits>, at: Duration) -> Vec<Event> {
        emits.into_iter().map(|emits| self.event(emits, at)).collect()
    }

    fn event(&self, emits: Emits, at: Duration) -> Event {
        let declared = self.engine.live().event(&emits.name);
        let (buffer, retain) =
            declared.map(|declared| (declared.buffer, declared.retain)).unwrap_or_default();
        Event {
            number: 0,
            account: self.account_of(emits.account),
            source: format!("flow:{}", self.definition.name()).into(),
            id: emits.id,
            name: emits.name,
            key: emits.key,
            occurred_at: millis(at),
            recorded_at: millis(at),
            buffered_until: millis(at.saturating_add(buffer)),
            keep_until: millis(at.saturating_add(retain)),
            correlation_id: Arc::clone(&self.whose.correlation_id),
            instance: Some(self.id),
            correlates: emits.correlates,
            body: json::encode(&emits.payload).into(),
        }
    }

    /// Whose an event is: nobody speaks for another account, and what is nobody's own says whose it is.
    fn account_of(&self, said: Option<Arc<str>>) -> Arc<str> {
        let own = &self.whose.account;
        if own.is_empty() { said.unwrap_or_else(|| Arc::clone(own)) } else { Arc::clone(own) }
    }

    /// An event is for this instance: the machine is told, and the store that it was.
    pub(super) fn occurred(&mut self, matched: Matched) {
        let Matched { subscription, event } = matched;
        let Ok(payload) = json::decode(&event.body, &json::Limits::default()) else { return };
        self.takes.push((subscription, event.number));
        let entry = journal::heard(self.engine.now(), &event);
        self.turn_mut().entries.push(entry);
        let (listen, number) = (listen_of(subscription), event.number);
        self.apply(machine::Event::Occurred { listen, event: event.name, number, payload });
    }
}

impl Engine {
    /// Events reached instances: each is told.
    pub(super) fn reach(self: &Arc<Engine>, reached: Vec<Reached>) {
        for Reached { instance, subscription, event } in reached {
            self.tell(instance, Told::Occurred(Box::new(Matched { subscription, event })));
        }
    }
}
