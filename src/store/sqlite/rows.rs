//! Rows as they are written and read, one place for each table's columns.

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row, named_params, params};

use super::bytes::{int, pairs, read_pairs, read_texts, texts};
use crate::store::{AuditRecord, Case, CaseState, Entry, Event, Instance, Link, Status, chain};

/// The columns that [`instance`] reads.
pub(super) const INSTANCE: &str = "i.id, i.account, i.client, i.flow, i.digest, i.correlation_id, \
    i.business_key, i.created_at, i.updated_at, i.seq, i.status, i.stage, i.wake_at, i.state, i.answer, \
    i.keep_until";

/// The columns that [`event`] reads.
pub(super) const EVENT: &str = "e.number, e.account, e.source, e.id, e.name, e.key, e.occurred_at, \
    e.recorded_at, e.buffered_until, e.keep_until, e.correlation_id, e.instance, e.correlates, e.body";

/// The columns that [`case`] reads.
pub(super) const CASE: &str = "number, code, state, account, instance, park, flow, step, system, cause, \
    correlation_id, owner, queues, severity, assignee, opened_at, updated_at, acknowledge_by, resolve_by, \
    snoozed_until, closed_at, body";

/// Writes a new instance. Gives 0 when it is known.
pub(super) fn insert_instance(
    db: &Connection,
    instance: &Instance,
    entries: usize,
) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO instance (id, account, client, flow, digest, correlation_id, business_key, \
               created_at, updated_at, seq, status, stage, wake_at, state, answer, keep_until, entries) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
               ON CONFLICT (id) DO NOTHING";
    db.prepare_cached(sql)?.execute(params![
        instance.id,
        instance.account,
        instance.client,
        instance.flow,
        instance.digest,
        instance.correlation_id,
        instance.business_key,
        instance.created_at,
        instance.updated_at,
        int(instance.seq),
        instance.status as u8,
        instance.stage,
        instance.wake_at,
        instance.state,
        instance.answer,
        instance.keep_until,
        entries as i64,
    ])
}

/// An instance, from the columns [`INSTANCE`].
pub(super) fn instance(row: &Row<'_>) -> rusqlite::Result<Instance> {
    Ok(Instance {
        id: row.get(0)?,
        account: row.get(1)?,
        client: row.get(2)?,
        flow: row.get(3)?,
        digest: row.get(4)?,
        correlation_id: row.get(5)?,
        business_key: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        seq: number(row, 9)?,
        status: one_of(row, 10, &Status::ALL)?,
        stage: row.get(11)?,
        wake_at: row.get(12)?,
        state: row.get(13)?,
        answer: row.get(14)?,
        keep_until: row.get(15)?,
    })
}

/// Writes an entry of the journal.
pub(super) fn insert_entry(
    db: &Connection,
    place: i64,
    account: &str,
    entry: &Entry,
) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO journal (place, account, at, kind, path, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute(params![place, account, entry.at, entry.kind, entry.path, entry.body])
}

/// Writes a new event. Gives its number.
pub(super) fn insert_event(db: &Connection, event: &Event) -> rusqlite::Result<u64> {
    let sql = "INSERT INTO event (account, source, id, name, key, occurred_at, recorded_at, buffered_until, \
               keep_until, correlation_id, instance, correlates, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    db.prepare_cached(sql)?.execute(params![
        event.account,
        event.source,
        event.id,
        event.name,
        event.key,
        event.occurred_at,
        event.recorded_at,
        event.buffered_until,
        event.keep_until,
        event.correlation_id,
        event.instance,
        pairs(&event.correlates),
        event.body,
    ])?;
    Ok(db.last_insert_rowid().unsigned_abs())
}

/// An event, from the columns [`EVENT`].
pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        number: number(row, 0)?,
        account: row.get(1)?,
        source: row.get(2)?,
        id: row.get(3)?,
        name: row.get(4)?,
        key: row.get(5)?,
        occurred_at: row.get(6)?,
        recorded_at: row.get(7)?,
        buffered_until: row.get(8)?,
        keep_until: row.get(9)?,
        correlation_id: row.get(10)?,
        instance: row.get(11)?,
        correlates: read_pairs(row.get_ref(12)?.as_blob()?)?,
        body: row.get(13)?,
    })
}

