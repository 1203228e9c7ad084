//! Work that waits for systems which are away: when one is back, or is resumed, it goes on at once, no faster than the
//! system may be called, and what somebody waits for first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::Engine;
use super::runner::Runner;
use super::told::Told;
use crate::flow::machine::Event;

/// Calls within a second where a system does not say how many it takes.
const USUAL: (u32, Duration) = (100, Duration::from_secs(1));
/// Instances that are remembered for one system; those beyond look by themselves, each in its own time.
const MOST: usize = 1_000_000;

/// Who waits for which system. It is not kept on disk: after a start each looks once, and is known again.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// What somebody waits for stands before what nobody does; then in the order of acceptance.
    by_system: Mutex<BTreeMap<Arc<str>, BTreeSet<(bool, Uuid)>>>,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, BTreeSet<(bool, Uuid)>>> {
        self.by_system.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, system: &Arc<str>, id: Uuid, is_awaited: bool) {
        let mut held = self.lock();
        let own = held.entry(Arc::clone(system)).or_default();
        own.remove(&(is_awaited, id));
        if own.len() < MOST {
            own.insert((!is_awaited, id));
        }
    }

    /// Who waits for a system, the next first.
    #[cfg(test)]
    pub fn waiting(&self, system: &str) -> Vec<Uuid> {
        self.lock().get(system).into_iter().flatten().map(|(_, id)| *id).collect()
    }

    fn next(&self, system: &str) -> Option<Uuid> {
        let mut held = self.lock();
        let next = held.get_mut(system).and_then(BTreeSet::pop_first);
        if next.is_none() {
            held.remove(system);
        }
        next.map(|(_, id)| id)
    }
}

impl Engine {
    /// A system is there again: whoever waits for it is told, one after the other, until it is paused or away once
    /// more.
    pub(super) fn is_back(self: &Arc<Engine>, system: &Arc<str>) {
        let (engine, system) = (Arc::clone(self), Arc::clone(system));
        let (count, per) = self.live().rate(&system).unwrap_or(USUAL);
        let pause = per / count.max(1);
        self.spawn(async move {
            while !engine.is_ending() && engine.is_paused(&system).is_none() {
                let Some(next) = engine.held.next(&system) else { return };
                engine.tell_as(next, Told::Back(Arc::clone(&system)), true);
                engine.clock.sleep(pause).await;
                if engine.was_away(&system, engine.clock.monotonic()) {
                    // It is away again, and whoever has just been told is held once more.
                    return;
                }
            }
        });
    }
}

impl Runner {
    /// What the turn waits for is remembered.
    pub(super) fn note_holds(&mut self) {
        let is_awaited = self.is_awaited();
        for system in std::mem::take(&mut self.turn_mut().holds) {
            self.engine.held.note(&system, self.id, is_awaited);
        }
    }

    /// A system is there again: it is asked now.
    pub(super) fn goes_on(&mut self, system: &str) {
        for timer in self.state.held_on(&self.definition, system) {
            self.apply(Event::Fired { timer });
        }
    }
}
