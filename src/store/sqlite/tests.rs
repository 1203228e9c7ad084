//! What only the store in SQLite promises: its lock, its forms, full and broken disks, copies, tampering.

use std::path::Path;

use rusqlite::Connection;

use super::{FILE, Options, Sqlite, migrate};
use crate::store::conformance::make::{audit, begin, end, entry, go_on, id};
use crate::store::{
    AuditBreak, Claim, ClaimKind, Committed, EventFilter, InstanceFilter, Status, Store, StoreError,
    Transition, verify,
};

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn open(dir: &Path) -> Sqlite {
    Sqlite::open(dir, Options { reserve: 0 }).expect("a store")
}

fn done(store: &Sqlite, transition: Transition) {
    let done = store.commit(&[transition]).expect("a store that works");
    assert!(matches!(done[..], [Committed::Done { .. }]), "{done:?}");
}

/// A store with two instances, one of them over, and an audit trail of five links.
fn filled(dir: &Path) -> Sqlite {
    let store = open(dir);
    for number in [1, 2] {
        done(&store, Transition { entries: vec![entry("accepted"), entry("sent")], ..begin(number) });
    }
    done(&store, Transition { entries: vec![entry("ended")], ..end(2, 1) });
    done(&store, audit(&["a", "b", "c", "d", "e"]));
    store
}

/// Changes the file behind the store's back.
fn tamper(dir: &Path, sql: &str) {
    let changed = Connection::open(dir.join(FILE)).and_then(|db| db.execute_batch(sql));
    changed.expect("a file that can be written");
}

#[test]
fn one_process_has_it() {
    let dir = dir();
    let store = open(dir.path());
    let second = Sqlite::open(dir.path(), Options::default());
    let holder = format!("process {} has", std::process::id());
    assert!(matches!(&second, Err(StoreError::Locked(why)) if why.contains(&holder)), "{second:?}");
    drop(store);
    open(dir.path());
}

#[test]
fn what_a_newer_version_wrote_is_refused_and_left_alone() {
    let dir = dir();
    drop(filled(dir.path()));
    tamper(dir.path(), "PRAGMA user_version = 9");
    let before = std::fs::read(dir.path().join(FILE)).expect("a file");
    let known = u32::try_from(migrate::ALL.len()).expect("few");
    let refused = Sqlite::open(dir.path(), Options::default()).map(|_| ());
    assert_eq!(refused, Err(StoreError::Newer { found: 9, known }));
    assert!(before == std::fs::read(dir.path().join(FILE)).expect("a file"));
}

#[test]
fn what_is_no_store_is_refused() {
    let dir = dir();
    std::fs::write(dir.path().join(FILE), "something else entirely".repeat(100)).expect("a file");
    let refused = Sqlite::open(dir.path(), Options::default());
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}

#[test]
fn every_earlier_form_is_brought_forward() {
    let chain = [
        "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);",
        "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7;",
        "CREATE TABLE b AS SELECT x + y AS z FROM a;",
    ];
    for earlier in 0..=chain.len() {
        let mut db = Connection::open_in_memory().expect("memory");
        migrate::forward(&mut db, &chain[..earlier]).expect("the earlier form");
        assert_eq!(migrate::form(&db), Ok(earlier as u32));
        migrate::forward(&mut db, &chain).expect("the way forward");
        assert_eq!(db.query_row("SELECT z FROM b", [], |row| row.get(0)), Ok(8));
        assert_eq!(migrate::forward(&mut db, &chain), Ok(()), "again, there is nothing to do");
    }
}

#[test]
fn a_migration_that_breaks_off_leaves_the_form_before_it() {
    let chain = ["CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"];
    let mut db = Connection::open_in_memory().expect("memory");
    assert!(migrate::forward(&mut db, &chain).is_err());
    assert_eq!(migrate::form(&db), Ok(1));
    let b = db.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'b'", [], |row| row.get(0));
    assert_eq!(b, Ok(0));
}

