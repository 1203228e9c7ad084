//! Requests that are sent again, second runs of one business, and work that is taken back.

use std::time::Duration;

use super::shop::{Reply, Shop, order};

const KEY: (&str, &str) = ("idempotency-key", "\"k-1\"");

#[test]
fn a_request_sent_again_gets_the_first_answer_and_does_nothing() {
    let shop = Shop::start();
    let send = |body: &str| shop.ask("acme", "POST /v1/orders", &[KEY], body);
    let first = send(r#"{"reference":"A-1","how":"now","weight":12.50}"#);
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""), "{first:?}");
    let again = send(r#"{"weight":12.5,"how":"now","reference":"A-1"}"#);
    assert_eq!((again.status, &again.body), (200, &first.body), "another order of the same");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(shop.erp.asked("post /orders "), 1);
    let other = send(r#"{"reference":"A-1","how":"now","weight":12.51}"#);
    assert_eq!(other.problem(), (422, "idempotency-key-reused".to_owned()));
    let rival = shop.ask("rival", "POST /v1/orders", &[KEY], &order("A-9", "now"));
    assert_eq!((rival.status, rival.header("idempotency-replayed")), (200, ""), "another account's key");
    assert_eq!(shop.erp.asked("post /orders "), 2);
}

#[test]
fn a_rejection_is_given_again_too() {
    let shop = Shop::start();
    let send = || shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1", "refuse"));
    let (first, again) = (send(), send());
    assert_eq!((first.problem(), first.header("idempotency-replayed")), ((409, "refused".to_owned()), ""));
    assert_eq!(
        (again.problem(), again.header("idempotency-replayed")),
        ((409, "refused".to_owned()), "true")
    );
    assert_eq!(first.json()["detail"], again.json()["detail"]);
}

#[test]
fn an_early_answer_is_given_again_when_the_flow_has_long_ended() {
    let shop = Shop::start();
    let send = || shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1", "early"));
    let first = send();
    assert_eq!((first.status, first.header("x-order")), (201, "SO-A-1"), "{first:?}");
    shop.until("/v1/orders/A-1", "completed");
    let again = send();
    assert_eq!(
        (again.status, again.header("x-order"), &again.body),
        (201, "SO-A-1", &first.body),
        "{again:?}"
    );
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[test]
fn a_key_outlives_the_process() {
    let shop = Shop::start();
    let first = shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1", "now"));
    let shop = shop.crash();
    let again = shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1", "now"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(shop.erp.asked("post /orders "), 1);
}

#[test]
fn what_is_being_answered_is_in_flight_and_a_202_is_given_again() {
    let shop = Shop::start();
    let headers = [("x-api-key", "acme"), KEY];
    let first = shop.send("POST /v1/orders", &headers, &order("A-1200ms", "wait"));
    std::thread::sleep(Duration::from_millis(400));
    let second = shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1200ms", "wait"));
    assert_eq!(second.problem(), (409, "in-flight".to_owned()));
    assert_eq!(second.header("location"), "/v1/orders/A-1200ms");
    assert_ne!(second.header("retry-after"), "");
    let first = Reply::read(first);
    assert_eq!(first.status, 202, "{first:?}");
    let again = shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1200ms", "wait"));
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, "true"), "{again:?}");
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(shop.erp.asked("post /orders "), 1);
}

#[test]
fn a_key_that_is_needed_must_be_sent_and_be_one() {
    let shop = Shop::start();
    let send = |headers: &[(&str, &str)]| shop.ask("acme", "POST /v1/joined/A-1", headers, "").problem();
    assert_eq!(send(&[]), (400, "idempotency-key-missing".to_owned()));
    let long = "x".repeat(256);
    for bad in ["\"open", "a b", long.as_str()] {
        assert_eq!(send(&[("idempotency-key", bad)]), (400, "idempotency-key-invalid".to_owned()), "{bad}");
    }
    assert_eq!(send(&[KEY, KEY]), (400, "idempotency-key-invalid".to_owned()));
    assert_eq!(shop.erp.asked("post"), 0);
    // What the path says is part of what is asked.
    assert_eq!(shop.ask("acme", "POST /v1/joined/A-1", &[KEY], "").status, 200);
    assert_eq!(shop.ask("acme", "POST /v1/joined/A-2", &[KEY], "").status, 422);
}