/// Writes a case as it is from now on.
pub(super) fn put_case(db: &Connection, case: &Case) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO cases (number, code, state, account, instance, park, flow, step, \
               system, cause, correlation_id, owner, queues, severity, assignee, opened_at, updated_at, \
               acknowledge_by, resolve_by, snoozed_until, closed_at, body) VALUES (:number, :code, :state, \
               :account, :instance, :park, :flow, :step, :system, :cause, :correlation_id, :owner, :queues, \
               :severity, :assignee, :opened_at, :updated_at, :acknowledge_by, :resolve_by, :snoozed_until, \
               :closed_at, :body)";
    let queues = texts(case.queues.iter().map(|queue| &**queue));
    db.prepare_cached(sql)?.execute(named_params! {
        ":number": int(case.number), ":code": case.code, ":state": case.state as u8,
        ":account": case.account, ":instance": case.instance, ":park": case.park, ":flow": case.flow,
        ":step": case.step, ":system": case.system, ":cause": case.cause,
        ":correlation_id": case.correlation_id, ":owner": case.owner, ":queues": queues,
        ":severity": case.severity, ":assignee": case.assignee, ":opened_at": case.opened_at,
        ":updated_at": case.updated_at, ":acknowledge_by": case.acknowledge_by,
        ":resolve_by": case.resolve_by, ":snoozed_until": case.snoozed_until,
        ":closed_at": case.closed_at, ":body": case.body,
    })?;
    db.prepare_cached("DELETE FROM case_queue WHERE number = ?1")?.execute([int(case.number)])?;
    let sql = "INSERT OR IGNORE INTO case_queue (queue, number) VALUES (?1, ?2)";
    for queue in &case.queues {
        db.prepare_cached(sql)?.execute(params![queue, int(case.number)])?;
    }
    Ok(())
}

/// A case, from the columns [`CASE`].
pub(super) fn case(row: &Row<'_>) -> rusqlite::Result<Case> {
    Ok(Case {
        number: number(row, 0)?,
        code: row.get(1)?,
        state: one_of(row, 2, &CaseState::ALL)?,
        account: row.get(3)?,
        instance: row.get(4)?,
        park: row.get(5)?,
        flow: row.get(6)?,
        step: row.get(7)?,
        system: row.get(8)?,
        cause: row.get(9)?,
        correlation_id: row.get(10)?,
        owner: row.get(11)?,
        queues: read_texts(row.get_ref(12)?.as_blob()?)?,
        severity: row.get(13)?,
        assignee: row.get(14)?,
        opened_at: row.get(15)?,
        updated_at: row.get(16)?,
        acknowledge_by: row.get(17)?,
        resolve_by: row.get(18)?,
        snoozed_until: row.get(19)?,
        closed_at: row.get(20)?,
        body: row.get(21)?,
    })
}

/// Writes a link of the audit trail.
pub(super) fn insert_link(db: &Connection, link: &Link) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO audit (number, at, kind, who, account, about, body, before, digest) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let AuditRecord { at, kind, who, account, about, body } = &link.record;
    let number = int(link.number);
    let (before, digest) = (chain::unhex(&link.before), chain::unhex(&link.digest));
    db.prepare_cached(sql)?.execute(params![number, at, kind, who, account, about, body, before, digest])
}

/// A link, from `number, at, kind, who, account, about, body, before, digest`.
pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let record = AuditRecord {
        at: row.get(1)?,
        kind: row.get(2)?,
        who: row.get(3)?,
        account: row.get(4)?,
        about: row.get(5)?,
        body: row.get(6)?,
    };
    let digest = |at| Ok::<_, rusqlite::Error>(chain::hex(row.get_ref(at)?.as_blob()?).into());
    Ok(Link { number: number(row, 0)?, record, before: digest(7)?, digest: digest(8)? })
}

/// A number that is never negative.
pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(at)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, number))
}

/// One of a list, by its place there.
fn one_of<T: Copy>(row: &Row<'_>, at: usize, all: &[(T, &str)]) -> rusqlite::Result<T> {
    let place: u32 = row.get(at)?;
    all.get(place as usize).map(|(one, _)| *one).ok_or_else(|| FromSqlError::OutOfRange(place.into()).into())
}
