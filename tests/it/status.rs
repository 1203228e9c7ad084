//! What a caller of a durable flow sees: a 202 with an address, and behind it where the work stands.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use super::shop::{Reply, Shop, order};

#[test]
fn a_202_says_where_to_look_and_shows_what_is_there() {
    let shop = Shop::start();
    let accepted = shop.ask("acme", "POST /v1/orders", &[("x-correlation-id", "c-7")], &order("A-1", "wait"));
    assert_eq!((accepted.status, accepted.header("location")), (202, "/v1/orders/A-1"), "{accepted:?}");
    assert_ne!(accepted.header("retry-after"), "");
    assert_eq!(accepted.header("x-correlation-id"), "c-7");
    let shown = shop.until("/v1/orders/A-1", "processing");
    for body in [accepted.json(), shown.json()] {
        assert_eq!((&body["reference"], &body["status"]), (&"A-1".into(), &"processing".into()), "{body}");
        assert_eq!((&body["correlationId"], &body["stage"]), (&"c-7".into(), &"pause".into()), "{body}");
        assert!(
            body["acceptedAt"].is_string() && body["updatedAt"].is_string() && body["age"].is_i64(),
            "{body}"
        );
        assert!(body["outcome"].is_null() && body["result"].is_null(), "{body}");
        let steps: Vec<_> =
            body["history"].as_array().unwrap().iter().map(|one| one["event"].as_str()).collect();
        assert_eq!(steps, [Some("accepted"), Some("done")], "{body}");
        assert_eq!(body["history"][1]["stage"], "order");
        let text = body.to_string();
        assert!(!text.contains("erp") && !text.contains("SO-") && !text.contains("create_order"), "{text}");
    }
    assert_eq!(accepted.json()["id"], shown.json()["id"]);
    let by_id = format!("GET /v1/orders/{}", shown.json()["id"].as_str().unwrap());
    assert_eq!(shop.ask("acme", &by_id, &[], "").json()["reference"], "A-1");
}

#[test]
fn a_reference_may_have_any_signs() {
    let shop = Shop::start();
    let accepted = shop.order("A/1 ü?#", "wait");
    assert_eq!(accepted.header("location"), "/v1/orders/A%2F1%20%C3%BC%3F%23");
    let shown = shop.ask("acme", &format!("GET {}", accepted.header("location")), &[], "");
    assert_eq!((shown.status, &shown.json()["reference"]), (200, &"A/1 ü?#".into()));
}