#[test]
fn a_second_one_of_the_same_business_is_refused_with_an_address() {
    let shop = Shop::start();
    assert_eq!(shop.order("A-1", "wait").status, 202);
    let second = shop.ask("acme_app", "POST /v1/orders", &[("idempotency-key", "k-2")], &order("A-1", "now"));
    assert_eq!(second.problem(), (409, "already-under-way".to_owned()));
    assert_eq!(second.header("location"), "/v1/orders/A-1");
    // Callers whom nobody knows are not told of each other.
    assert_eq!(shop.ask("", "POST /open/orders", &[], &order("A-1", "wait")).status, 202);
    let nameless = shop.ask("", "POST /open/orders", &[], &order("A-1", "wait"));
    assert_eq!((nameless.status, nameless.header("location")), (409, ""), "{nameless:?}");
    shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    shop.until("/v1/orders/A-1", "cancelled");
    assert_eq!(shop.order("A-1", "now").status, 200, "the first is over");
}

#[test]
fn a_second_one_that_joins_gets_what_the_first_one_gets() {
    let shop = Shop::start();
    let headers = [("x-api-key", "acme"), ("idempotency-key", "k-1")];
    let first = shop.send("POST /v1/joined/A-900ms", &headers, "");
    std::thread::sleep(Duration::from_millis(300));
    let second = shop.ask("acme_app", "POST /v1/joined/A-900ms", &[("idempotency-key", "k-2")], "");
    let first = Reply::read(first);
    assert_eq!((first.status, first.body.as_str()), (200, r#"{"number":"SO-A-900ms"}"#));
    assert_eq!((second.status, &second.body), (200, &first.body));
    // What joined has its own key, and sent again it is the same.
    let again = shop.ask("acme_app", "POST /v1/joined/A-900ms", &[("idempotency-key", "k-2")], "");
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"), "{again:?}");
    let other = shop.ask("acme_app", "POST /v1/joined/A-7", &[("idempotency-key", "k-2")], "");
    assert_eq!(other.problem(), (422, "idempotency-key-reused".to_owned()));
    let rival = shop.ask("rival", "POST /v1/joined/A-900ms", &[("idempotency-key", "k-3")], "");
    assert_eq!(rival.status, 200);
    assert_eq!(shop.erp.asked("post /orders "), 2, "one for each account");
}

#[test]
fn work_is_taken_back_until_the_declared_step_and_twice_is_once() {
    let shop = Shop::start();
    shop.order("A-1", "wait");
    let taken = shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    assert!(matches!(taken.status, 200 | 202), "{taken:?}");
    let shown = shop.until("/v1/orders/A-1", "cancelled").json();
    assert_eq!(shown["outcome"], "cancelled", "{shown}");
    assert!(shown["history"].as_array().unwrap().iter().any(|one| one["event"] == "undone"), "{shown}");
    assert_eq!(shop.erp.asked("/cancel"), 1);
    let again = shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    assert_eq!((again.status, &again.json()["status"]), (200, &"cancelled".into()));
    assert_eq!(shop.erp.asked("/cancel"), 1);
    assert_eq!(shop.ask("acme", "DELETE /v1/orders/none", &[], "").status, 404);
}

#[test]
fn what_is_too_far_is_not_taken_back() {
    let shop = Shop::start();
    assert_eq!(shop.order("A-1", "now").status, 200);
    let late = shop.ask("acme", "DELETE /v1/orders/A-1", &[], "");
    assert_eq!(late.problem(), (409, "too-late".to_owned()));
    // It creates the order for a while, and confirms it for another while.
    let first = shop.send("POST /v1/orders", &[("x-api-key", "acme")], &order("A-700ms", "now"));
    while shop.erp.asked("/confirm") < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let late = shop.ask("acme", "DELETE /v1/orders/A-700ms", &[], "");
    assert_eq!(late.problem(), (409, "too-late".to_owned()));
    assert_eq!(Reply::read(first).status, 200);
}

#[test]
fn a_key_is_free_again_when_its_declared_time_is_over() {
    let shop = Shop::with("store: { keys: 1s }\n");
    let send = || shop.ask("acme", "POST /v1/orders", &[KEY], &order("A-1", "now"));
    assert_eq!(send().status, 200);
    assert_eq!(shop.erp.asked("post /orders "), 1);
    let began = std::time::Instant::now();
    while send().header("idempotency-replayed") == "true" {
        assert!(began.elapsed() < super::shop::PATIENCE, "it is never free");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(shop.erp.asked("post /orders "), 2);
}
