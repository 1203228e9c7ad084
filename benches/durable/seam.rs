//! The store alone: how fast transitions become durable, against rows of as many bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crossdock::store::{
    AuditRecord, Change, Claim, ClaimKind, Committed, Entry, Instance, Options, Sqlite, Status, StoreError,
    Transition, Writer,
};
use uuid::Uuid;

use crate::raw::Raw;
use crate::{POINTS, closed, store};

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Work to measure, by how many of its clients there are.
type Work = fn(Writer) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Prints the table.
pub fn bench() {
    let runtime = crate::runtime();
    println!("| clients | work | bytes | a second | plain rows of as many bytes | ratio |");
    println!("|---|---|---|---|---|---|");
    for clients in [1, 64, 256] {
        let works: [(&str, u64, Work); 2] = [
            ("accepts", 1, |writer| Box::pin(one(writer))),
            ("flows", POINTS, |writer| Box::pin(flow(writer))),
        ];
        for (name, points, work) in works {
            let bytes = runtime.block_on(size(work)) / points as f64;
            let rounds: Vec<_> =
                (0..crate::rounds()).map(|_| runtime.block_on(round(clients, bytes, work))).collect();
            let (plain, done, ratio) = crate::ratio(&rounds);
            let ratio = ratio * points as f64;
            println!("| {clients} | {name} | {points} × {bytes:.0} | {done:.0} | {plain:.0} | {ratio:.2} |");
        }
    }
}

/// Bytes in the rows of one piece of work.
async fn size(work: Work) -> f64 {
    let dir = tempfile::tempdir().expect("a directory");
    let writer = writer(dir.path());
    store::watch(dir.path());
    for _ in 0..10 {
        work(writer.clone()).await;
    }
    store::per_instance(dir.path())
}

/// Plain rows and pieces of work, a second.
async fn round(clients: usize, bytes: f64, work: Work) -> [f64; 2] {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = Raw::start(&dir.path().join("plain.db"), bytes as usize).rate(clients).await;
    let writer = writer(dir.path());
    [plain, closed::rate(clients, move || work(writer.clone())).await]
}

fn writer(dir: &Path) -> Writer {
    let store = Sqlite::open(dir, Options::default()).expect("a store");
    Writer::start(Arc::new(store), 4096).expect("a thread")
}

async fn one(writer: Writer) {
    done(writer.commit(accept(Uuid::now_v7())).await);
}

/// Accepted, and three outcomes, one after the other.
async fn flow(writer: Writer) {
    let id = Uuid::now_v7();
    done(writer.commit(accept(id)).await);
    for seq in 1..POINTS {
        done(writer.commit(outcome(id, seq)).await);
    }
}

fn done(committed: Result<Committed, StoreError>) {
    assert!(matches!(committed, Ok(Committed::Done { .. })), "{committed:?}");
}

/// What a 202 stands for: an instance, the key of its request, its journal and audit.
fn accept(id: Uuid) -> Transition {
    let at = now();
    let digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let instance = Instance {
        id,
        account: "ACME".into(),
        client: "portal".into(),
        flow: "booking".into(),
        digest: digest.into(),
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
        fingerprint: digest.into(),
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

fn outcome(id: Uuid, seq: u64) -> Transition {
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
    Transition { at: now(), change: Some(change), entries: vec![entry(), entry()], ..Transition::default() }
}

fn entry() -> Entry {
    Entry { number: 0, at: now(), kind: "accepted".into(), path: "order".into(), body: [7; 480].into() }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set");
    since.as_millis() as i64
}
