//! Many transitions in one commit: each is judged and carried out in its turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, named_params, params};
use uuid::Uuid;

use super::bytes::int;
use super::{claims, read, rows};
use crate::failpoint;
use crate::store::{Change, Claim, Committed, Instance, StoreError, Transition, chain};

/// Entries of one instance, at most: so many bits of `journal.place` count them.
pub(super) const ENTRY_BITS: u32 = 24;

/// The connection that writes, and what is known of what it wrote.
#[derive(Debug)]
pub(super) struct Written {
    pub connection: Connection,
    pub head: Head,
    /// How far forgetting has looked at claims.
    pub swept: i64,
}

/// The last link of the audit trail.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub number: u64,
    pub digest: Arc<str>,
}

/// How many instances more, or fewer, are pinned to a definition.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Pins {
    pub open: i64,
    pub kept: i64,
}

impl Written {
    pub fn begin(connection: Connection) -> Result<Written, StoreError> {
        let head = read::head(&connection)?;
        Ok(Written { connection, head: head.unwrap_or_else(Head::none), swept: 0 })
    }

    /// Commits transitions, all in one transaction of the database.
    pub fn commit(&mut self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        failpoint::pass("commit.before");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut session = Session::new(&transaction, self.head.clone());
        let carry = |transition| session.carry(transition);
        let done = transitions.iter().map(carry).collect::<Result<Vec<_>, StoreError>>()?;
        let head = session.end(&self.head)?;
        failpoint::pass("commit.written");
        transaction.commit()?;
        failpoint::pass("commit.after");
        self.head = head;
        Ok(done)
    }
}

impl Head {
    fn none() -> Head {
        Head { number: 0, digest: chain::first() }
    }
}

/// One transaction of the database.
pub(super) struct Session<'c> {
    pub db: &'c Connection,
    pub head: Head,
    pub pins: BTreeMap<Arc<str>, Pins>,
}

/// An instance that changes, as far as what goes with it must know.
pub(super) struct Row {
    pub n: i64,
    /// Entries that it had before.
    entries: i64,
    pub account: Arc<str>,
    digest: Arc<str>,
}

