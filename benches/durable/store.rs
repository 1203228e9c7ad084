//! What is in a store's file: how many bytes were asked to be kept, and stores full of instances.

use std::path::Path;
use std::sync::Arc;

use crossdock::store::{Change, Instance, InstanceFilter, Options, Sqlite, Store, Transition};
use rusqlite::Connection;
use uuid::Uuid;

/// Tables that grow with the work.
const TABLES: [&str; 4] = ["instance", "journal", "claim", "audit"];

/// Instances that are written in one commit.
const GROUP: usize = 1000;

/// Notes from now on how large each state is that is written: the next one takes its place.
pub fn watch(dir: &Path) {
    let db = Connection::open(dir.join(crossdock::store::FILE)).expect("a store");
    let note = "BEGIN INSERT INTO written VALUES (length(new.state)); END;";
    let sql = format!(
        "CREATE TABLE written (bytes INTEGER);
         CREATE TRIGGER first AFTER INSERT ON instance {note}
         CREATE TRIGGER later AFTER UPDATE OF state ON instance {note}"
    );
    db.execute_batch(&sql).expect("a trigger");
}

/// Instances in a store.
pub fn instances(dir: &Path) -> u64 {
    let db = Connection::open(dir.join(crossdock::store::FILE)).expect("a store");
    number(&db, "SELECT count(*) FROM instance")
}

/// Bytes that were written for each instance since [`watch`]: its rows, and every state that it had.
pub fn per_instance(dir: &Path) -> f64 {
    let db = Connection::open(dir.join(crossdock::store::FILE)).expect("a store");
    let rows: u64 = TABLES.iter().map(|table| number(&db, &bytes_of(&db, table))).sum();
    let states = number(&db, "SELECT sum(bytes) FROM written");
    let last = number(&db, "SELECT sum(length(state)) FROM instance");
    (rows + states - last) as f64 / number(&db, "SELECT count(*) FROM instance") as f64
}

fn number(db: &Connection, sql: &str) -> u64 {
    db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number") as u64
}

/// The sum of the bytes of every column; 8 for each number.
fn bytes_of(db: &Connection, table: &str) -> String {
    let mut statement = db.prepare(&format!("PRAGMA table_info({table})")).expect("a table");
    let columns = statement.query_map([], |row| row.get::<_, String>(1)).expect("columns");
    let width = |name: rusqlite::Result<String>| {
        let name = name.expect("a column");
        format!(
            "CASE typeof({name}) WHEN 'integer' THEN 8 WHEN 'text' THEN length(CAST({name} AS BLOB)) \
             WHEN 'blob' THEN length({name}) ELSE 0 END"
        )
    };
    let columns: Vec<String> = columns.map(width).collect();
    format!("SELECT coalesce(sum({}), 0) FROM {table}", columns.join(" + "))
}

/// Copies the one instance of a store until there are `count` of them, each with an id of its own. Its state says
/// which one it is.
pub fn fill(dir: &Path, count: usize) {
    let store = Sqlite::open(dir, Options::default()).expect("a store");
    let one =
        store.instances(&InstanceFilter::default(), None, 1).expect("a store").pop().expect("an instance");
    let entries = store.journal(one.id, 0, 100).expect("a journal");
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let now = left.min(GROUP);
        let group: Vec<Transition> = (0..now)
            .map(|_| Transition {
                at: one.created_at,
                change: Some(Change::Begin(Box::new(copy(&one)))),
                entries: entries.clone(),
                ..Transition::default()
            })
            .collect();
        store.commit(&group).expect("a commit");
        left -= now;
    }
}

fn copy(one: &Instance) -> Instance {
    let id = Uuid::now_v7();
    let state = String::from_utf8(one.state.to_vec()).expect("a state is text");
    let state = state.replace(&one.id.to_string(), &id.to_string());
    Instance { id, state: Arc::from(state.as_bytes()), correlation_id: id.to_string().into(), ..one.clone() }
}
