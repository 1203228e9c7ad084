//! A store in memory: for tests, and for trying a project out.

mod carry;
mod erase;
mod events;
mod forget;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use self::state::{State, claim_key};
use super::{
    Backlog, Case, CaseFilter, ClaimKind, Committed, Cursor, Definition, Entity, Entry, Event, EventFilter,
    Found, Held, Instance, InstanceFilter, Link, Matched, Millis, Numbers, Room, Status, Store, StoreError,
    Transition,
};

/// Keeps everything in memory: gone with the process. It never fails and is never full.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A panic elsewhere leaves at worst a transition half done, in a store that only tests rely on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn commit(&self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        let mut state = self.state();
        Ok(transitions.iter().map(|transition| state.commit(transition)).collect())
    }

    fn instance(&self, id: Uuid) -> Result<Option<Instance>, StoreError> {
        Ok(self.state().instances.get(&id).map(|kept| kept.instance.clone()))
    }

    fn instances(
        &self,
        filter: &InstanceFilter,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Instance>, StoreError> {
        let state = self.state();
        let all = state.instances.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let asked = all.map(|(_, kept)| &kept.instance).filter(|instance| filter.asks_for(instance));
        Ok(asked.take(limit).cloned().collect())
    }

    fn due(&self, until: Millis, limit: usize) -> Result<Vec<(Millis, Uuid)>, StoreError> {
        Ok(self.state().due.range(..=(until, Uuid::max())).take(limit).copied().collect())
    }

    fn next_due(&self, after: Millis) -> Result<Option<Millis>, StoreError> {
        let Some(after) = after.checked_add(1) else { return Ok(None) };
        Ok(self.state().due.range((after, Uuid::nil())..).next().map(|(wake_at, _)| *wake_at))
    }

    fn journal(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let entries = state.instances.get(&id).into_iter().flat_map(|kept| &kept.entries);
        Ok(entries.filter(|entry| entry.number > after).take(limit).cloned().collect())
    }

    fn find(&self, reference: &str, account: Option<&str>, limit: usize) -> Result<Vec<Found>, StoreError> {
        let state = self.state();
        let newest = state.instances.values().rev();
        let own = newest.filter(|kept| account.is_none_or(|account| *kept.instance.account == *account));
        let found = own.filter_map(|kept| {
            kept.found_by(reference).map(|by| Found { instance: kept.instance.clone(), by })
        });
        Ok(found.take(limit).collect())
    }

    fn claim(
        &self,
        account: &str,
        kind: ClaimKind,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<Held>, StoreError> {
        let state = self.state();
        let held = state.claims.get(&claim_key(account, kind, scope, key));
        Ok(held.filter(|held| held.claim.expires.is_none_or(|expires| expires >= now)).cloned())
    }

    fn events(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        Ok(state.events.values().filter(|event| filter.asks_for(event)).take(limit).cloned().collect())
    }

    fn given(&self, instance: Uuid) -> Result<Vec<Matched>, StoreError> {
        let state = self.state();
        let given = state.given.get(&instance).into_iter().flatten();
        Ok(given.filter_map(|(number, subscription)| state.matched(*number, *subscription)).collect())
    }

    fn untold(&self, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        let state = self.state();
        let given = state.given.iter().filter(|(_, given)| !given.is_empty());
        Ok(given.map(|(instance, _)| *instance).take(limit).collect())
    }

    fn cases(&self, filter: &CaseFilter, limit: usize) -> Result<Vec<Case>, StoreError> {
        let state = self.state();
        Ok(state.cases.values().rev().filter(|case| filter.asks_for(case)).take(limit).cloned().collect())
    }

    fn case(&self, number: u64) -> Result<Option<Case>, StoreError> {
        Ok(self.state().cases.get(&number).cloned())
    }

    fn next_case(&self) -> Result<u64, StoreError> {
        Ok(self.state().last_case + 1)
    }

    fn mark(&self, name: &str) -> Result<u64, StoreError> {
        Ok(self.state().marks.get(name).copied().unwrap_or(0))
    }

    fn cursors(&self) -> Result<Vec<Cursor>, StoreError> {
        Ok(self.state().cursors.values().cloned().collect())
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        Ok(self.state().last_event)
    }

    fn first_event_since(&self, at: Millis) -> Result<Option<u64>, StoreError> {
        let state = self.state();
        Ok(state.events.values().find(|event| event.recorded_at >= at).map(|event| event.number))
    }

    fn backlog(&self, name: &str, account: Option<&str>, next: u64) -> Result<Backlog, StoreError> {
        Ok(self.state().backlog(name, account, next))
    }

    fn entity(&self, account: &str, entity: &str, key: &str) -> Result<Option<Entity>, StoreError> {
        Ok(self.state().entities.get(&(account.into(), entity.into(), key.into())).cloned())
    }

    fn definition(&self, digest: &str) -> Result<Option<Definition>, StoreError> {
        Ok(self.state().definitions.iter().find(|known| *known.digest == *digest).cloned())
    }

    fn needed(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        Ok(self.state().needed().into_iter().collect())
    }

    fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().blobs.get(digest).map(|bytes| bytes.to_vec()))
    }

    fn audit(&self, after: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        Ok(self.state().audit.iter().filter(|link| link.number > after).take(limit).cloned().collect())
    }

    fn forget(&self, now: Millis, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state().forget(now, limit))
    }

    fn erase(&self, id: Uuid, left: &[(u64, Arc<[u8]>)]) -> Result<bool, StoreError> {
        Ok(self.state().erase(id, left))
    }

    fn erase_events(&self, account: &str) -> Result<usize, StoreError> {
        Ok(self.state().erase_events(account))
    }

    fn forget_cases(&self, closed: Millis, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state().forget_cases(closed, limit))
    }

    fn room(&self) -> Result<Room, StoreError> {
        Ok(Room { used: 0, free: u64::MAX, open: self.state().needed().values().sum() })
    }

    fn numbers(&self) -> Result<Numbers, StoreError> {
        let state = self.state();
        let instances = || state.instances.values().map(|kept| &kept.instance);
        let count = |status| instances().filter(|instance| instance.status == status).count() as u64;
        let open = instances().filter(|instance| instance.status.is_open());
        Ok(Numbers {
            instances: Status::ALL.iter().map(|(status, _)| (*status, count(*status))).collect(),
            open_cases: state.cases.values().filter(|case| case.state.is_open()).count() as u64,
            oldest_open: open.map(|instance| instance.created_at).min(),
            entries: state.instances.values().map(|kept| kept.entries.len() as u64).sum(),
            events: state.events.len() as u64,
            links: state.audit.len() as u64,
            used: 0,
            free: u64::MAX,
        })
    }
}
