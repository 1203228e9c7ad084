//! Reloads under load, and what operators see of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::bench::{Answered, Bench, Echo, fresh, plan};
use crate::diagnostic::Sources;
use crate::gateway::admin::Admin;
use crate::gateway::reload::{Read, Reader, Reloader, report_of};
use crate::http::{HeaderMap, HeaderValue, Method, Request};

/// A project that is broken at every second reading, and whose routes and systems carry its number.
fn reader() -> Reader {
    let readings = AtomicU64::new(1);
    Arc::new(move || {
        let number = readings.fetch_add(1, Ordering::Relaxed) + 1;
        let digest = format!("reading-{number}").into();
        let fresh = if number.is_multiple_of(2) {
            let system = Echo {
                marker: Some(format!("\"{number}\"")),
                takes: Duration::from_millis(1),
                ..Echo::default()
            };
            Ok(fresh(plan(|plan| plan.digest = format!("reading-{number}").into()), Arc::new(system)))
        } else {
            Err(vec!["the project has errors".to_owned()])
        };
        Read { digest, fresh, findings: Vec::new(), sources: Sources::default() }
    })
}

fn reloader(bench: &Bench) -> Arc<Reloader> {
    let reader = reader();
    let first = Read {
        digest: "d".into(),
        fresh: Err(Vec::new()),
        findings: Vec::new(),
        sources: Sources::default(),
    };
    Arc::new(Reloader::new(Arc::clone(&bench.gateway), reader, report_of(&first, 1)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_through_two_hundred_reloads_half_of_them_broken() {
    let bench = Arc::new(Bench::over(Echo { marker: Some("\"1\"".to_owned()), ..Echo::default() }));
    let (reloader, ended) = (reloader(&bench), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (bench, ended) = (Arc::clone(&bench), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    let answered = bench.post("/v1/orders", r#"{"number":1,"lines":[]}"#).await;
                    assert_eq!(answered.status(), 200);
                    seen.push(answered.header("etag").trim_matches('"').parse::<u64>().unwrap());
                }
                seen
            })
        })
        .collect();
    let mut applied = 0;
    for _ in 0..240 {
        applied += u32::from(reloader.reload("test").await.applied);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ended.store(true, Ordering::Relaxed);
    let mut seen = Vec::new();
    for caller in callers {
        seen.extend(caller.await.unwrap());
    }
    assert_eq!(applied, 120);
    assert_eq!(bench.gateway.generation().number, 121);
    assert!(
        seen.iter().all(|number| *number == 1 || number.is_multiple_of(2)),
        "an answer from a refused project"
    );
    assert!(seen.iter().collect::<std::collections::BTreeSet<_>>().len() > 20, "the reloads were not seen");
}

#[tokio::test]
async fn a_refused_project_is_shown_and_the_old_one_serves() {
    let bench = Bench::new();
    let reloader = reloader(&bench);
    let admin = Admin::new(Arc::clone(&bench.gateway), Arc::clone(&reloader));
    let good = ask(&admin, Method::POST, "/reload", Some("operate-token")).await;
    assert_eq!((good.status(), good.json()["generation"].as_u64()), (200, Some(2)));
    let bad = ask(&admin, Method::POST, "/reload", Some("operate-token")).await;
    assert_eq!((bad.status(), bad.json()["applied"].as_bool()), (422, Some(false)));
    let config = ask(&admin, Method::GET, "/config", Some("view-token")).await.json();
    assert_eq!((config["generation"].as_u64(), config["digest"].as_str()), (Some(2), Some("reading-2")));
    assert_eq!(config["last_reload"]["reasons"][0], "the project has errors");
    assert_eq!(bench.get("/v1/orders/1").await.status(), 200);
    let metrics = ask(&admin, Method::GET, "/metrics", Some("view-token")).await;
    let text = String::from_utf8_lossy(&metrics.0.body).into_owned();
    for line in [
        r#"crossdock_reloads_total{kind="refused"} 1"#,
        "crossdock_generation 2",
        r#"route="GET /v1/orders/{number}",status="2xx"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn operators_say_who_they_are() {
    let bench = Bench::new();
    let admin = Admin::new(Arc::clone(&bench.gateway), reloader(&bench));
    assert_eq!(ask(&admin, Method::GET, "/healthz", None).await.status(), 200);
    assert_eq!(ask(&admin, Method::GET, "/readyz", None).await.status(), 200);
    for (token, metrics, reload) in
        [(None, 401, 401), (Some("guess"), 401, 401), (Some("view-token"), 200, 403)]
    {
        assert_eq!(ask(&admin, Method::GET, "/metrics", token).await.status(), metrics);
        assert_eq!(ask(&admin, Method::POST, "/reload", token).await.status(), reload);
    }
    assert_eq!(ask(&admin, Method::GET, "/reload", Some("operate-token")).await.status(), 405);
    assert_eq!(ask(&admin, Method::GET, "/other", None).await.status(), 404);
    bench.gateway.drain();
    assert_eq!(ask(&admin, Method::GET, "/readyz", None).await.status(), 503);
    assert_eq!(ask(&admin, Method::GET, "/healthz", None).await.status(), 200);
}

#[tokio::test]
async fn a_moved_listener_wants_a_restart() {
    let bench = Bench::new();
    let reader: Reader = Arc::new(|| {
        let moved = plan(|plan| plan.settings.public = "127.0.0.1:1".into());
        let fresh = Ok(fresh(moved, Arc::new(Echo::default())));
        Read { digest: "m".into(), fresh, findings: Vec::new(), sources: Sources::default() }
    });
    let first = Read {
        digest: "d".into(),
        fresh: Err(Vec::new()),
        findings: Vec::new(),
        sources: Sources::default(),
    };
    let reloader = Reloader::new(Arc::clone(&bench.gateway), reader, report_of(&first, 1));
    let report = reloader.reload("test").await;
    assert!(report.applied);
    assert!(
        report.restart[0].contains("`listen: public` changed from `127.0.0.1:0` to `127.0.0.1:1`"),
        "{report:?}"
    );
}

async fn ask(admin: &Admin, method: Method, path: &str, token: Option<&str>) -> Answered {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    }
    Answered(admin.answer(Request::new(method, path.parse().unwrap(), headers, "".into())).await)
}