#[test]
fn the_real_forms_are_brought_forward_with_what_is_in_them() {
    for earlier in 1..=migrate::ALL.len() {
        let dir = dir();
        let mut db = Connection::open(dir.path().join(FILE)).expect("a file");
        migrate::forward(&mut db, &migrate::ALL[..earlier]).expect("an earlier form");
        drop(db);
        let store = filled(dir.path());
        assert!(store.verify().is_ok());
    }
}

#[test]
fn it_is_written_as_the_promises_need() {
    let dir = dir();
    let store = open(dir.path());
    let writer = store.writer();
    let ask = |pragma| writer.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    // FULL, incremental.
    assert_eq!((ask("synchronous"), ask("auto_vacuum")), (Ok(2), Ok(2)));
    let mode = writer.connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    assert_eq!(mode.as_deref(), Ok("wal"));
}

#[test]
fn short_of_room_work_goes_on_and_none_begins() {
    let dir = dir();
    done(&open(dir.path()), begin(1));
    let store = Sqlite::open(dir.path(), Options { reserve: u64::MAX }).expect("a store");
    let refused = store.commit(&[go_on(1, 1), begin(2)]);
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert_eq!(store.instance(id(1)).map(|found| found.map(|instance| instance.seq)), Ok(Some(1)));
    done(&store, go_on(1, 1));
    done(&store, audit(&["a"]));
}

#[test]
fn a_full_database_refuses_and_loses_nothing() {
    let dir = dir();
    let store = filled(dir.path());
    let pages: i64 = {
        let db = &store.writer().connection;
        let pages = db.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a number");
        db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("a bound");
        pages
    };
    let large = |number| {
        let mut large = entry("x");
        large.body = vec![b'x'; 1 << 20].into();
        Transition { entries: vec![large], audit: audit(&["f"]).audit, ..begin(number) }
    };
    let refused = store.commit(&[begin(3), large(4)]);
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert_eq!((store.instance(id(3)), store.instance(id(4))), (Ok(None), Ok(None)));
    assert!(store.verify().is_ok());
    let more = pages + 1000;
    let bound = store.writer().connection.pragma_update_and_check(None, "max_page_count", more, |_| Ok(()));
    bound.expect("a bound");
    done(&store, large(4));
    assert_eq!(verify(&store), Ok(6), "the link that was refused has left nothing");
}

#[test]
fn a_store_that_cannot_be_written_refuses_and_goes_on() {
    let dir = dir();
    let store = filled(dir.path());
    let only_read = |on: bool| store.writer().connection.pragma_update(None, "query_only", on);
    only_read(true).expect("a setting");
    let refused = store.commit(&[begin(3)]);
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert!(store.instance(id(1)).is_ok_and(|found| found.is_some()));
    only_read(false).expect("a setting");
    done(&store, begin(3));
}

#[test]
fn a_panic_within_a_commit_is_rolled_back() {
    let dir = dir();
    let store = filled(dir.path());
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut writer = store.writer();
        let transaction = writer.connection.transaction().expect("a transaction");
        transaction.execute("DELETE FROM instance", []).expect("a statement");
        std::panic::resume_unwind(Box::new("as it was told"));
    }));
    assert!(broken.is_err());
    done(&store, go_on(1, 1));
    assert!(store.verify().is_ok());
}

