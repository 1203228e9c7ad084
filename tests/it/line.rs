//! Runs of one business that wait for each other: in order of arrival, across a crash, and no more than may.

use super::shop::{Shop, order};

/// Asks for a run of `A-1` and gives where it shows its status, and the word there.
fn ask(shop: &Shop, how: &str) -> (String, String) {
    let reply = shop.ask("acme", "POST /v1/lines", &[], &order("A-1", how));
    assert_eq!(reply.status, 202, "{reply:?}");
    let word = reply.json()["status"].as_str().unwrap_or_default().to_owned();
    (reply.header("location").to_owned(), word)
}

#[test]
fn runs_of_one_business_wait_for_each_other_and_begin_in_their_order() {
    let shop = Shop::start();
    let (first, _) = ask(&shop, "wait");
    let ((second, word), (third, _)) = (ask(&shop, "two-300ms"), ask(&shop, "three"));
    assert_eq!(word, "queued");
    let shown = shop.until(&second, "queued").json();
    assert_eq!(shown["history"].as_array().map(Vec::len), Some(2), "accepted and queued: {shown}");
    assert_eq!(shown["reference"], "A-1");
    // Another business, and another account, wait for nobody.
    assert_eq!(shop.ask("acme", "POST /v1/lines", &[], &order("A-2", "other")).status, 200);
    assert_eq!(shop.ask("rival", "POST /v1/lines", &[], &order("A-1", "rival")).status, 200);
    assert_eq!(shop.erp.asked("three") + shop.erp.asked("two"), 0);
    shop.ask("acme", &format!("DELETE {first}"), &[], "");
    let done = shop.until(&third, "completed").json();
    assert_eq!(done["result"]["number"], "SO-three");
    assert_eq!(shop.until(&second, "completed").json()["result"]["number"], "SO-two-300ms");
    let asked = shop.erp.all();
    let at = |what: &str| asked.iter().position(|asked| asked.contains(what));
    assert!(at("two-300ms") < at("three"), "{asked:?}");
    assert_eq!(
        shop.ask("acme", "POST /v1/lines", &[], &order("A-1", "last")).status,
        200,
        "nobody is before it"
    );
}

#[test]
fn a_line_outlives_the_process_and_one_in_it_may_leave() {
    let shop = Shop::start();
    let (first, _) = ask(&shop, "wait");
    let ((second, _), (third, _)) = (ask(&shop, "two"), ask(&shop, "three"));
    let shop = shop.crash();
    assert_eq!(shop.until(&third, "queued").json()["status"], "queued");
    let left = shop.ask("acme", &format!("DELETE {second}"), &[], "");
    assert_eq!((left.status, &left.json()["status"]), (200, &"cancelled".into()), "{left:?}");
    shop.ask("acme", &format!("DELETE {first}"), &[], "");
    shop.until(&third, "completed");
    assert_eq!((shop.erp.asked("two"), shop.erp.asked("three")), (0, 1));
}

#[test]
fn a_line_has_an_end_and_a_key_of_one_in_it_is_its_own() {
    let shop = Shop::start();
    let (first, _) = ask(&shop, "wait");
    let key = [("idempotency-key", "k-1")];
    let second = shop.ask("acme", "POST /v1/lines", &key, &order("A-1", "two"));
    ask(&shop, "three");
    let full = shop.ask("acme", "POST /v1/lines", &[], &order("A-1", "four"));
    assert_eq!(full.problem(), (429, "queue-full".to_owned()));
    assert_eq!((full.header("location"), full.header("retry-after")), (&*first, "5"));
    let again = shop.ask("acme", "POST /v1/lines", &key, &order("A-1", "two"));
    assert_eq!((again.status, again.header("location")), (202, second.header("location")), "{again:?}");
    assert_eq!(again.header("idempotency-replayed"), "true");
    shop.ask("acme", &format!("DELETE {first}"), &[], "");
    shop.until(second.header("location"), "completed");
    assert_eq!(shop.erp.asked("two"), 1);
}
