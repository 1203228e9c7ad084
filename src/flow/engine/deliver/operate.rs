//! What operators see of subscribers, and do to them.

use std::sync::Arc;
use std::time::Duration;

use super::super::told::Refused;
use super::super::{Engine, audit_of};
use super::lane::{Running, age};
use crate::store::{Backlog, Case, CaseFilter, CaseState, Cursor, Millis, Store, StoreError, Transition};
use crate::value::{Map, Value};

/// How a subscriber stands.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub cursor: Cursor,
    /// The events that it is told of.
    pub events: Vec<Arc<str>>,
    pub account: Option<Arc<str>>,
    pub backlog: Backlog,
    /// How old the oldest event is that it was not told of.
    pub oldest: Option<Duration>,
}

impl Engine {
    /// Every subscriber with a cursor, by name.
    ///
    /// # Errors
    /// The store's.
    pub async fn subscribed(&self) -> Result<Vec<Subscribed>, StoreError> {
        let running: Vec<Arc<Running>> = self.deliveries.lanes().values().cloned().collect();
        let mut all = Vec::with_capacity(running.len());
        for running in running {
            all.push(self.standing_of(&running).await?);
        }
        Ok(all)
    }

    async fn standing_of(&self, running: &Running) -> Result<Subscribed, StoreError> {
        let (cursor, wanted) = (running.snapshot(), running.work().wanted());
        let (next, names, account) = (cursor.next, wanted.names.clone(), wanted.account.clone());
        let read = move |store: &dyn Store| {
            let mut sum = Backlog::default();
            for name in &names {
                let one = store.backlog(name, account.as_deref(), next)?;
                sum.events += one.events;
                sum.oldest = [sum.oldest, one.oldest].into_iter().flatten().min();
            }
            Ok(sum)
        };
        let caught_up = next > self.tail().last();
        let backlog = if caught_up { Backlog::default() } else { self.writer.read(read).await? };
        let oldest = backlog.oldest.map(|at| age(at, self.now()));
        Ok(Subscribed { cursor, events: wanted.names, account: wanted.account, backlog, oldest })
    }

    /// Lets a subscriber that was disabled, or waits after a failure, go on where it stopped.
    ///
    /// # Errors
    /// There is none of that name, nothing keeps it from going on, or the store failed.
    pub async fn resume_subscriber(
        &self,
        name: &str,
        who: &Arc<str>,
        reason: &str,
    ) -> Result<Subscribed, Refused> {
        self.set(name, who, ("resume", reason), |cursor| {
            if !cursor.disabled && cursor.failures == 0 {
                return Err(Refused::Unfit(format!("`{name}` is not stopped: it goes on by itself")));
            }
            Ok(Cursor {
                name: Arc::clone(&cursor.name),
                next: cursor.next,
                epoch: cursor.epoch,
                ..Cursor::default()
            })
        })
        .await
    }

    /// Has a subscriber told again of everything that was recorded since a time. Flows are started again;
    /// webhooks are sent the same ids, by which receivers know what they have.
    ///
    /// # Errors
    /// There is none of that name, or the store failed.
    pub async fn replay_subscriber(
        &self,
        name: &str,
        since: Millis,
        who: &Arc<str>,
        reason: &str,
    ) -> Result<Subscribed, Refused> {
        let failed = |error: StoreError| Refused::Failed(error.to_string());
        let read = move |store: &dyn Store| Ok((store.first_event_since(since)?, store.last_event()?));
        let (first, last) = self.writer.read(read).await.map_err(failed)?;
        let next = first.unwrap_or(last + 1);
        self.set(name, who, ("replay", reason), |cursor| {
            let epoch = cursor.epoch + 1;
            Ok(Cursor { name: Arc::clone(&cursor.name), next, epoch, ..Cursor::default() })
        })
        .await
    }

    /// Sets a cursor, with its record in the audit trail; the case about it closes.
    async fn set(
        &self,
        name: &str,
        who: &Arc<str>,
        (action, reason): (&str, &str),
        to: impl FnOnce(&Cursor) -> Result<Cursor, Refused>,
    ) -> Result<Subscribed, Refused> {
        let failed = |error: StoreError| Refused::Failed(error.to_string());
        let running = self.deliveries.lanes().get(name).cloned();
        let running = running.ok_or_else(|| Refused::Unfit(format!("there is no subscriber `{name}`")))?;
        let mut held = running.cursor.lock().await;
        let cursor = to(&held)?;
        let cases = self.cases_of(name).await.map_err(failed)?;
        let mut body = Map::new();
        body.insert("action", Value::from(action));
        body.insert("reason", Value::from(reason));
        for (field, number) in [("from", held.next), ("to", cursor.next)] {
            body.insert(field, Value::from(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        let audit = vec![audit_of(self.now(), who, &"".into(), &format!("subscriber {name}"), body)];
        let cursors = vec![cursor.clone()];
        let transition = Transition { at: self.now(), cursors, cases, audit, ..Transition::default() };
        self.writer.commit(transition).await.map_err(failed)?;
        running.moved(&cursor);
        *held = cursor;
        drop(held);
        self.standing_of(&running).await.map_err(failed)
    }

    /// Open cases that say that it was disabled, closed.
    async fn cases_of(&self, name: &str) -> Result<Vec<Case>, StoreError> {
        let filter = CaseFilter {
            open: true,
            code: Some("subscriber_stopped".into()),
            cause: Some(super::super::cases::stopped_cause(name).into()),
            ..CaseFilter::default()
        };
        let mut cases = self.writer.read(move |store| store.cases(&filter, 10)).await?;
        cases.iter_mut().for_each(|case| super::super::cases::close(case, CaseState::Resolved, self.now()));
        Ok(cases)
    }
}
