//! The clerk: wakes instances whose time has come, after a start those that were cut off, and forgets what is
//! over. A continuous scan, so that nothing depends on one lucky moment.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::told::Told;
use super::{Engine, millis};
use crate::store::{Millis, Store, StoreError};

/// Longest sleep between two looks: the wall clock may jump.
const LONGEST: Duration = Duration::from_secs(30);
/// After a failure of the store.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two rounds of forgetting.
const FORGETS: Duration = Duration::from_secs(600);

impl Engine {
    /// Begins to look after instances. Once, on the runtime that they run on.
    pub fn watch_over(self: &Arc<Engine>) {
        self.herald();
        self.intake();
        self.keep_schedules();
        let engine = Arc::downgrade(self);
        self.spawn(async move {
            let mut forgot = Duration::ZERO;
            loop {
                let Some(engine) = engine.upgrade() else { return };
                let sleep = match engine.wake_due().await {
                    Ok(sleep) => sleep,
                    Err(error) => {
                        tracing::error!(target: "crossdock::store", %error, "cannot see who is to be woken");
                        PAUSE
                    }
                };
                let now = engine.clock.monotonic();
                if now.saturating_sub(forgot) >= FORGETS {
                    forgot = now;
                    engine.forget().await;
                }
                tokio::select! {
                    () = engine.clock.sleep(sleep) => {}
                    () = engine.nudge.notified() => {}
                }
            }
        });
    }

    /// Wakes who is due, as many as there is room for; gives how long until it is worth looking again.
    async fn wake_due(self: &Arc<Engine>) -> Result<Duration, StoreError> {
        self.earliest.store(u64::MAX, Ordering::Relaxed);
        let now = self.now();
        let (active, backlog) = {
            let active = self.lock();
            (active.len(), active.values().filter(|entry| entry.backlog).count())
        };
        let room = self.bounds.backlog.saturating_sub(backlog);
        let limit = active + room;
        let read = move |store: &dyn Store| {
            // Whoever was to tell them of an event may have ended before it did. First, because they are few and
            // quick, and would never come behind a backlog that does not end.
            let untold = store.untold(limit)?.into_iter();
            Ok(untold.chain(store.due(now, limit)?.into_iter().map(|(_, id)| id)).collect::<Vec<_>>())
        };
        let due = self.writer.read(read).await?;
        let mut woken = 0;
        for id in due {
            if woken < room && !self.lock().contains_key(&id) {
                self.tell_as(id, Told::Wake, true);
                woken += 1;
            }
        }
        if woken == room {
            return Ok(Duration::from_millis(20));
        }
        let next = self.writer.read(move |store| store.next_due(now)).await?;
        let wait =
            next.map_or(LONGEST, |at| Duration::from_millis(u64::try_from(at - self.now()).unwrap_or(0)));
        Ok(wait.clamp(Duration::from_millis(1), LONGEST))
    }

    /// Somebody wants to be woken then.
    pub(super) fn wakes_at(&self, at: Option<Millis>) {
        let Some(at) = at.and_then(|at| u64::try_from(at).ok()) else { return };
        if self.earliest.fetch_min(at, Ordering::Relaxed) > at {
            self.nudge.notify_one();
        }
    }

    async fn forget(&self) {
        let now = millis(self.at());
        match self.writer.read(move |store| store.forget(now, 10_000)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(target: "crossdock::store", count, "forgot instances that are over"),
            Err(error) => tracing::warn!(target: "crossdock::store", %error, "could not forget"),
        }
        let closed = now.saturating_sub(millis(self.live().keep()));
        if let Err(error) = self.writer.read(move |store| store.forget_cases(closed, 10_000)).await {
            tracing::warn!(target: "crossdock::store", %error, "could not forget cases");
        }
    }
}