impl<'c> Session<'c> {
    pub fn new(db: &'c Connection, head: Head) -> Session<'c> {
        Session { db, head, pins: BTreeMap::new() }
    }

    /// Carries a transition out, or says why not. Nothing is written before it is judged.
    fn carry(&mut self, transition: &Transition) -> Result<Committed, StoreError> {
        let mut matched = Vec::new();
        let mut row = None;
        if let Some(change) = &transition.change {
            if let Some(refused) = self.refused(change, transition)? {
                return Ok(refused);
            }
            let Some(changed) = self.change(change, transition)? else { return Ok(Committed::Stale) };
            self.go_with(change, &changed, transition)?;
            matched = self.listen(changed.n, transition)?;
            if change.ends() {
                self.over(change, &changed)?;
            }
            row = Some(changed);
        }
        self.keep_bytes(row.as_ref(), transition)?;
        let reached = self.happen(transition)?;
        self.note(transition)?;
        self.tell(transition)?;
        Ok(Committed::Done { matched, reached })
    }

    /// What stands for the whole of the transaction. Gives the last link of the audit trail.
    pub fn end(self, before: &Head) -> Result<Head, StoreError> {
        for (digest, pins) in &self.pins {
            let sql = "INSERT INTO pinned (digest, open, kept) VALUES (?1, ?2, ?3) ON CONFLICT (digest) \
                       DO UPDATE SET open = open + excluded.open, kept = kept + excluded.kept";
            self.db.prepare_cached(sql)?.execute(params![digest, pins.open, pins.kept])?;
        }
        if self.head.number != before.number {
            let sql = "INSERT OR REPLACE INTO audit_head (one, number, digest) VALUES (1, ?1, ?2)";
            self.db.prepare_cached(sql)?.execute(params![int(self.head.number), self.head.digest])?;
        }
        Ok(self.head)
    }

    /// Whether a name is held by another. What is stale as well is stale.
    fn refused(&self, change: &Change, transition: &Transition) -> Result<Option<Committed>, StoreError> {
        for Claim { account, kind, scope, key, .. } in &transition.claims {
            let held = claims::claim(self.db, account, *kind, scope, key, transition.at)?;
            let Some(held) = held.filter(|held| held.instance != change.id()) else { continue };
            let stale = !self.holds(change)?;
            return Ok(Some(if stale { Committed::Stale } else { Committed::Taken(held) }));
        }
        Ok(None)
    }

    /// Whether the instance is where the change thinks it is.
    fn holds(&self, change: &Change) -> rusqlite::Result<bool> {
        let sql = "SELECT seq, status < 3 FROM instance WHERE id = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let found = statement.query_row([change.id()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(match change {
            Change::Begin(_) => found.is_none(),
            Change::Continue { seq, .. } => found == Some((int(*seq), true)),
        })
    }

    /// Writes the instance. `None`: it is stale.
    fn change(&mut self, change: &Change, transition: &Transition) -> rusqlite::Result<Option<Row>> {
        match change {
            Change::Begin(instance) => self.begin(instance, transition.entries.len()),
            Change::Continue { .. } => self.go_on(change, transition),
        }
    }

    fn begin(&mut self, instance: &Instance, entries: usize) -> rusqlite::Result<Option<Row>> {
        if rows::insert_instance(self.db, instance, entries)? == 0 {
            return Ok(None);
        }
        let pins = self.pins.entry(instance.digest.clone()).or_default();
        pins.kept += 1;
        pins.open += i64::from(instance.status.is_open());
        Ok(Some(Row {
            n: self.db.last_insert_rowid(),
            entries: 0,
            account: instance.account.clone(),
            digest: instance.digest.clone(),
        }))
    }

    fn go_on(&mut self, change: &Change, transition: &Transition) -> rusqlite::Result<Option<Row>> {
        let Change::Continue { id, seq, status, stage, wake_at, state, answer, keep_until } = change else {
            return Ok(None);
        };
        let sql = "UPDATE instance SET seq = seq + 1, updated_at = :at, status = :status, stage = :stage, \
                   wake_at = :wake_at, state = :state, answer = coalesce(:answer, answer), \
                   keep_until = :keep_until, entries = entries + :entries \
                   WHERE id = :id AND seq = :seq AND status < 3 RETURNING n, entries, account, digest";
        let entries = transition.entries.len() as i64;
        let values = named_params! {
            ":at": transition.at, ":status": *status as u8, ":stage": stage, ":wake_at": wake_at,
            ":state": state, ":answer": answer, ":keep_until": keep_until, ":entries": entries,
            ":id": id, ":seq": int(*seq),
        };
        let row = |row: &rusqlite::Row<'_>| {
            let before = row.get::<_, i64>(1)? - entries;
            Ok(Row { n: row.get(0)?, entries: before, account: row.get(2)?, digest: row.get(3)? })
        };
        self.db.prepare_cached(sql)?.query_row(values, row).optional()
    }

    /// Claims, journal and references.
    fn go_with(&self, change: &Change, row: &Row, transition: &Transition) -> Result<(), StoreError> {
        for claim in &transition.claims {
            claims::put(self.db, claim, change.id())?;
        }
        let last = row.entries + transition.entries.len() as i64;
        if last >= 1 << ENTRY_BITS {
            return Err(StoreError::Failed(format!("instance {} has done too much", change.id())));
        }
        for (number, entry) in (row.entries + 1..).zip(&transition.entries) {
            rows::insert_entry(self.db, (row.n << ENTRY_BITS) | number, &row.account, entry)?;
        }
        let sql = "INSERT OR IGNORE INTO reference (value, name, n) VALUES (?1, ?2, ?3)";
        for (name, value) in &transition.references {
            self.db.prepare_cached(sql)?.execute(params![value, name, row.n])?;
        }
        Ok(())
    }

    /// An instance is over: it waits for nothing and its business keys are free.
    fn over(&mut self, change: &Change, row: &Row) -> rusqlite::Result<()> {
        if matches!(change, Change::Continue { .. }) {
            self.pins.entry(row.digest.clone()).or_default().open -= 1;
        }
        self.leave(row.n, change.id())
    }

    fn leave(&self, n: i64, id: Uuid) -> rusqlite::Result<()> {
        self.db.prepare_cached("DELETE FROM subscription WHERE n = ?1")?.execute([n])?;
        self.db.prepare_cached("DELETE FROM given WHERE n = ?1")?.execute([n])?;
        claims::free(self.db, id)?;
        Ok(())
    }
}