#[test]
fn an_answer_in_time_is_the_flows_own_and_stays_in_the_status() {
    let shop = Shop::start();
    let answered = shop.order("A-1", "now");
    assert_eq!((answered.status, answered.body.as_str()), (200, r#"{"number":"SO-A-1"}"#));
    let shown = shop.until("/v1/orders/A-1", "completed");
    assert_eq!(shown.json()["result"], answered.json());
    assert_eq!(shown.json()["outcome"], "fulfilled");
    assert_eq!(shown.header("retry-after"), "", "it is over");
    let refused = shop.order("A-2", "refuse");
    assert_eq!(refused.problem(), (409, "refused".to_owned()));
    let shown = shop.ask("acme", "GET /v1/orders/A-2", &[("accept-language", "de")], "").json();
    assert_eq!((&shown["status"], &shown["outcome"]), (&"rejected".into(), &"refused".into()), "{shown}");
    assert_eq!(shown["rejection"], serde_json::json!({"code": "refused", "text": "A-2 geht nicht."}));
}

#[test]
fn of_several_with_one_reference_the_newest_is_shown() {
    let shop = Shop::start();
    assert_eq!(shop.order("A-1", "refuse").status, 409);
    assert_eq!(shop.order("A-1", "now").status, 200);
    assert_eq!(shop.ask("acme", "GET /v1/orders/A-1", &[], "").json()["status"], "completed");
    assert_eq!(shop.order("A-1", "wait").status, 202);
    assert_eq!(shop.ask("acme", "GET /v1/orders/A-1", &[], "").json()["status"], "processing");
}

#[test]
fn nobody_sees_what_is_anothers() {
    let shop = Shop::start();
    let id = shop.order("A-1", "wait").json()["id"].as_str().unwrap().to_owned();
    let open = shop.ask("", "POST /open/orders", &[], &order("A-1", "wait"));
    let nameless = open.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((open.status, open.header("location")), (202, format!("/open/orders/{nameless}").as_str()));
    let status = |who: &str, path: &str| shop.ask(who, &format!("GET {path}"), &[], "").status;
    assert_eq!(status("acme_app", "/v1/orders/A-1"), 200, "the same account");
    for path in ["/v1/orders/A-1".to_owned(), format!("/v1/orders/{id}"), format!("/v1/orders/{nameless}")] {
        assert_eq!(status("rival", &path), 404, "{path}");
        assert_eq!(shop.ask("rival", &format!("DELETE {path}"), &[], "").status, 404, "{path}");
    }
    assert_eq!(status("acme", &format!("/v1/orders/{nameless}")), 404);
    // What anybody may ask for is found by what nobody can guess.
    assert_eq!(status("", "/open/orders/A-1"), 404);
    assert_eq!(status("", &format!("/open/orders/{id}")), 404);
    assert_eq!(status("", &format!("/open/orders/{nameless}")), 200);
    // The same reference of another account is another order.
    assert_eq!(shop.ask("rival", "POST /v1/orders", &[], &order("A-1", "wait")).status, 202);
    assert_eq!(status("rival", "/v1/orders/A-1"), 200);
}

#[test]
fn who_knows_it_already_is_told_nothing() {
    let shop = Shop::start();
    shop.order("A-1", "wait");
    let shown = shop.until("/v1/orders/A-1", "processing");
    assert_eq!(shown.header("cache-control"), "no-cache");
    let etag = shown.header("etag");
    let again = shop.ask("acme", "GET /v1/orders/A-1", &[("if-none-match", etag)], "");
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", etag));
    let german = [("if-none-match", etag), ("accept-language", "de")];
    assert_eq!(shop.ask("acme", "GET /v1/orders/A-1", &german, "").status, 200, "another text");
    shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    let changed = shop.ask("acme", "GET /v1/orders/A-1", &[("if-none-match", etag)], "");
    assert_ne!((changed.status, changed.header("etag")), (304, etag));
}

#[test]
fn who_waits_is_told_as_soon_as_it_changes() {
    let shop = Shop::start();
    let accepted = shop.ask("", "POST /open/orders", &[], &order("A-900ms", "now"));
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let line = format!("GET {}", accepted.header("location"));
    let first = shop.ask("", &line, &[], "");
    let etag = first.header("etag").to_owned();
    let later = shop.ask("", &line, &[("prefer", "wait=15"), ("if-none-match", &etag)], "");
    assert_eq!((later.status, later.header("preference-applied")), (200, "wait=15"), "{later:?}");
    assert_ne!(later.header("etag"), etag);
    // Nothing changes: the wait ends by itself.
    shop.order("A-2", "wait");
    let shown = shop.until("/v1/orders/A-2", "processing");
    let wishes = [("prefer", "wait=1"), ("if-none-match", shown.header("etag"))];
    let same = shop.ask("acme", "GET /v1/orders/A-2", &wishes, "");
    assert_eq!((same.status, same.header("preference-applied")), (304, "wait=1"));
}

#[test]
fn who_waits_is_told_of_what_is_not_in_memory() {
    let shop = Shop::start();
    shop.order("A-1", "wait");
    let etag = shop.until("/v1/orders/A-1", "processing").header("etag").to_owned();
    let wishes = [("x-api-key", "acme"), ("prefer", "wait=15"), ("if-none-match", &*etag)];
    let waits = shop.send("GET /v1/orders/A-1", &wishes, "");
    std::thread::sleep(Duration::from_millis(300));
    shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    let told = Reply::read(waits);
    assert_eq!(told.status, 200, "{told:?}");
    let status = told.json()["status"].clone();
    assert!(status == "compensating" || status == "cancelled", "{status}");
}

#[test]
fn a_stream_tells_each_change_and_ends_with_the_work() {
    let shop = Shop::start();
    let accepted = shop.ask("", "POST /open/orders", &[], &order("A-900ms", "now"));
    let line = format!("GET {}", accepted.header("location"));
    let stream = shop.send(&line, &[("accept", "text/event-stream")], "");
    let lines: Vec<String> = BufReader::new(stream).lines().map(Result::unwrap).collect();
    assert!(lines[0].starts_with("HTTP/1.1 200"), "{lines:?}");
    assert!(lines.contains(&"content-type: text/event-stream".to_owned()), "{lines:?}");
    let ids: Vec<u64> = lines.iter().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert!(ids.len() >= 2 && ids.is_sorted_by(|a, b| a < b), "{lines:?}");
    let events: Vec<serde_json::Value> =
        lines.iter().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    assert_eq!(events.len(), ids.len());
    assert_eq!(events.last().unwrap()["status"], "completed");
    // A reader who knows the end is told not to come again.
    let last = ids.last().unwrap().to_string();
    let again = shop.ask("", &line, &[("accept", "text/event-stream"), ("last-event-id", &last)], "");
    assert_eq!(again.status, 204);
}

#[test]
fn what_stops_says_so_at_once_in_the_customers_words() {
    let shop = Shop::start();
    let stopped = shop.order("A-1", "raise");
    assert_eq!((stopped.status, &stopped.json()["status"]), (202, &"attention".into()), "{stopped:?}");
    let reason = serde_json::json!([{"code": "stuck", "text": "Order A-1 needs a look."}]);
    assert_eq!(stopped.json()["reasons"], reason);
    let german = shop.ask("acme", "GET /v1/orders/A-1", &[("accept-language", "de-CH")], "").json();
    assert_eq!(german["reasons"][0]["text"], "Auftrag A-1 wird angesehen.");
}

#[test]
fn a_caller_who_hangs_up_has_its_order_done() {
    let shop = Shop::start();
    for at in 0..20 {
        drop(shop.send("POST /v1/orders", &[("x-api-key", "acme")], &order(&format!("A-{at}"), "now")));
    }
    let mut done = 0;
    for at in 0..20 {
        // Some may not have been read at all; what was accepted is done.
        std::thread::sleep(Duration::from_millis(50));
        if shop.ask("acme", &format!("GET /v1/orders/A-{at}"), &[], "").status == 200 {
            shop.until(&format!("/v1/orders/A-{at}"), "completed");
            done += 1;
        }
    }
    assert!(done > 0, "{}", shop.running.said());
}

#[test]
fn where_there_is_no_room_nothing_is_accepted() {
    let shop = Shop::with("store: { reserve: 100000GB }\n");
    let refused = shop.order("A-1", "now");
    assert_eq!(refused.problem(), (503, "no-room".to_owned()));
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(shop.erp.asked("a-1") + shop.erp.asked("A-1"), 0);
    assert_eq!(shop.ask("acme", "GET /v1/orders/A-1", &[], "").status, 404);
}
