//! Lists by filters: the question is put together from what is asked for.

use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, ToSql, params_from_iter};
use uuid::Uuid;

use super::bytes::{int, rows as bound};
use super::rows;
use crate::store::{Case, CaseFilter, Event, EventFilter, Instance, InstanceFilter};

/// Conditions, all of which must hold, and their values.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn new() -> Conditions {
        Conditions { sql: "1".to_owned(), values: Vec::new() }
    }

    /// `condition` has one `?`, for `value`; nothing is asked when there is none.
    fn ask<T: ToSql>(mut self, condition: &str, value: Option<T>) -> rusqlite::Result<Conditions> {
        if let Some(value) = value {
            self.values.push(owned(&value)?);
            self.sql += " AND ";
            self.sql += condition;
        }
        Ok(self)
    }

    fn also(mut self, condition: &str, asked: bool) -> Conditions {
        if asked {
            self.sql += " AND ";
            self.sql += condition;
        }
        self
    }

    /// The rows of a question that begins so and ends so.
    fn rows<T>(
        self,
        db: &Connection,
        (begin, end): (&str, &str),
        limit: usize,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let sql = format!("SELECT {begin} WHERE {} {end} LIMIT {}", self.sql, bound(limit));
        db.prepare(&sql)?.query_map(params_from_iter(self.values), read)?.collect()
    }
}

fn owned<T: ToSql>(value: &T) -> rusqlite::Result<Value> {
    Ok(match value.to_sql()? {
        ToSqlOutput::Owned(value) => value,
        ToSqlOutput::Borrowed(value) => value.try_into()?,
        _ => Value::Null,
    })
}

pub(super) fn instances(
    db: &Connection,
    filter: &InstanceFilter,
    after: Option<Uuid>,
    limit: usize,
) -> rusqlite::Result<Vec<Instance>> {
    // Said in full for a status that is open: then there is an index.
    let open = filter.open || filter.status.is_some_and(|status| status.is_open());
    let begin = format!("{} FROM instance i", rows::INSTANCE);
    Conditions::new()
        .also("status < 3", open)
        .ask("status = ?", filter.status.map(|status| status as u8))?
        .ask("account = ?", filter.account.as_ref())?
        .ask("flow = ?", filter.flow.as_ref())?
        .ask("digest = ?", filter.digest.as_ref())?
        .ask("id > ?", after)?
        .rows(db, (&begin, "ORDER BY id"), limit, rows::instance)
}

pub(super) fn events(db: &Connection, filter: &EventFilter, limit: usize) -> rusqlite::Result<Vec<Event>> {
    let begin = format!("{} FROM event e", rows::EVENT);
    Conditions::new()
        .ask("account = ?", filter.account.as_ref())?
        .ask("name = ?", filter.name.as_ref())?
        .ask("key = ?", filter.key.as_ref())?
        .ask("instance = ?", filter.instance)?
        .ask("number > ?", Some(int(filter.after)))?
        .rows(db, (&begin, "ORDER BY number"), limit, rows::event)
}

pub(super) fn cases(db: &Connection, filter: &CaseFilter, limit: usize) -> rusqlite::Result<Vec<Case>> {
    let open = filter.open || filter.state.is_some_and(|state| state.is_open());
    let begin = format!("{} FROM cases", rows::CASE);
    Conditions::new()
        .also("state < 3", open)
        .ask("state = ?", filter.state.map(|state| state as u8))?
        .ask("code = ?", filter.code.as_ref())?
        .ask("instance = ?", filter.instance)?
        .ask("flow = ?", filter.flow.as_ref())?
        .ask("system = ?", filter.system.as_ref())?
        .ask("owner = ?", filter.owner.as_ref())?
        .ask(QUEUE, filter.queue.as_ref())?
        .ask("cause = ?", filter.cause.as_ref())?
        .ask("account = ?", filter.account.as_ref())?
        .ask("number < ?", filter.before.map(int))?
        .rows(db, (&begin, "ORDER BY number DESC"), limit, rows::case)
}

/// Whether a case stands in a queue.
const QUEUE: &str = "EXISTS (SELECT 1 FROM case_queue q WHERE q.queue = ? AND q.number = cases.number)";
