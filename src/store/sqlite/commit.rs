//! Many transitions in one commit: each is judged and carried out in its turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::bytes::int;
use super::checkpoint::Checkpoints;
use super::claims::Standing;
use super::recent::Recent;
use super::{claims, read, rows};
use crate::failpoint;
use crate::store::{Change, ClaimKind, Committed, Held, Instance, Millis, StoreError, Transition, chain};

/// Entries of one instance, at most: so many bits of `journal.place` count them.
pub(super) const ENTRY_BITS: u32 = 24;

/// The connection that writes, and what is known of what it wrote.
#[derive(Debug)]
pub(super) struct Written {
    pub connection: Connection,
    pub head: Head,
    /// How far forgetting has looked at claims.
    pub swept: i64,
    checkpoints: Checkpoints,
    pub recent: Arc<Recent>,
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
    pub fn begin(connection: Connection, checkpoints: Checkpoints) -> Result<Written, StoreError> {
        let head = read::head(&connection)?.unwrap_or_else(Head::none);
        let recent = Arc::new(Recent::read(&connection)?);
        Ok(Written { connection, head, swept: 0, checkpoints, recent })
    }

    /// Commits transitions, all in one transaction of the database.
    pub fn commit(&mut self, transitions: &[Transition]) -> Result<Vec<Committed>, StoreError> {
        failpoint::pass("commit.before");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut session = Session::new(&transaction, &self.recent, self.head.clone());
        let carry = |transition| session.carry(transition);
        let done = transitions.iter().map(carry).collect::<Result<Vec<_>, StoreError>>()?;
        let head = session.end(&self.head)?;
        let settled = self.recent.settle(&transaction)?;
        failpoint::pass("commit.written");
        transaction.commit()?;
        failpoint::pass("commit.after");
        if settled {
            self.recent.clear();
        }
        self.head = head;
        self.checkpoints.committed(done.len(), transitions.iter().map(Transition::weight).sum());
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
    recent: &'c Recent,
    pub head: Head,
    pub pins: BTreeMap<Arc<str>, Pins>,
}

/// What indexes read of an instance: its status, when it is to be woken, how long it is kept.
type Indexed = (u8, Option<Millis>, Option<Millis>);

/// An instance that changes, as far as what goes with it must know.
pub(super) struct Row {
    pub n: i64,
    /// Entries that it had before.
    entries: i64,
    pub account: Arc<str>,
    digest: Arc<str>,
}

impl<'c> Session<'c> {
    pub fn new(db: &'c Connection, recent: &'c Recent, head: Head) -> Session<'c> {
        Session { db, recent, head, pins: BTreeMap::new() }
    }

    /// Carries a transition out, or says why not. Nothing is written before it is judged.
    fn carry(&mut self, transition: &Transition) -> Result<Committed, StoreError> {
        let mut matched = Vec::new();
        let mut row = None;
        if let Some(change) = &transition.change {
            let claims = match self.judge(change, transition)? {
                Ok(claims) => claims,
                Err(refused) => return Ok(refused),
            };
            let Some(changed) = self.change(change, transition)? else { return Ok(Committed::Stale) };
            self.go_with(change, &changed, transition, &claims)?;
            matched = self.listen(changed.n, transition)?;
            if change.ends() {
                self.over(change, &changed, transition.at)?;
            }
            row = Some(changed);
        } else if let Some(id) = transition.holder
            && let Some(held) = self.lend(id, transition)?
        {
            return Ok(Committed::Taken(held));
        }
        self.keep_bytes(row.as_ref(), transition)?;
        let reached = self.happen(transition)?;
        self.note(transition)?;
        self.tell(transition)?;
        Ok(Committed::Done { matched, reached })
    }

