//! Flows that start by themselves: each time once, also when the gateway was away at that time, and none while
//! the one before still runs.

use std::sync::Arc;
use std::time::Duration;

use super::{Begin, Begun, Engine};
use crate::clock::Moment;
use crate::flow::{Definition, Schedule};
use crate::store::{Claim, ClaimKind, Millis, StoreError, Transition};

/// What the names begin with that scheduled flows hold; no route or flow is called so.
pub(super) const SCHEDULE: &str = "schedule ";
/// Longest sleep between two looks: the wall clock may jump.
const LONGEST: Duration = Duration::from_secs(30);
/// After a failure, and where there is no room for more instances.
const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// Begins to start flows by their schedules. Once.
    pub(super) fn keep_schedules(self: &Arc<Engine>) {
        let engine = Arc::downgrade(self);
        self.spawn(async move {
            loop {
                let Some(engine) = engine.upgrade() else { return };
                let schedules = engine.live().schedules();
                if schedules.is_empty() {
                    engine.changed.notified().await;
                    continue;
                }
                let wait = engine.start_due(&schedules).await.unwrap_or_else(|error| {
                    tracing::warn!(target: "crossdock::flow", %error, "schedules are looked at later");
                    PAUSE
                });
                tokio::select! {
                    () = engine.clock.sleep(wait) => {}
                    () = engine.changed.notified() => {}
                }
            }
        });
    }

    /// Starts what is due; gives how long until the next is.
    async fn start_due(
        self: &Arc<Engine>,
        schedules: &[(Arc<Definition>, Schedule)],
    ) -> Result<Duration, StoreError> {
        let mut wait = LONGEST;
        for (flow, schedule) in schedules {
            let mark: Arc<str> = format!("schedule {}", flow.name()).into();
            let name = Arc::clone(&mark);
            let last = self.writer.read(move |store| store.mark(&name)).await?;
            let now = self.now();
            if last == 0 {
                // Seen for the first time: what was due before is nobody's.
                self.mark(&mark, now).await?;
            }
            let last = if last == 0 { now } else { Millis::try_from(last).unwrap_or(now) };
            if let Some(due) = latest(schedule, last, now) {
                self.start_at(flow, due).await?;
                self.mark(&mark, due).await?;
            }
            let next = schedule.next_after(moment(now)).map_or(LONGEST, |next| next.since(self.clock.now()));
            wait = wait.min(next);
        }
        Ok(wait.max(Duration::from_millis(1)))
    }

    async fn mark(&self, name: &Arc<str>, at: Millis) -> Result<(), StoreError> {
        let marks = vec![(Arc::clone(name), u64::try_from(at).unwrap_or(0))];
        self.writer.commit(Transition { at: self.now(), marks, ..Transition::default() }).await.map(|_| ())
    }

    async fn start_at(self: &Arc<Engine>, flow: &Arc<Definition>, due: Millis) -> Result<(), StoreError> {
        let claim = |kind, key: &str, expires| Claim {
            kind,
            account: "".into(),
            scope: format!("{SCHEDULE}{}", flow.name()).into(),
            key: key.into(),
            fingerprint: "".into(),
            expires,
        };
        let a_day = self.now().saturating_add(86_400_000);
        let keep = self.live().flow(flow.name()).map_or(Duration::ZERO, |(_, keep)| keep);
        let begin = Begin {
            definition: Arc::clone(flow),
            inputs: vec![None; flow.inputs().len()],
            account: "".into(),
            client: "".into(),
            route: "".into(),
            correlation_id: self.clock.id().simple().to_string().into(),
            traceparent: None,
            business_key: None,
            claims: vec![
                claim(ClaimKind::Business, "running", None),
                claim(ClaimKind::Request, &due.to_string(), Some(a_day)),
            ],
            trusted: false,
            keep,
        };
        match self.begin(begin).await? {
            Begun::Fresh { .. } | Begun::Queued { .. } => {}
            Begun::Taken(held) | Begun::Full(held) => {
                tracing::debug!(target: "crossdock::flow", flow = &**flow.name(),
                instance = %held.instance, "the one before still runs, or it was started already")
            }
        }
        Ok(())
    }
}

fn moment(at: Millis) -> Moment {
    Moment(i128::from(at) * 1_000_000)
}

/// The latest time of a schedule after `last` and not after `now`: of those that were missed, only one is made up.
fn latest(schedule: &Schedule, last: Millis, now: Millis) -> Option<Millis> {
    let mut found = None;
    let mut at = moment(last);
    while let Some(next) = schedule.next_after(at).filter(|next| *next <= moment(now)) {
        found = Some(Millis::try_from(next.0 / 1_000_000).unwrap_or(now));
        at = next;
    }
    found
}
