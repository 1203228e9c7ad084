//! How fast work is accepted durably, against the same number of clients over plain SQLite.
//!
//! Each client waits for its answer before it asks again. The baseline writes one row of 500 bytes for each,
//! and gathers whatever is ready into one commit, as the store's writer does.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossdock::store::{
    AuditRecord, Change, Claim, ClaimKind, Committed, Entry, Instance, Options, Sqlite, Status, Transition,
    Writer,
};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

/// Durable points of a flow of three steps: accepted, and three outcomes.
const POINTS: u64 = 4;

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    println!("clients   plain rows/s   accepts/s   ratio   flows/s   of their plain points");
    for clients in [1, 64, 256] {
        let mut rounds: Vec<[f64; 3]> = (0..ROUNDS).map(|_| runtime.block_on(round(clients))).collect();
        rounds.sort_by(|a, b| (a[1] / a[0]).total_cmp(&(b[1] / b[0])));
        let [plain, accepts, flows] = rounds[ROUNDS / 2];
        let (ratio, of_points) = (accepts / plain, flows * POINTS as f64 / plain);
        println!("{clients:7} {plain:14.0} {accepts:11.0} {ratio:7.2} {flows:9.0} {of_points:23.2}");
    }
}

/// Plain rows, accepts and flows, a second.
async fn round(clients: usize) -> [f64; 3] {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = plain(&dir.path().join("plain.db"));
    let rows = rate(clients, move || {
        let plain = plain.clone();
        async move { insert(&plain).await }
    });
    let rows = rows.await;
    let open = |name| Arc::new(Sqlite::open(&dir.path().join(name), Options::default()).expect("a store"));
    let writer = Writer::start(open("accepts"), 4096).expect("a thread");
    let accepts = rate(clients, move || {
        let writer = writer.clone();
        async move { done(writer.commit(accept(Uuid::now_v7())).await) }
    });
    let accepts = accepts.await;
    let writer = Writer::start(open("flows"), 4096).expect("a thread");
    let flows = rate(clients, move || {
        let writer = writer.clone();
        async move { flow(&writer).await }
    });
    [rows, accepts, flows.await]
}

/// How often a second so many clients get something done.
async fn rate<F: Future<Output = ()> + Send>(
    clients: usize,
    act: impl Fn() -> F + Clone + Send + 'static,
) -> f64 {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let act = act.clone();
            tokio::spawn(async move {
                let mut count = 0u64;
                while begun.elapsed() < ROUND {
                    act().await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.expect("a client");
    }
    all as f64 / begun.elapsed().as_secs_f64()
}

type Plain = mpsc::Sender<oneshot::Sender<()>>;

/// A thread that writes rows, as many as are ready in one commit.
fn plain(path: &Path) -> Plain {
    let mut db = Connection::open(path).expect("a database");
    db.pragma_update(None, "journal_mode", "WAL").expect("a setting");
    db.pragma_update(None, "synchronous", "FULL").expect("a setting");
    db.execute_batch("CREATE TABLE row (n INTEGER PRIMARY KEY, id BLOB, body BLOB)").expect("a table");
    let (sender, mut line) = mpsc::channel::<oneshot::Sender<()>>(4096);
    std::thread::spawn(move || {
        let body = [7u8; 480];
        while let Some(first) = line.blocking_recv() {
            let mut group = vec![first];
            while group.len() < 1024
                && let Ok(next) = line.try_recv()
            {
                group.push(next);
            }
            let transaction = db.transaction().expect("a transaction");
            for _ in &group {
                let sql = "INSERT INTO row (id, body) VALUES (?1, ?2)";
                let mut statement = transaction.prepare_cached(sql).expect("a statement");
                statement.execute((Uuid::now_v7(), &body[..])).expect("a row");
            }
            transaction.commit().expect("a commit");
            group.into_iter().for_each(|one| assert!(one.send(()).is_ok()));
        }
    });
    sender
}

async fn insert(plain: &Plain) {
    let (answer, waiting) = oneshot::channel();
    plain.send(answer).await.expect("a thread");
    waiting.await.expect("a row");
}

fn done(committed: Result<Committed, crossdock::store::StoreError>) {
    assert!(matches!(committed, Ok(Committed::Done { .. })), "{committed:?}");
}

/// What a 202 stands for: an instance, the key of its request, its journal and audit.
fn accept(id: Uuid) -> Transition {
    let at = now();
    let instance = Instance {
        id,
        account: "ACME".into(),
        client: "portal".into(),
        flow: "booking".into(),
        digest: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into(),
        correlation_id: id.to_string().into(),
        business_key: None,
        created_at: at,
        updated_at: at,
        seq: 1,
        status: Status::Running,
        stage: "order".into(),
        wake_at: Some(at),
        state: [7; 300].into(),
        answer: None,
        keep_until: None,
    };
    let claim = Claim {
        kind: ClaimKind::Request,
        account: "ACME".into(),
        scope: "POST /bookings".into(),
        key: Uuid::new_v4().to_string().into(),
        fingerprint: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into(),
        expires: Some(at + DAY),
    };
    let record = AuditRecord {
        at,
        kind: "accepted".into(),
        who: "portal".into(),
        account: "ACME".into(),
        about: id.to_string().into(),
        body: [7; 100].into(),
    };
    Transition {
        at,
        change: Some(Change::Begin(Box::new(instance))),
        claims: vec![claim],
        entries: vec![entry()],
        audit: vec![record],
        ..Transition::default()
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set");
    since.as_millis() as i64
}

fn entry() -> Entry {
    Entry { number: 0, at: now(), kind: "accepted".into(), path: "order".into(), body: [7; 480].into() }
}

/// Accepted, and three outcomes, one after the other.
async fn flow(writer: &Writer) {
    let id = Uuid::now_v7();
    done(writer.commit(accept(id)).await);
    for seq in 1..POINTS {
        let over = seq + 1 == POINTS;
        let change = Change::Continue {
            id,
            seq,
            status: if over { Status::Completed } else { Status::Running },
            stage: "dispatch".into(),
            wake_at: (!over).then(now),
            state: if over { [].into() } else { [7; 300].into() },
            answer: None,
            keep_until: over.then(|| now() + DAY),
        };
        let entries = vec![entry(), entry()];
        done(
            writer
                .commit(Transition { at: now(), change: Some(change), entries, ..Transition::default() })
                .await,
        );
    }
}
