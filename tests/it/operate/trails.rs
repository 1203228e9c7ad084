//! Whom a booking waited for, systems that are paused, the audit trail, and the store.

use std::process::Command;

use super::stage::Stage;

#[test]
fn a_paused_system_holds_work_across_a_restart() {
    let mut stage = Stage::start();
    let (code, said) = stage.crossdock("secret", &["system", "pause", "erp", "--reason", "month-end"]);
    assert!(code == 0 && said.contains("erp is paused"), "{said}");
    stage.book("BK-1", "PX");
    let story = stage.until(&["trace", "BK-1"], "the work is held");
    assert!(
        story.contains("paused by ann") && story.contains("running at `order`, waits for erp"),
        "{story}"
    );
    stage.kill();
    stage.serve();
    let list = stage.until(&["case", "list"], "erp: paused");
    assert!(!list.contains("unavailable"), "a pause is no outage:\n{list}");
    assert!(stage.crossdock("secret", &["system", "list"]).1.contains("ann"));
    assert_eq!(stage.erp.asked(), 0);
    let (code, said) = stage.crossdock("secret", &["system", "resume", "erp", "--reason", "closed"]);
    assert!(code == 0 && said.contains("erp is resumed"), "{said}");
    stage.until(&["trace", "BK-1"], "completed");
    assert_eq!(
        (stage.erp.asked(), stage.crossdock("secret", &["case", "list"]).1.as_str()),
        (1, "no cases\n")
    );
}