#[test]
fn the_trail_shows_a_link_that_was_changed_missing_or_moved() {
    let moved = "UPDATE audit SET number = 99 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3; \
                 UPDATE audit SET number = 3 WHERE number = 99;";
    let anew = "UPDATE audit SET digest = before WHERE number = 2";
    for (sql, broken) in [
        ("UPDATE audit SET who = 'mallory' WHERE number = 3", AuditBreak::Changed { number: 3 }),
        ("UPDATE audit SET body = x'00' WHERE number = 5", AuditBreak::Changed { number: 5 }),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", AuditBreak::Changed { number: 1 }),
        ("DELETE FROM audit WHERE number = 3", AuditBreak::Missing { number: 3 }),
        ("DELETE FROM audit WHERE number = 1", AuditBreak::Missing { number: 1 }),
        (moved, AuditBreak::Misplaced { number: 2 }),
        (anew, AuditBreak::Changed { number: 2 }),
    ] {
        let dir = dir();
        let store = filled(dir.path());
        assert_eq!(verify(&store), Ok(5));
        tamper(dir.path(), sql);
        assert_eq!(verify(&store), Err(broken), "{sql}");
        assert!(matches!(store.verify(), Err(StoreError::Corrupt(_))), "{sql}");
    }
}

#[test]
fn what_cannot_be_what_was_written_is_found() {
    for (sql, wrong) in [
        ("DELETE FROM audit WHERE number > 3", "link 4 of the audit trail is missing"),
        ("DELETE FROM journal WHERE place = (1 << 24) + 1", "the journal of instance"),
        ("UPDATE journal SET place = (9 << 24) + 1 WHERE place = (2 << 24) + 3", "the journal of instance"),
        ("DELETE FROM instance WHERE n = 1", "journal entries belong to"),
    ] {
        let dir = dir();
        let store = filled(dir.path());
        let whole = store.verify().expect("nothing is wrong yet");
        assert_eq!((whole.instances, whole.entries, whole.links), (2, 5, 5));
        tamper(dir.path(), sql);
        let found = store.verify();
        assert!(matches!(&found, Err(StoreError::Corrupt(why)) if why.contains(wrong)), "{sql}: {found:?}");
    }
}

#[test]
fn a_row_that_cannot_be_read_is_damage_and_no_panic() {
    let dir = dir();
    let store = filled(dir.path());
    tamper(
        dir.path(),
        "UPDATE instance SET status = 77 WHERE n = 1; UPDATE instance SET id = x'00' WHERE n = 2",
    );
    assert!(matches!(store.instance(id(1)), Err(StoreError::Corrupt(_))));
    let all = store.instances(&Default::default(), None, 9);
    assert!(matches!(all, Err(StoreError::Corrupt(_))), "{all:?}");
}

#[test]
fn a_copy_taken_in_use_is_a_store() {
    let (dir, to) = (dir(), dir());
    let store = filled(dir.path());
    let copy = to.path().join("copy");
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| (10..60).for_each(|number| done(&store, begin(number))));
        store.backup(&copy).expect("a copy");
        busy.join().expect("work that goes on");
    });
    let again = store.backup(&copy);
    assert!(matches!(&again, Err(StoreError::Failed(why)) if why.contains("there already")), "{again:?}");
    let copied = open(&copy);
    let verified = copied.verify().expect("a whole copy");
    assert!((2..=52).contains(&verified.instances) && verified.links == 5, "{verified:?}");
    assert_eq!(copied.instance(id(2)), store.instance(id(2)));
    done(&copied, go_on(1, 1));
}

#[test]
fn space_is_given_back() {
    let dir = dir();
    let store = open(dir.path());
    for number in 1..=50 {
        let mut large = entry("x");
        large.body = vec![b'x'; 100_000].into();
        done(&store, Transition { entries: vec![large], ..begin(number) });
        done(&store, end(number, 1));
    }
    let pages = || {
        let db = &store.writer().connection;
        db.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).expect("a number")
    };
    let before = pages();
    assert_eq!(store.forget(1000, 100), Ok(50));
    assert!(pages() < before / 5, "{} of {before} pages are left", pages());
}

