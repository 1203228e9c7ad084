//! Each way in which a request is answered or refused.

use super::bench::{Bench, Echo};
use crate::gateway::Forwarded;
use crate::http::{HeaderMap, Method, StatusCode};
use crate::system::{Failure, FailureKind};
use std::time::Duration;

const GOOD: &str = r#"{"number": 7,   "lines": [{"sku":"A"}], "more": 1.50}"#;

#[tokio::test]
async fn a_good_request_passes_its_bytes_unchanged() {
    let bench = Bench::new();
    let answered = bench.post("/v1/orders", GOOD).await;
    assert_eq!((answered.status(), &answered.0.body[..]), (200, GOOD.as_bytes()));
    assert_eq!(answered.header("set-cookie"), "", "a system's own headers do not pass");
    assert_eq!(answered.header("x-content-type-options"), "nosniff");
    assert_eq!(answered.header("cache-control"), "no-store");
}

#[tokio::test]
async fn without_a_key_no_system_is_called() {
    let bench = Bench::new();
    for headers in [
        &[][..],
        &[("x-api-key", "bad")],
        &[("x-api-key", "")],
        &[("x-api-key", "good-key"), ("x-api-key", "good-key")],
    ] {
        let answered = bench.send(Method::POST, "/v1/orders", headers, GOOD).await;
        assert_eq!((answered.status(), answered.problem().as_str()), (401, "unauthenticated"));
        assert!(answered.header("www-authenticate").contains("x-api-key"));
    }
    let answered = bench.send(Method::POST, "/v1/orders", &[("x-api-key", "reader-key")], GOOD).await;
    assert_eq!((answered.status(), answered.problem().as_str()), (403, "forbidden"));
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn guessing_keys_costs_time() {
    let bench = Bench::new();
    let mut statuses = Vec::new();
    for guess in 0..8 {
        let key = guess.to_string();
        statuses
            .push(bench.send(Method::GET, "/v1/orders/1", &[("x-api-key", key.as_str())], "").await.status());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429, 429]);
    let waiting = bench.send(Method::GET, "/v1/orders/1", &[("x-api-key", "9")], "").await;
    assert_ne!(waiting.header("retry-after"), "");
    let good = bench.get("/v1/orders/1").await;
    assert_eq!(good.status(), 200, "others behind the same address are not locked out");
}

#[tokio::test]
async fn paths_and_methods() {
    let bench = Bench::new();
    assert_eq!(bench.get("/v1/nothing").await.problem(), "not-found");
    let wrong = bench.send(Method::DELETE, "/v1/orders", &[], "").await;
    assert_eq!((wrong.status(), wrong.header("allow")), (405, "OPTIONS, POST"));
    let options = bench.send(Method::OPTIONS, "/v1/orders/1", &[], "").await;
    assert_eq!((options.status(), options.header("allow")), (204, "GET, HEAD, OPTIONS"));
    assert_eq!(
        bench.send(Method::HEAD, "/v1/orders/1", &[("x-api-key", "good-key")], "").await.status(),
        200
    );
    assert_eq!(bench.get("/v1/orders/%zz").await.status(), 400);
}