#[test]
fn a_story_says_whom_it_waited_for() {
    let stage = Stage::start();
    stage.book("BK-1", "XX");
    stage.until(&["case", "list"], "erp.create_order: rejected");
    let (_, one) = stage.ask("eye", "GET /instances?reference=BK-1", "");
    let instance = &one["instances"][0];
    assert_eq!((&instance["status"], &instance["stage"]), (&"paused".into(), &"order".into()), "{one}");
    assert_eq!(
        (&instance["next"]["owner"], &instance["next"]["case"]),
        (&"order_management".into(), &1.into())
    );
    stage.crossdock("secret", &["case", "amend", "1", "--set", "/unit=PX", "--reason", "typo"]);
    stage.until(&["trace", "BK-1"], "completed");
    let (_, told) = stage.ask("eye", "GET /trace/BK-1", "");
    let story = &told["stories"][0];
    let shares = story["waited_for"].as_array().unwrap();
    let sum: i64 = shares.iter().map(|share| share["ms"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), story["took_ms"].as_i64(), "{story}");
    let parties: Vec<&str> = shares.iter().map(|share| share["party"].as_str().unwrap()).collect();
    assert!(["operators", "erp", "portal"].iter().all(|party| parties.contains(party)), "{parties:?}");
    let text = stage.crossdock("secret", &["trace", "BK-1", "--payloads"]).1;
    assert!(text.contains(r#"result: "SO-BK-1""#) && !text.contains("555-0199"), "{text}");
    // Also in the words of the ERP: what was refused, what was sent then, and what it said.
    let wire =
        ["wire: POST /orders -> 422", "wire: POST /orders -> 200", "request: {", "answer: \"SO-BK-1\""];
    assert!(wire.iter().all(|words| text.contains(words)), "{text}");
    assert!(stage.crossdock("secret", &["trace", "BK-9"]).1.contains("nothing is known of `BK-9`"));
}

#[test]
fn a_changed_record_is_found() {
    let mut stage = Stage::start();
    stage.book("BK-1", "PX");
    stage.until(&["trace", "BK-1"], "completed");
    let (code, said) = stage.crossdock("secret", &["audit", "verify"]);
    assert!(code == 0 && said.contains("the audit trail holds"), "{said}");
    let (code, said) = stage.crossdock("secret", &["store", "verify"]);
    assert!(code == 0 && said.contains("1 instances"), "{said}");
    assert!(stage.crossdock("secret", &["store", "status"]).1.contains("1 completed"));

    let copy = stage.project.path().join("copy");
    let (code, said) = stage.crossdock("root", &["store", "backup", copy.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(offline(&["store", "verify"], &copy).0, 0);
    let store = stage.project.path().join(".crossdock");
    assert!(offline(&["store", "verify"], &store).1.contains("ask the running gateway"));
    stage.kill();

    assert_eq!(offline(&["audit", "verify"], &store).0, 0);
    let database = rusqlite::Connection::open(store.join("store.db")).unwrap();
    let changed = database.execute("UPDATE audit SET who = 'nobody' WHERE number = 2", []).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let (code, said) = offline(&["audit", "verify"], &store);
    assert!(code == 1 && said.contains("link 2 of the audit trail was changed"), "{said}");
}

#[test]
fn an_enciphered_store_says_nothing_to_who_reads_the_disk() {
    let mut stage = Stage::start();
    stage.kill();
    let project = stage.project.path().to_owned();
    let gateway = std::fs::read_to_string(project.join("gateway.yaml")).unwrap();
    let encrypt = "store: { encrypt: { key: \"${secret:store_key}\" } }\n";
    std::fs::write(project.join("gateway.yaml"), format!("{gateway}{encrypt}")).unwrap();
    std::fs::create_dir_all(project.join("secrets")).unwrap();
    let key = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
    std::fs::write(project.join("secrets/store_key"), format!("{key}\n")).unwrap();
    std::fs::remove_dir_all(project.join(".crossdock")).unwrap();
    stage.serve();
    stage.book("BK-1", "XX");
    stage.until(&["case", "list"], "erp.create_order: rejected");
    stage.kill();
    let mut read = 0;
    for file in std::fs::read_dir(project.join(".crossdock")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        read += bytes.len();
        for word in ["555-0199", "unknown unit", "BK-1\\\",\\\"unit", "edition: 2026", key] {
            assert!(
                !bytes.windows(word.len()).any(|part| part == word.as_bytes()),
                "`{word}` is on the disk"
            );
        }
    }
    assert!(read > 10_000, "{read}");
    stage.serve();
    stage.crossdock("secret", &["case", "amend", "1", "--set", "/unit=PX", "--reason", "typo"]);
    stage.until(&["trace", "BK-1"], "completed");
}

#[test]
fn what_was_erased_is_gone_and_its_story_stays() {
    let mut stage = Stage::start();
    stage.book("BK-1", "PX");
    stage.book("BK-2", "XX");
    stage.until(&["trace", "BK-1"], "completed");
    stage.until(&["case", "list"], "erp.create_order: rejected");
    let erase = ["store", "erase", "--account", "ACME", "--reason", "request 4711"];
    let (code, said) = stage.crossdock("secret", &erase);
    assert!(code != 0 && said.contains("403"), "an operator may not: {said}");
    let (code, said) = stage.crossdock("root", &[&erase[..], &["--preview"]].concat());
    assert!(code == 0 && said.contains("1 instances would be erased; 1 are not over yet"), "{said}");
    assert!(stage.crossdock("root", &["trace", "BK-1", "--payloads"]).1.contains("SO-BK-1"));
    let (code, said) = stage.crossdock("root", &erase);
    assert!(code == 0 && said.contains("1 instances are erased"), "{said}");
    let story = stage.crossdock("root", &["trace", "BK-1", "--payloads"]).1;
    assert!(story.contains("erp.create_job: ok") && story.contains("completed"), "{story}");
    assert!(!story.contains("SO-BK-1") && !story.contains("PX"), "{story}");
    assert!(stage.crossdock("root", &["trace", "BK-2", "--payloads"]).1.contains("XX"));
    assert!(stage.crossdock("secret", &["audit", "verify"]).1.contains("the audit trail holds"));
    assert!(stage.crossdock("secret", &["store", "verify"]).1.contains("2 instances"));
    stage.kill();
    for file in std::fs::read_dir(stage.project.path().join(".crossdock")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"SO-BK-1"), "it still lies on the disk");
    }
}

/// Runs a command over a store's directory.
fn offline(words: &[&str], store: &std::path::Path) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    let ran = command.args(words).arg("--store").arg(store).output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (ran.status.code().unwrap_or(-1), said)
}
