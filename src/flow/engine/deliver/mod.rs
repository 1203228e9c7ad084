//! Tells subscribers of events: each has a cursor of its own in the log, so that one that is away delays
//! nobody, and goes on where it stopped.

mod flows;
mod folds;
mod lane;
mod operate;
mod tail;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use operate::Subscribed;
pub use tail::{Page, Tail, Wanted};

use self::lane::{Running, Work};
use super::Engine;
use crate::event::Lane;
use crate::store::{Cursor, Store, StoreError, Transition};

/// Where versions before cursors kept how far all subscribers had come.
const HERALD: &str = "herald";
/// After a failure of the store.
const PAUSE: Duration = Duration::from_secs(1);
/// The subscriber that keeps entity records.
pub const ENTITIES: &str = "entities";

/// Everybody who is told.
#[derive(Debug)]
pub(super) struct Deliveries {
    pub tail: Tail,
    lanes: Mutex<BTreeMap<Arc<str>, Arc<Running>>>,
    /// Cursors of subscribers that were not met yet.
    kept: Mutex<BTreeMap<Arc<str>, Cursor>>,
    /// Where new subscribers begin.
    begin: Mutex<u64>,
    /// The project has changed.
    redeclared: Notify,
}

impl Deliveries {
    /// Takes up what the store knows.
    pub fn read(store: &dyn Store) -> Result<Deliveries, StoreError> {
        let (last, herald) = (store.last_event()?, store.mark(HERALD)?);
        let kept: BTreeMap<_, _> =
            store.cursors()?.into_iter().map(|cursor| (Arc::clone(&cursor.name), cursor)).collect();
        // Written by a version that kept one place for all: none of its events may be left out.
        let begin = if herald > 0 { herald + 1 } else { last + 1 };
        Ok(Deliveries {
            tail: Tail::after(last),
            lanes: Mutex::default(),
            kept: Mutex::new(kept),
            begin: Mutex::new(begin),
            redeclared: Notify::new(),
        })
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<Running>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> MutexGuard<'_, u64> {
        self.begin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Begins to tell subscribers. Once.
    pub(super) fn herald(self: &Arc<Engine>) {
        let engine = Arc::downgrade(self);
        self.spawn(async move {
            let mut declared = false;
            loop {
                let Some(engine) = engine.upgrade() else { return };
                let done = match declared {
                    true => engine.read_on().await,
                    false => engine.declare().await.map(|()| declared = true),
                };
                if let Err(error) = done {
                    tracing::warn!(target: "crossdock::flow", %error, "subscribers are told later");
                    engine.clock.sleep(PAUSE).await;
                    continue;
                }
                tokio::select! {
                    () = engine.recorded.notified() => {}
                    () = engine.deliveries.redeclared.notified() => declared = false,
                }
            }
        });
    }

    /// Somebody recorded events.
    pub(super) fn was_recorded(&self) {
        self.recorded.notify_one();
    }

    /// The project has changed: who is new begins here.
    pub(super) fn redeclared(&self) {
        if let Ok(last) = self.writer.store().last_event() {
            *self.deliveries.begin() = last + 1;
        }
        self.deliveries.redeclared.notify_one();
    }

    /// Begins with whom the project declares now, and lets go of whom it does not.
    async fn declare(self: &Arc<Engine>) -> Result<(), StoreError> {
        let wanted = self.wanted();
        let fresh = self.begin_with(wanted).await?;
        for running in fresh {
            let engine = Arc::downgrade(self);
            let weak = Arc::downgrade(&running);
            self.deliveries.lanes().insert(Arc::clone(&running.name), running);
            self.spawn(lane::serve(engine, weak));
        }
        // Events may have come meanwhile.
        self.recorded.notify_one();
        Ok(())
    }

    /// Swaps the declarations of those who run, and gives those who do not yet, their cursors on disk.
    async fn begin_with(self: &Arc<Engine>, wanted: Vec<Work>) -> Result<Vec<Arc<Running>>, StoreError> {
        let (mut fresh, mut cursors) = (Vec::new(), Vec::new());
        {
            let mut lanes = self.deliveries.lanes();
            lanes.retain(|name, running| {
                let stays = wanted.iter().any(|work| work.name() == name);
                if !stays {
                    self.kept_cursors().insert(Arc::clone(name), running.snapshot());
                    running.wake.notify_one();
                }
                stays
            });
            let kept = self.kept_cursors();
            for work in wanted {
                if let Some(running) = lanes.get(work.name()) {
                    running.redeclare(work);
                    continue;
                }
                let cursor = kept.get(work.name()).cloned().unwrap_or_else(|| self.first(&work));
                cursors.push(cursor.clone());
                fresh.push(Arc::new(Running::new(work, cursor)));
            }
        }
        let marks = vec![(HERALD.into(), 0)];
        let transition = Transition { at: self.now(), cursors, marks, ..Transition::default() };
        self.writer.commit(transition).await?;
        Ok(fresh)
    }

    fn kept_cursors(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Cursor>> {
        self.deliveries.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first(&self, work: &Work) -> Cursor {
        let next = if work.from_start() { 1 } else { *self.deliveries.begin() };
        Cursor { name: Arc::clone(work.name()), next, ..Cursor::default() }
    }

    /// Everybody whom the project declares.
    fn wanted(self: &Arc<Engine>) -> Vec<Work> {
        let live = self.live();
        let events = live.events();
        let flows = events.values().flat_map(|event| {
            let flows = event.subscribers.iter().filter_map(|one| self.lane_of_flow(event, one));
            flows.collect::<Vec<Lane>>()
        });
        let mut wanted: Vec<Work> = flows.chain(live.lanes()).map(Work::Tell).collect();
        let folding: Vec<Arc<str>> = events
            .values()
            .filter(|event| event.fold.is_some())
            .map(|event| Arc::clone(&event.name))
            .collect();
        if !folding.is_empty() {
            wanted.push(Work::Fold { name: ENTITIES.into(), events: folding });
        }
        wanted
    }
}