#[test]
fn everything_is_counted() {
    let dir = dir();
    let store = filled(dir.path());
    let numbers = store.numbers().expect("numbers");
    let of = |status| numbers.instances.iter().find(|(of, _)| *of == status).map(|(_, count)| *count);
    assert_eq!((of(Status::Running), of(Status::Completed), of(Status::Failed)), (Some(1), Some(1), Some(0)));
    assert_eq!((numbers.entries, numbers.links, numbers.open_cases, numbers.events), (5, 5, 0, 0));
    assert_eq!(numbers.oldest_open, Some(1));
    let room = store.room().expect("a disk");
    assert!(room.open == 1 && room.used > 0 && room.free > 0 && numbers.used > 0, "{room:?}");
}

/// Stores of every form that was ever written, as they were written.
const FORMS: [&str; 2] = [include_str!("forms/form1.sql"), include_str!("forms/form2.sql")];

#[test]
fn a_store_of_every_earlier_form_is_read_and_goes_on() {
    assert_eq!(FORMS.len() + 1, migrate::ALL.len(), "the form before the newest has a store of its own");
    for (form, written) in (1..).zip(FORMS) {
        let dir = dir();
        Connection::open(dir.path().join(FILE)).and_then(|db| db.execute_batch(written)).expect("a store");
        let store = open(dir.path());
        let open = InstanceFilter { open: true, account: Some("ACME".into()), ..InstanceFilter::default() };
        let found = store.instances(&open, None, 9).expect("instances");
        assert_eq!(found.iter().map(|known| known.id).collect::<Vec<_>>(), [id(1)], "form {form}");
        assert_eq!(store.due(1000, 9), Ok(vec![(500, id(1))]));
        assert_eq!(store.journal(id(1), 0, 9).map(|entries| entries.len()), Ok(1));
        assert_eq!(store.find("SO-1", None, 9).map(|found| found.len()), Ok(1));
        let held = store.claim("ACME", ClaimKind::Business, "booking", "PO-1", 9).expect("claims");
        assert_eq!(held.map(|held| held.instance), Some(id(1)));
        let of_key = EventFilter { key: Some("K".into()), ..EventFilter::default() };
        assert_eq!(store.events(&of_key, 9).map(|events| events.len()), Ok(1));
        assert_eq!((store.mark("herald"), store.next_case()), (Ok(1), Ok(2)));
        // Work goes on: who stands in line for a key of then gets it.
        let claim = Claim {
            kind: ClaimKind::Business,
            account: "ACME".into(),
            scope: "booking".into(),
            key: "PO-1".into(),
            fingerprint: "".into(),
            expires: None,
        };
        done(&store, Transition { claims: vec![claim], line: Some(5), ..begin(7) });
        done(&store, end(1, 2));
        assert_eq!(store.due(1000, 9), Ok(vec![(3, id(7))]));
        assert_eq!(store.forget(1000, 9), Ok(2));
        assert_eq!(store.forget_cases(51, 9), Ok(1));
    }
}

#[test]
fn what_is_asked_for_by_account_flow_and_key_is_not_looked_for_among_all() {
    let dir = dir();
    drop(filled(dir.path()));
    let db = Connection::open(dir.path().join(FILE)).expect("a store");
    let plan = |sql: &str| -> String {
        db.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get(3)).expect("a plan")
    };
    for (sql, index) in [
        (
            "SELECT * FROM instance WHERE 1 AND account = 'A' AND id > x'00' ORDER BY id LIMIT 9",
            "instance_account",
        ),
        ("SELECT * FROM instance WHERE 1 AND flow = 'f' ORDER BY id LIMIT 9", "instance_flow"),
        ("SELECT * FROM event WHERE 1 AND key = 'K' AND number > 0 ORDER BY number LIMIT 9", "event_key"),
        (
            "SELECT number FROM cases WHERE instance IS NULL AND state >= 3 AND closed_at < 9 \
             ORDER BY closed_at, number LIMIT 9",
            "cases_closed",
        ),
    ] {
        let plan = plan(sql);
        assert!(plan.starts_with("SEARCH") && plan.contains(index), "{sql}: {plan}");
    }
}
