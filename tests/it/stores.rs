//! `crossdock store` on directories that are stores, are in use, are damaged, or are none.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use crossdock::store::{AuditRecord, Options, Sqlite, Store, Transition};

fn crossdock(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    let run = command.current_dir(dir).arg("store").args(arguments).output();
    let Output { status, stdout, stderr } = run.unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// A directory with a store `data` that has three links in its audit trail, open.
fn filled() -> (tempfile::TempDir, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("data"), Options::default()).unwrap();
    let record = |kind: &str| AuditRecord {
        at: 1,
        kind: kind.into(),
        who: "mina".into(),
        account: "ACME".into(),
        about: "case 1".into(),
        body: Arc::from(*b"{}"),
    };
    let audit = ["a", "b", "c"].map(record).to_vec();
    store.commit(&[Transition { at: 1, audit, ..Transition::default() }]).unwrap();
    (dir, store)
}

#[test]
fn a_store_is_looked_into_copied_and_verified() {
    let (dir, store) = filled();
    drop(store);
    let (code, text) = crossdock(dir.path(), &["status", "--store", "data"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.lines().any(|line| line.split_whitespace().eq(["audit", "links", "3"])), "{text}");
    assert_eq!(crossdock(dir.path(), &["backup", "copy", "--store", "data"]).0, Some(0));
    let (code, text) = crossdock(dir.path(), &["verify", "--store", "copy"]);
    assert!(code == Some(0) && text.contains("3 links"), "{text}");
    let (code, text) = crossdock(dir.path(), &["backup", "copy", "--store", "data"]);
    assert!(code == Some(2) && text.contains("is there already"), "{text}");
}

#[test]
fn a_store_in_use_is_left_alone() {
    let (dir, store) = filled();
    for arguments in [
        &["status", "--store", "data"][..],
        &["verify", "--store", "data"],
        &["backup", "copy", "--store", "data"],
    ] {
        let (code, text) = crossdock(dir.path(), arguments);
        assert!(code == Some(2) && text.contains("ask the running gateway"), "{text}");
    }
    assert!(store.verify().is_ok());
}

#[test]
fn damage_is_a_finding() {
    let (dir, store) = filled();
    drop(store);
    let file = dir.path().join("data/store.db");
    let bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(4).position(|window| window == b"mina").unwrap();
    let changed = [&bytes[..at], b"nobo", &bytes[at + 4..]].concat();
    std::fs::write(&file, changed).unwrap();
    let (code, text) = crossdock(dir.path(), &["verify", "--store", "data"]);
    assert!(code == Some(1) && text.contains("of the audit trail was changed"), "{text}");
}

#[test]
fn where_there_is_no_store_none_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = crossdock(dir.path(), &["status", "--store", "nowhere"]);
    assert!(code == Some(2) && text.contains("there is no store in `nowhere`"), "{text}");
    assert!(!dir.path().join("nowhere").exists());
}
