//! What the README promises a newcomer, step by step, with the real binary.
#![cfg(unix)]

use std::path::Path;

use super::running::{Running, copy, crossdock, root};

/// Changes a file of the project; the text must have been there.
fn edit(dir: &Path, file: &str, from: &str, to: &str) {
    let path = dir.join(file);
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains(from), "{file} has no `{from}`");
    std::fs::write(path, text.replacen(from, to, 1)).expect("the file");
}

const MAPPING: &str = "mappings/shipment_to_portal.mapping";

#[test]
fn the_tour_of_the_readme() {
    let project = tempfile::tempdir().expect("a folder");
    copy(&root().join("examples/logistics"), project.path());
    // The goods stay where they are while the tour is made.
    edit(project.path(), "flows/read_milestones.yaml", "every 10s", "every 1h");
    let dev = Running::start("dev", project.path(), "human");

    // 1. Book; once.
    let book = dev.line_for("POST /v1/bookings:");
    let booked = dev.paste(&book);
    assert_eq!(booked.status, 201, "{booked:?}");
    assert_eq!(booked.json()["orderNumber"], "SO-108001");
    assert_eq!(booked.json()["shipmentNumber"], "S-SO-108001");
    let again = dev.paste(&book);
    let under_way = "urn:crossdock:problem:already-under-way";
    assert_eq!((again.status, again.json()["type"].as_str()), (409, Some(under_way)));

    // 2. Something wrong: all of it is named.
    let wrong = book.replace(r#""consignee":{"name":"Pan Audit Co"},"#, "").replace("poNumber", "ponumber");
    let refused = dev.paste(&wrong);
    assert_eq!(refused.status, 422);
    let errors = refused.json()["errors"].to_string();
    assert!(
        errors.contains(r#"{"pointer":"","keyword":"required","message":"`consignee` is required"}"#),
        "{errors}"
    );
    assert!(errors.contains(r#""pointer":"/ponumber""#), "{errors}");
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    for error in refused.json()["errors"].as_array().expect("a list") {
        assert!(readme.contains(&error.to_string()), "the README does not show {error}");
    }

    // 3. Change a file while it runs.
    let read = dev.line_for("GET /v1/bookings/BK-1001:");
    assert!(dev.paste(&read).body.contains("Booked; a driver will be assigned"));
    edit(project.path(), MAPPING, "Booked; a driver will be assigned", "Booked; look out for a call");
    dev.paste_until(&read, "Booked; look out for a call");

    // 4. Break it: the finding is printed, what was good is served, and `check` says the same.
    edit(project.path(), MAPPING, "status:         shipment.status", "status:         shipment.staus");
    let said = dev.hears("has no field `staus`");
    let refused = &said[said.find("the project was refused").expect("a line of the log")..];
    let finding = refused.find("error[unknown-field]: `canonical/shipment@1` has no field `staus`");
    let first = refused.find("\nerror[").expect("an error");
    let shown =
        readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a finding");
    assert!(refused.contains(shown), "the README shows\n{shown}and dev prints\n{refused}");
    assert!(finding.is_some() && refused.lines().all(|line| !line.contains("\\n")), "{refused}");
    assert!(!refused[..first].contains("warning["), "errors come first:\n{refused}");
    let (code, checked) = crossdock(&["check", &project.path().to_string_lossy()]);
    assert!(code == 1 && checked.contains("has no field `staus`"), "{checked}");
    assert!(dev.paste(&read).body.contains("Booked; look out for a call"));
    edit(project.path(), MAPPING, "shipment.staus", "shipment.status");
    edit(project.path(), MAPPING, "look out for a call", "we are on it");
    dev.paste_until(&read, "Booked; we are on it");

    // 5. Ask three carriers.
    let quotes = dev.paste(&dev.line_for("POST /v1/quotes:"));
    assert_eq!(quotes.status, 200, "{quotes:?}");
    let quotes = quotes.json()["quotes"].clone();
    let prices: Vec<f64> = quotes
        .as_array()
        .expect("a list")
        .iter()
        .map(|quote| quote["price"].as_str().and_then(|price| price.parse().ok()).expect("a price"))
        .collect();
    assert!(!prices.is_empty() && prices.is_sorted(), "{prices:?}");

    let cancelled = dev.paste(&dev.line_for("DELETE /v1/bookings/BK-1001:"));
    // By now the goods may be on their way.
    assert!(matches!(cancelled.status, 200 | 202 | 409), "{cancelled:?}");
    assert_eq!(dev.stop(), Some(0));
}

#[test]
fn a_refused_project_is_one_record_in_a_json_log() {
    let project = tempfile::tempdir().expect("a folder");
    copy(&root().join("examples/logistics"), project.path());
    let dev = Running::start("dev", project.path(), "json");
    edit(project.path(), MAPPING, "status:         shipment.status", "status:         shipment.staus");
    let said = dev.hears("the project was refused");
    let record = said.lines().find(|line| line.contains("the project was refused")).expect("a record");
    let record: serde_json::Value = serde_json::from_str(record).expect("a JSON object on one line");
    let findings = record["findings"].as_str().expect("a text");
    assert!(findings.starts_with("error[") && findings.contains("has no field `staus`\n"), "{findings}");
    assert_eq!(dev.stop(), Some(0));
}

#[test]
fn what_init_writes_checks_tests_and_serves() {
    let parent = tempfile::tempdir().expect("a folder");
    let project = parent.path().join("my-gateway");
    let dir = project.to_string_lossy();
    let (code, told) = crossdock(&["init", &dir]);
    assert_eq!(code, 0, "{told}");
    let (code, checked) = crossdock(&["check", "--strict", &dir]);
    assert!(code == 0 && checked.ends_with(": no findings\n"), "{checked}");
    let (code, tested) = crossdock(&["test", &dir]);
    assert!(code == 0 && tested.contains(" passed, 0 failed"), "{tested}");

    let dev = Running::start("dev", &project, "human");
    let answer = dev.paste(&dev.line_for("GET /v1/accounts/C-1001:"));
    assert_eq!((answer.status, answer.json()["name"].as_str()), (200, Some("Acme Trading AS")));
    assert_eq!(dev.stop(), Some(0));

    // The key that was shown opens the door; behind it there is no ERP yet.
    let key = told.split("only now: ").nth(1).and_then(|rest| rest.lines().next()).expect("the key");
    let serve = Running::start("serve", &project, "human");
    let ask =
        |path: &str, key: &str| serve.paste(&format!("curl -s http://x{path} -H 'X-Api-Key: {key}'")).status;
    assert_eq!(ask("/v1/accounts/C-1001", "guess"), 401);
    assert_eq!(ask("/v1/accounts/C-2002", key), 403);
    assert_eq!(ask("/v1/accounts/C-1001", key), 503);
    edit(&project, "flows/read_account.yaml", "require: number", "require: numbr");
    let said = serve.hears("--> flows/read_account.yaml");
    assert!(said.contains("\nerror[") && said.contains("^^^^^") && !said.contains("\\n"), "{said}");
    assert_eq!(serve.stop(), Some(0));

    let (code, again) = crossdock(&["init", &dir]);
    assert!(code == 2 && again.contains("not empty"), "{again}");
}