    /// Gives claims to an instance that does not change; or says who else holds one of them.
    fn lend(&self, id: Uuid, transition: &Transition) -> Result<Option<Held>, StoreError> {
        let mut all = Vec::with_capacity(transition.claims.len());
        for claim in &transition.claims {
            let standing = claims::standing(self.db, self.recent, claim)?;
            let held = standing.iter().map(|(_, held)| held).find(|held| held.claim.holds(transition.at));
            if let Some(held) = held.filter(|held| held.instance != id) {
                return Ok(Some(held.clone()));
            }
            all.push(standing);
        }
        for (claim, standing) in transition.claims.iter().zip(&all) {
            claims::put(self.db, self.recent, claim, id, standing)?;
        }
        Ok(None)
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

    /// What stands under each name that is claimed; or that one is held by another. What is stale as well is
    /// stale.
    fn judge(
        &self,
        change: &Change,
        transition: &Transition,
    ) -> Result<Result<Vec<Vec<Standing>>, Committed>, StoreError> {
        let mut all = Vec::with_capacity(transition.claims.len());
        for claim in &transition.claims {
            let standing = claims::standing(self.db, self.recent, claim)?;
            let held = standing.iter().map(|(_, held)| held).find(|held| held.claim.holds(transition.at));
            let another = held.filter(|held| held.instance != change.id());
            // Behind it there may be a place in the line.
            let most = transition.line.filter(|_| claim.kind == ClaimKind::Business);
            let has_place = most.is_some_and(|most| standing.len() <= most as usize);
            if let Some(held) = another.filter(|_| !has_place) {
                let stale = !self.holds(change)?;
                return Ok(Err(if stale { Committed::Stale } else { Committed::Taken(held.clone()) }));
            }
            all.push(standing);
        }
        Ok(Ok(all))
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
        let Some((row, before)) = self.before(*id, *seq)? else { return Ok(None) };
        let indexed = (*status as u8, *wake_at, *keep_until);
        // Columns that indexes read are written only where they change: each would be written with its indexes.
        let sql = match before == indexed {
            true => {
                "UPDATE instance SET seq = seq + 1, entries = entries + ?2, updated_at = ?3, stage = ?4, \
                     state = ?5, answer = coalesce(?6, answer) WHERE n = ?1"
            }
            false => {
                "UPDATE instance SET seq = seq + 1, entries = entries + ?2, updated_at = ?3, stage = ?4, \
                      state = ?5, answer = coalesce(?6, answer), status = ?7, wake_at = ?8, keep_until = ?9 \
                      WHERE n = ?1"
            }
        };
        let entries = transition.entries.len() as i64;
        let mut statement = self.db.prepare_cached(sql)?;
        match before == indexed {
            true => statement.execute(params![row.n, entries, transition.at, stage, state, answer])?,
            false => statement.execute(params![
                row.n,
                entries,
                transition.at,
                stage,
                state,
                answer,
                *status as u8,
                wake_at,
                keep_until
            ])?,
        };
        Ok(Some(row))
    }

    /// An open instance that has made `seq` transitions, and what indexes read of it.
    fn before(&self, id: Uuid, seq: u64) -> rusqlite::Result<Option<(Row, Indexed)>> {
        let sql = "SELECT n, entries, account, digest, status, wake_at, keep_until FROM instance \
                   WHERE id = ?1 AND seq = ?2 AND status < 3";
        let found = |row: &rusqlite::Row<'_>| {
            let indexed = (row.get(4)?, row.get(5)?, row.get(6)?);
            let row = Row { n: row.get(0)?, entries: row.get(1)?, account: row.get(2)?, digest: row.get(3)? };
            Ok((row, indexed))
        };
        self.db.prepare_cached(sql)?.query_row(params![id, int(seq)], found).optional()
    }

    /// Claims, journal and references.
    fn go_with(
        &self,
        change: &Change,
        row: &Row,
        transition: &Transition,
        standing: &[Vec<Standing>],
    ) -> Result<(), StoreError> {
        for (at, claim) in transition.claims.iter().enumerate() {
            // Of two with one name, the later one stands.
            let twice = transition.claims[..at].iter().any(|other| other.is_named_as(claim));
            let again = if twice { claims::standing(self.db, self.recent, claim)? } else { Vec::new() };
            let before = if twice { &again } else { &standing[at] };
            claims::put(self.db, self.recent, claim, change.id(), before)?;
            let stands = transition.line.is_some() && claim.kind == ClaimKind::Business;
            if stands && before.iter().all(|(_, held)| held.instance == change.id()) {
                claims::wake(self.db, change.id(), transition.at)?;
            }
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
    fn over(&mut self, change: &Change, row: &Row, at: Millis) -> rusqlite::Result<()> {
        if matches!(change, Change::Continue { .. }) {
            self.pins.entry(row.digest.clone()).or_default().open -= 1;
        }
        self.leave(row.n, change.id(), at)
    }

    fn leave(&self, n: i64, id: Uuid, at: Millis) -> rusqlite::Result<()> {
        self.db.prepare_cached("DELETE FROM subscription WHERE n = ?1")?.execute([n])?;
        self.db.prepare_cached("DELETE FROM given WHERE n = ?1")?.execute([n])?;
        claims::free(self.db, self.recent, id, at)?;
        Ok(())
    }
}
