//! Events in the database: who opened which subscription, what is buffered for it, whom a new event reaches.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::bytes::{int, pairs, read_pairs};
use super::commit::Session;
use super::rows;
use crate::store::{Event, Matched, Reached, Subscription, Transition};

impl Session<'_> {
    /// Takes, closes and opens for an instance. Gives what is buffered for what it opened.
    pub(super) fn listen(&self, n: i64, transition: &Transition) -> rusqlite::Result<Vec<Matched>> {
        let take = "DELETE FROM given WHERE n = ?1 AND event = ?2 AND subscription = ?3";
        for (subscription, event) in &transition.takes {
            self.db.prepare_cached(take)?.execute(params![n, int(*event), subscription])?;
        }
        let opens = transition.opens.iter().map(|subscription| subscription.id);
        for subscription in transition.closes.iter().copied().chain(opens) {
            self.close(n, subscription)?;
        }
        let mut matched = Vec::new();
        for subscription in &transition.opens {
            matched.extend(self.open(n, subscription, transition)?);
        }
        matched.sort_by_key(|matched: &Matched| (matched.event.number, matched.subscription));
        Ok(matched)
    }

    fn close(&self, n: i64, subscription: u32) -> rusqlite::Result<()> {
        let sql = "DELETE FROM subscription WHERE n = ?1 AND id = ?2";
        self.db.prepare_cached(sql)?.execute(params![n, subscription])?;
        let sql = "DELETE FROM given WHERE n = ?1 AND subscription = ?2";
        self.db.prepare_cached(sql)?.execute(params![n, subscription])?;
        Ok(())
    }

    fn open(
        &self,
        n: i64,
        subscription: &Subscription,
        transition: &Transition,
    ) -> rusqlite::Result<Vec<Matched>> {
        let Subscription { id, account, name, wants, since, .. } = subscription;
        let (field, wanted) = hook(wants);
        let sql = "INSERT OR REPLACE INTO subscription (n, id, account, name, field, wanted, since, wants) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![n, id, account, name, field, wanted, since, pairs(wants)];
        self.db.prepare_cached(sql)?.execute(values)?;
        let buffered = self.buffered(subscription, transition.at)?;
        let mut matched = Vec::with_capacity(buffered.len());
        for event in buffered.into_iter().filter(|event| subscription.is_for(event)) {
            self.give(n, event.number, *id)?;
            matched.push(Matched { subscription: *id, event });
        }
        Ok(matched)
    }

    /// Events that are buffered and have what the subscription wants first.
    fn buffered(&self, subscription: &Subscription, at: i64) -> rusqlite::Result<Vec<Event>> {
        let Subscription { account, name, wants, .. } = subscription;
        let columns = rows::EVENT;
        match wants.first() {
            Some((field, value)) => {
                let sql = format!(
                    "SELECT {columns} FROM correlate c JOIN event e ON e.number = c.event \
                     WHERE c.account = ?1 AND c.name = ?2 AND c.field = ?3 AND c.value = ?4 \
                     AND e.buffered_until >= ?5"
                );
                let mut statement = self.db.prepare_cached(&sql)?;
                statement.query_map(params![account, name, field, value, at], rows::event)?.collect()
            }
            None => {
                let sql = format!(
                    "SELECT {columns} FROM event e WHERE account = ?1 AND name = ?2 AND buffered_until >= ?3"
                );
                let mut statement = self.db.prepare_cached(&sql)?;
                statement.query_map(params![account, name, at], rows::event)?.collect()
            }
        }
    }

    fn give(&self, n: i64, event: u64, subscription: u32) -> rusqlite::Result<usize> {
        let sql = "INSERT OR IGNORE INTO given (n, event, subscription) VALUES (?1, ?2, ?3)";
        self.db.prepare_cached(sql)?.execute(params![n, int(event), subscription])
    }

    /// The events of a transition happen, those that are new. Gives whom they reach.
    pub(super) fn happen(&self, transition: &Transition) -> rusqlite::Result<Vec<Reached>> {
        let mut reached = Vec::new();
        for event in &transition.events {
            if !self.is_known(event)? {
                reached.extend(self.record(event)?);
            }
        }
        Ok(reached)
    }

    fn is_known(&self, event: &Event) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM event WHERE account = ?1 AND source = ?2 AND id = ?3";
        let values = params![event.account, event.source, event.id];
        Ok(self.db.prepare_cached(sql)?.query_row(values, |_| Ok(())).optional()?.is_some())
    }

    fn record(&self, event: &Event) -> rusqlite::Result<Vec<Reached>> {
        let event = Event { number: rows::insert_event(self.db, event)?, ..event.clone() };
        let sql = "INSERT OR IGNORE INTO correlate (account, name, field, value, event) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for (field, value) in &event.correlates {
            let values = params![event.account, event.name, field, value, int(event.number)];
            self.db.prepare_cached(sql)?.execute(values)?;
        }
        let mut waiting = Vec::new();
        for (field, value) in hooks(&event) {
            waiting.extend(self.waiting(&event, field, value)?);
        }
        waiting.sort_by_key(|(instance, _, subscription)| (*instance, *subscription));
        let mut reached = Vec::with_capacity(waiting.len());
        for (instance, n, subscription) in waiting {
            self.give(n, event.number, subscription)?;
            reached.push(Reached { instance, subscription, event: event.clone() });
        }
        Ok(reached)
    }

    /// `(instance, its number, subscription)` of those that an event reaches, by what they want first.
    fn waiting(&self, event: &Event, field: &str, value: &str) -> rusqlite::Result<Vec<(Uuid, i64, u32)>> {
        let sql = "SELECT i.id, s.n, s.id, s.since, s.wants FROM subscription s JOIN instance i ON i.n = s.n \
                   WHERE s.account = ?1 AND s.name = ?2 AND s.field = ?3 AND s.wanted = ?4";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![event.account, event.name, field, value], |row| {
            let subscription = Subscription {
                instance: row.get(0)?,
                id: row.get(2)?,
                account: event.account.clone(),
                name: event.name.clone(),
                wants: read_pairs(row.get_ref(4)?.as_blob()?)?,
                since: row.get(3)?,
            };
            let found = (subscription.instance, row.get(1)?, subscription.id);
            Ok(subscription.is_for(event).then_some(found))
        })?;
        rows.filter_map(Result::transpose).collect()
    }
}

/// What stands for a subscription among all that want an event of that name.
fn hook(wants: &[(Arc<str>, Arc<str>)]) -> (&str, &str) {
    wants.first().map_or(("", ""), |(field, value)| (field, value))
}

/// What subscriptions may have as their hook that an event is for.
fn hooks(event: &Event) -> Vec<(&str, &str)> {
    let mut hooks: Vec<(&str, &str)> =
        event.correlates.iter().map(|(field, value)| (&**field, &**value)).collect();
    hooks.push(("", ""));
    hooks.sort_unstable();
    hooks.dedup();
    hooks
}
