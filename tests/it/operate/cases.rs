//! Work that waits for people: seen, understood, resolved, one or many at a time, by those who may.

use serde_json::json;

use super::stage::Stage;

#[test]
fn a_refused_booking_is_amended_and_goes_on() {
    let stage = Stage::start();
    assert!(stage.book("BK-1", "XX").starts_with("HTTP/1.1 202"));
    let list = stage.until(&["case", "list"], "erp.create_order: rejected");
    assert!(list.contains("order_management") && list.contains("https://wiki.example/erp"), "{list}");

    let (_, case) = stage.crossdock("secret", &["case", "show", "1"]);
    for words in
        ["unknown unit", "erp.create_order was told last", r#""unit":"XX""#, "you can: retry, skip, amend"]
    {
        assert!(case.contains(words), "`{words}` is not in\n{case}");
    }
    assert!(!case.contains("555-0199"), "what is redacted is shown:\n{case}");

    let unfit = ["case", "amend", "1", "--set", "/unit=12345678901", "--reason", "typo"];
    let (code, said) = stage.crossdock("secret", &unfit);
    assert!(code == 2 && said.contains("/unit"), "{said}");
    let amend = ["case", "amend", "1", "--set", "/unit=PX", "--reason", "the customer meant a pallet"];
    let (code, said) = stage.crossdock("secret", &amend);
    assert_eq!(code, 0, "{said}");
    let story = stage.until(&["trace", "BK-1"], "completed");
    assert!(story.contains(r#"ann: amend `booking`, "the customer meant a pallet""#), "{story}");
    assert_eq!(stage.crossdock("secret", &["case", "list"]).1, "no cases\n");
    assert_eq!(stage.erp.orders.lock().unwrap().get("BK-1"), Some(&1));
    let (_, closed) = stage.ask("eye", "GET /cases/1", "");
    assert_eq!(closed["case"]["state"], "resolved", "{closed}");
    assert_eq!(closed["history"][0]["who"], "ann", "{closed}");
}

#[test]
fn many_of_one_cause_are_shown_and_then_tried_again_once() {
    let mut stage = Stage::start();
    stage.erp.breaks(true);
    (1..=3).for_each(|number| _ = stage.book(&format!("BK-{number}"), "PX"));
    let groups = stage.until(&["case", "list", "--group"], "3      erp.create_order");
    assert!(groups.contains("erp.create_order: error"), "{groups}");

    stage.erp.breaks(false);
    let filter = ["case", "retry", "--cause", "erp.create_order: error", "--reason", "mended"];
    let (code, preview) = stage.crossdock("secret", &filter);
    assert!(code == 0 && preview.contains("3 would be done, 0 refused"), "{preview}");
    assert!(preview.contains("case 2 at `order`: the step is tried again"), "{preview}");
    assert_eq!(stage.erp.asked(), 0, "a preview did something");

    let body =
        json!({ "action": "retry", "reason": "mended", "filter": { "cause": "erp.create_order: error" } });
    let line = "POST /cases/actions HTTP/1.1\r\nidempotency-key: once\r\nx-rest:";
    let (status, done) = stage.ask("secret", line, &body.to_string());
    assert_eq!((status, &done["ok"], &done["refused"]), (200, &3.into(), &0.into()), "{done}");
    stage.until(&["case", "list"], "no cases");
    // Asked again, after a crash too, it is what it was.
    stage.kill();
    stage.serve();
    let (status, again) = stage.ask("secret", line, &body.to_string());
    assert_eq!((status, &again), (200, &done));
    let other = json!({ "action": "retry", "reason": "mended", "cases": [1] });
    assert_eq!(stage.ask("secret", line, &other.to_string()).0, 422);
    assert_eq!(stage.erp.asked(), 3);
}

#[test]
fn a_case_has_a_life_of_its_own() {
    let stage = Stage::start();
    stage.book("BK-1", "XX");
    stage.until(&["case", "list"], "erp.create_order: rejected");
    let act = |words: &[&str]| {
        let (code, said) = stage.crossdock("secret", &[words, &["--reason", "morning round"]].concat());
        assert_eq!(code, 0, "{said}");
    };
    act(&["case", "acknowledge", "1"]);
    act(&["case", "assign", "1", "--to", "bob"]);
    act(&["case", "annotate", "1", "--note", "called the customer"]);
    act(&["case", "snooze", "1", "--until", "2099-01-01T00:00:00Z"]);
    let (code, said) =
        stage.crossdock("secret", &["case", "resolve", "1", "--resolution", "x", "--reason", "y"]);
    assert!(code == 2 && said.contains("`order` waits for case 1: retry, skip"), "{said}");
    let (_, case) = stage.ask("eye", "GET /cases/1", "");
    assert_eq!((&case["case"]["state"], &case["case"]["assignee"]), (&"in_progress".into(), &"bob".into()));
    assert_eq!(case["instance"]["next"]["person"], "bob", "{case}");
    assert_eq!(case["history"][2]["said"], "called the customer");
    let count = |query: &str| {
        let (_, found) = stage.ask("eye", &format!("GET /cases?open=true&{query}"), "");
        found["cases"].as_array().map(Vec::len)
    };
    assert_eq!([count("queue=operations"), count("queue=nobody")], [Some(1), Some(0)]);
    assert_eq!([count("snoozed=false"), count("snoozed=true")], [Some(0), Some(1)]);
    // What was written on it stays when the work goes on.
    let result = stage.project.path().join("result.json");
    std::fs::write(&result, "\"SO-9\"").unwrap();
    act(&["case", "skip", "1", "--result", result.to_str().unwrap()]);
    stage.until(&["trace", "BK-1"], "completed");
    let (_, case) = stage.ask("eye", "GET /cases/1", "");
    let said: Vec<_> = case["history"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(said, ["acknowledge", "assign", "annotate", "snooze", "skip"]);
    assert_eq!(stage.erp.asked(), 0);
}

#[test]
fn roles_are_held_apart() {
    let stage = Stage::start();
    stage.book("BK-1", "XX");
    stage.until(&["case", "list"], "erp.create_order: rejected");
    let retry = r#"{"action":"retry","reason":"x"}"#;
    assert_eq!(stage.ask("nobody", "GET /cases", "").0, 401);
    assert_eq!(stage.ask("eye", "GET /cases", "").0, 200);
    assert_eq!(stage.ask("eye", "POST /cases/1/actions", retry).0, 403);
    assert_eq!(stage.ask("secret", "POST /cases/1/actions", r#"{"action":"cancel","reason":"x"}"#).0, 403);
    assert_eq!(stage.ask("secret", "POST /cases/1/actions", r#"{"action":"retry"}"#).0, 400);
    assert_eq!(stage.ask("secret", "POST /config/rollback", r#"{"digest":"abcdef","reason":"x"}"#).0, 403);
    let (status, done) = stage.ask("root", "POST /cases/1/actions", r#"{"action":"cancel","reason":"x"}"#);
    assert_eq!((status, &done["status"]), (200, &"cancelled".into()), "{done}");
    let (_, trail) = stage.ask("eye", "GET /audit", "");
    let acted = trail["links"].as_array().unwrap().iter().find(|link| link["kind"] == "action").unwrap();
    assert_eq!((&acted["who"], &acted["what"]["reason"]), (&"rob".into(), &"x".into()), "{acted}");
}
