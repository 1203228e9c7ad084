//! Events in memory: who opened which subscription, what is buffered for it, whom a new event reaches.

use uuid::Uuid;

use super::state::State;
use crate::store::{Event, Matched, Reached, Subscription, Transition};

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
