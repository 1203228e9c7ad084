//! Events in memory: who opened which subscription, what is buffered for it, whom a new event reaches.

use uuid::Uuid;

use super::state::State;
use crate::store::{Backlog, Event, Matched, Reached, Subscription, Transition};

impl State {
    /// Takes, closes and opens for an instance. Gives what is buffered for what it opened.
    pub(super) fn listen(&mut self, id: Uuid, transition: &Transition) -> Vec<Matched> {
        for (subscription, event) in &transition.takes {
            self.given.entry(id).or_default().remove(&(*event, *subscription));
        }
        for subscription in &transition.closes {
            self.close(id, *subscription);
        }
        for subscription in &transition.opens {
            self.close(id, subscription.id);
        }
        let mut matched: Vec<Matched> = transition
            .opens
            .iter()
            .flat_map(|subscription| self.open(id, subscription, transition))
            .collect();
        matched.sort_by_key(|matched| (matched.event.number, matched.subscription));
        matched
    }

    fn close(&mut self, id: Uuid, subscription: u32) {
        self.subscriptions.remove(&(id, subscription));
        if let Some(given) = self.given.get_mut(&id) {
            given.retain(|(_, of)| *of != subscription);
        }
    }

    fn open(&mut self, id: Uuid, subscription: &Subscription, transition: &Transition) -> Vec<Matched> {
        let subscription = Subscription { instance: id, ..subscription.clone() };
        let buffered = self.events.values().filter(|event| event.buffered_until >= transition.at);
        let matched: Vec<Matched> = buffered
            .filter(|event| subscription.is_for(event))
            .map(|event| Matched { subscription: subscription.id, event: event.clone() })
            .collect();
        let given = self.given.entry(id).or_default();
        given.extend(matched.iter().map(|matched| (matched.event.number, subscription.id)));
        self.subscriptions.insert((id, subscription.id), subscription);
        matched
    }

    /// The events of a transition happen, those that are new. Gives whom they reach.
    pub(super) fn happen(&mut self, transition: &Transition) -> Vec<Reached> {
        transition.events.iter().flat_map(|event| self.one(event)).collect()
    }

    /// Cursors and entity records.
    pub(super) fn tell(&mut self, transition: &Transition) {
        for cursor in &transition.cursors {
            self.cursors.insert(cursor.name.clone(), cursor.clone());
        }
        for entity in &transition.entities {
            let key = (entity.account.clone(), entity.entity.clone(), entity.key.clone());
            self.entities.insert(key, entity.clone());
        }
    }

    /// What is still to be told of a name.
    pub(super) fn backlog(&self, name: &str, account: Option<&str>, next: u64) -> Backlog {
        let events = self.events.range(next..).map(|(_, event)| event);
        let own = |event: &&Event| *event.name == *name && account.is_none_or(|own| *event.account == *own);
        let most = usize::try_from(Backlog::MOST).unwrap_or(usize::MAX);
        let times: Vec<_> = events.filter(own).take(most).map(|event| event.recorded_at).collect();
        Backlog { events: times.len() as u64, oldest: times.into_iter().min() }
    }

    fn one(&mut self, event: &Event) -> Vec<Reached> {
        if !self.known.insert((event.account.clone(), event.source.clone(), event.id.clone())) {
            return Vec::new();
        }
        self.last_event += 1;
        let event = Event { number: self.last_event, ..event.clone() };
        self.events.insert(event.number, event.clone());
        let waiting = self.subscriptions.values().filter(|subscription| subscription.is_for(&event));
        let reached: Vec<Reached> = waiting
            .map(|subscription| Reached {
                instance: subscription.instance,
                subscription: subscription.id,
                event: event.clone(),
            })
            .collect();
        for one in &reached {
            self.given.entry(one.instance).or_default().insert((event.number, one.subscription));
        }
        reached
    }
}