#[tokio::test]
async fn every_violation_is_named() {
    let bench = Bench::new();
    let answered = bench.post("/v1/orders", r#"{"number":"7","lines":[{"sku":1},{}]}"#).await;
    assert_eq!(answered.status(), 422);
    let violations = answered.violations();
    for expected in ["/number type", "/lines/0/sku type"] {
        assert!(violations.iter().any(|one| one == expected), "{expected} is not in {violations:?}");
    }
    assert!(violations.iter().any(|one| one.starts_with("/lines/1")), "{violations:?}");
    let answered = bench.get("/v1/orders/x?page=one&pgae=1").await;
    assert_eq!(answered.violations(), ["path:number type", "query:pgae unknown", "query:page type"]);
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn media_types_are_negotiated() {
    let bench = Bench::new();
    let with = |content_type: &'static str| [("x-api-key", "good-key"), ("content-type", content_type)];
    for taken in [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.acme+json",
        "application/json; charset=iso-8859-1",
    ] {
        assert_eq!(bench.send(Method::POST, "/v1/orders", &with(taken), GOOD).await.status(), 200, "{taken}");
    }
    for refused in ["text/plain", "application/xml", "application/json; charset=klingon", ""] {
        let answered = bench.send(Method::POST, "/v1/orders", &with(refused), GOOD).await;
        assert_eq!(
            (answered.status(), answered.problem().as_str()),
            (415, "unsupported-media-type"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn json_that_is_sent_as_a_form_is_told_how_to_be_sent() {
    let bench = Bench::new();
    let form = [("x-api-key", "good-key"), ("content-type", "application/x-www-form-urlencoded")];
    // The first by how it begins, the second because the route takes a list; no list is in a form.
    for (path, body) in [("/v1/orders", GOOD), ("/v1/orders", "number=7"), ("/v1/kinds", " [1]")] {
        let answered = bench.send(Method::POST, path, &form, body).await;
        assert_eq!(answered.status(), 415, "{path} {body}");
        let detail = answered.json()["detail"].to_string();
        assert!(detail.contains("Content-Type: application/json"), "{detail}");
    }
    assert_eq!(bench.send(Method::POST, "/v1/kinds", &form, "kind=a").await.status(), 200);
    assert_eq!(bench.calls(), 1);
}

#[tokio::test]
async fn forwarded_answers_are_what_the_system_gives() {
    let bench = Bench::new();
    let image = [("x-api-key", "good-key"), ("accept", "image/png")];
    assert_eq!(bench.send(Method::GET, "/v1/orders/1", &image, "").await.status(), 200);
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    let bench = Bench::new();
    let first = bench.post("/v1/once", "{}").await;
    assert_eq!((first.status(), first.header("ratelimit-policy")), (200, "\"client\";q=1;w=3600"));
    assert_eq!(first.header("ratelimit"), "\"client\";r=0;t=3600");
    let second = bench.post("/v1/once", "{}").await;
    assert_eq!((second.status(), second.problem().as_str()), (429, "quota-exceeded"));
    assert!(second.header("retry-after").parse::<u64>().unwrap() > 3000);
    assert_eq!(second.json()["retry_after"].to_string(), second.header("retry-after"));
}

#[tokio::test]
async fn body_fields_choose_the_route() {
    let bench = Bench::new();
    assert_eq!(bench.post("/v1/kinds", r#"{"kind":"a"}"#).await.status(), 200);
    let answered = bench.post("/v1/kinds", r#"{"kind":"b"}"#).await;
    assert_eq!((answered.status(), answered.violations()), (422, vec!["/kind const".to_owned()]));
}

#[tokio::test]
async fn what_a_system_says_does_not_leak() {
    let failures: [(fn() -> Forwarded, u16, &str); 4] = [
        (|| Forwarded::Rejected { status: 409, message: "ORA-00001 SECRET".into() }, 422, "rejected"),
        (|| failed(FailureKind::Error), 502, "system-failed"),
        (|| failed(FailureKind::BreakerOpen), 503, "system-unavailable"),
        (|| failed(FailureKind::Timeout), 504, "timeout"),
    ];
    for (told, status, problem) in failures {
        let bench = Bench::new();
        *bench.system.answer.lock().unwrap() = Some(told);
        let answered = bench.post("/v1/orders", GOOD).await;
        assert_eq!((answered.status(), answered.problem().as_str()), (status, problem));
        assert!(!String::from_utf8_lossy(&answered.0.body).contains("SECRET"));
    }
    let bench = Bench::new();
    *bench.system.answer.lock().unwrap() =
        Some(|| Forwarded::Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: "x".into() });
    assert_eq!(bench.get("/v1/orders/1").await.status(), 200);
    *bench.system.answer.lock().unwrap() = Some(|| Forwarded::Absent);
    assert_eq!(bench.get("/v1/orders/1").await.problem(), "not-found");
}

fn failed(kind: FailureKind) -> Forwarded {
    Forwarded::Failed(Failure { kind, message: "SECRET".into(), retry_after: Some(Duration::from_secs(9)) })
}

#[tokio::test]
async fn a_slow_system_costs_no_more_than_the_budget() {
    let bench = Bench::over(Echo { takes: Duration::from_secs(30), ..Echo::default() });
    let began = std::time::Instant::now();
    let answered = bench.post("/v1/orders", GOOD).await;
    assert_eq!((answered.status(), answered.problem().as_str()), (504, "timeout"));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(bench.gateway.in_flight(), 0);
}

#[tokio::test]
async fn too_many_at_once_are_told_to_come_back() {
    let bench = Bench::over(Echo { takes: Duration::from_millis(100), ..Echo::default() });
    let all = (0..12).map(|_| bench.post("/v1/orders", GOOD));
    let mut statuses: Vec<u16> = join(all).await.iter().map(|answered| answered.status()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[7], statuses[8], statuses[11]), (200, 200, 503, 503));
}

async fn join<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|task| {
        for (one, slot) in waiting.iter_mut().zip(&mut done) {
            if let (None, std::task::Poll::Ready(output)) =
                (&slot, if slot.is_some() { std::task::Poll::Pending } else { one.as_mut().poll(task) })
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn correlation_and_browsers() {
    let bench = Bench::new();
    let kept = bench.send(Method::GET, "/v1/open", &[("x-correlation-id", "order-7")], "").await;
    assert_eq!(kept.header("x-correlation-id"), "order-7");
    let origin = ("origin", "https://portal.example");
    let told = bench.send(Method::GET, "/v1/open", &[origin], "").await;
    assert_eq!(told.header("access-control-allow-origin"), "https://portal.example");
    let preflight = [origin, ("access-control-request-method", "GET")];
    let told = bench.send(Method::OPTIONS, "/v1/open", &preflight, "").await;
    assert_eq!((told.status(), told.header("access-control-allow-methods")), (204, "GET, HEAD, OPTIONS"));
    let stranger = bench.send(Method::GET, "/v1/open", &[("origin", "https://evil.example")], "").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
}
