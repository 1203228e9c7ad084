//! Waits for an instance to change: told by the engine while it is in memory, else looking again and again.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::Lens;
use crate::clock::Clock;
use crate::flow::engine::Engine;
use crate::store::{Instance, StoreError};

/// Between two looks at an instance that is not in memory: at first, and at most.
const FIRST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_secs(5);

/// Follows one instance.
#[derive(Debug)]
pub(super) struct Follow {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    id: Uuid,
    /// What was seen last.
    seq: u64,
    pause: Duration,
}

impl Follow {
    /// Follows from where it was seen.
    pub fn of(lens: &Lens, instance: &Instance) -> Follow {
        let (engine, clock) = (Arc::clone(&lens.engine), Arc::clone(&lens.clock));
        Follow { engine, clock, id: instance.id, seq: instance.seq, pause: FIRST }
    }

    /// The instance once it has changed; `None` when it was forgotten. Never ends while nothing changes.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Option<Instance>, StoreError> {
        loop {
            if !self.told().await {
                self.clock.sleep(self.pause).await;
                self.pause = (self.pause * 2).min(MOST);
            }
            let id = self.id;
            let Some(instance) = self.engine.writer().read(move |store| store.instance(id)).await? else {
                return Ok(None);
            };
            if instance.seq > self.seq {
                (self.seq, self.pause) = (instance.seq, FIRST);
                return Ok(Some(instance));
            }
        }
    }

    /// Waits until the engine says that there is something new; `false`: it does not know the instance.
    async fn told(&self) -> bool {
        let Some(mut standing) = self.engine.watch(self.id) else { return false };
        while standing.borrow_and_update().seq <= self.seq {
            if standing.changed().await.is_err() {
                return false;
            }
        }
        true
    }
}
