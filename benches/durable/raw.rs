//! The baseline: plain SQLite, one row for each, whatever is ready in one commit.

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::closed;

/// The most that share a commit, as in the store's writer.
const MOST: usize = 1024;

/// Where rows are asked to be written.
#[derive(Clone)]
pub struct Raw(mpsc::Sender<oneshot::Sender<()>>);

impl Raw {
    /// A thread that writes rows of `bytes` bytes into a database of its own.
    pub fn start(path: &Path, bytes: usize) -> Raw {
        let mut db = Connection::open(path).expect("a database");
        db.pragma_update(None, "journal_mode", "WAL").expect("a setting");
        db.pragma_update(None, "synchronous", "FULL").expect("a setting");
        db.execute_batch("CREATE TABLE row (n INTEGER PRIMARY KEY, id BLOB, body BLOB)").expect("a table");
        let (sender, mut line) = mpsc::channel::<oneshot::Sender<()>>(4096);
        std::thread::spawn(move || {
            let body = vec![7u8; bytes.saturating_sub(24)];
            while let Some(first) = line.blocking_recv() {
                let mut group = vec![first];
                while group.len() < MOST
                    && let Ok(next) = line.try_recv()
                {
                    group.push(next);
                }
                commit(&mut db, group.len(), &body);
                group.into_iter().for_each(|one| assert!(one.send(()).is_ok()));
            }
        });
        Raw(sender)
    }

    async fn insert(&self) {
        let (answer, waiting) = oneshot::channel();
        self.0.send(answer).await.expect("a thread");
        waiting.await.expect("a row");
    }

    /// Rows a second, each asked for by one of so many clients.
    pub async fn rate(&self, clients: usize) -> f64 {
        let raw = self.clone();
        let insert = move || {
            let raw = raw.clone();
            async move { raw.insert().await }
        };
        closed::rate(clients, insert).await
    }
}

fn commit(db: &mut Connection, rows: usize, body: &[u8]) {
    let transaction = db.transaction().expect("a transaction");
    for _ in 0..rows {
        let sql = "INSERT INTO row (id, body) VALUES (?1, ?2)";
        let mut statement = transaction.prepare_cached(sql).expect("a statement");
        statement.execute((Uuid::now_v7(), body)).expect("a row");
    }
    transaction.commit().expect("a commit");
}
