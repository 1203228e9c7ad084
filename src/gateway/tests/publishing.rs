//! What comes in from outside: kept before it is answered, split once, whatever ends in between; and handshakes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::bench::{Answered, Echo};
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::event::INTAKE;
use crate::gateway::{Fresh, Gateway};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use crate::plan::{Secrets, check};
use crate::store::{CaseFilter, Event, EventFilter, Memory, Store, Writer};
use crate::telemetry::Metrics;

/// A gateway over a store that others may have written to before.
fn gateway(store: &Arc<Memory>) -> Arc<Gateway> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cli/test/webhooks");
    let checked = check(&project, &Environment::default());
    let plan = Arc::new(checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)));
    let secrets = Secrets::stand_ins(Path::new(""), &plan);
    let fresh = Fresh {
        post: Arc::new(crate::event::Outbox::default()),
        plan,
        secrets,
        systems: Arc::new(Echo::default()),
        root: Default::default(),
        keys_only: false,
    };
    let store = Arc::clone(store) as Arc<dyn Store>;
    Gateway::over(Writer::inline(store), fresh, SystemClock::shared(), Metrics::shared()).unwrap()
}

async fn send(
    gateway: &Gateway,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Answered {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let headers: HeaderMap = headers.iter().map(pair).collect();
    Answered(gateway.answer(Request::new(method, target.parse().unwrap(), headers, body.into())).await)
}

const CLOUD: [(&str, &str); 2] =
    [("authorization", "Bearer cloud"), ("content-type", "application/cloudevents-batch+json")];

fn events(store: &Memory, name: &str) -> Vec<Event> {
    let filter = EventFilter { name: Some(name.into()), ..EventFilter::default() };
    store.events(&filter, 100).unwrap()
}

#[tokio::test]
async fn what_was_taken_in_is_split_once_also_by_the_next_process() {
    let store = Arc::new(Memory::new());
    let batch = r#"[
        { "specversion": "1.0", "id": "1", "source": "/d", "type": "com.acme.milestone",
          "data": { "shipment": "S-1", "milestone": "picked_up", "account": "C-1" } },
        { "specversion": "1.0", "id": "2", "source": "/d", "type": "com.acme.milestone", "data": {} }
    ]"#;
    // Nobody splits here: the process ends as soon as it has answered.
    let before = gateway(&store);
    assert_eq!(send(&before, Method::POST, "/hooks/cloud", &CLOUD, batch).await.status(), 200);
    assert_eq!(send(&before, Method::POST, "/hooks/cloud", &CLOUD, batch).await.status(), 200);
    drop(before);
    assert_eq!(events(&store, INTAKE).len(), 1, "the same bytes are the same message");
    assert_eq!(events(&store, "delivery.milestone").len(), 0);
    for _ in 0..2 {
        let after = gateway(&store);
        after.engine().watch_over();
        while events(&store, "delivery.milestone").is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // The next message is split behind the first: then all of the first is done.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = events(&store, "delivery.milestone");
    assert_eq!(told.len(), 1);
    assert_eq!((&*told[0].key, &*told[0].account), ("S-1", "C-1"));
    assert_eq!(&*told[0].source, "route:POST /hooks/cloud");
    let cases = store.cases(&CaseFilter::default(), 10).unwrap();
    assert_eq!(cases.len(), 1, "the bad item is a case, once");
    assert_eq!(&*cases[0].owner, "dispatch_operations");
}

#[tokio::test]
async fn a_challenge_comes_back_as_it_is_and_no_page() {
    let gateway = gateway(&Arc::new(Memory::new()));
    let answered = send(&gateway, Method::GET, "/hooks/onfleet?check=%3Cb%3Eabc", &[], "").await;
    assert_eq!((answered.status(), &answered.0.body[..]), (200, &b"<b>abc"[..]));
    assert_eq!(answered.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answered.header("x-content-type-options"), "nosniff");
    let long = format!("/hooks/onfleet?check={}", "a".repeat(2000));
    assert_eq!(send(&gateway, Method::GET, &long, &[], "").await.status(), 403);
    assert_eq!(send(&gateway, Method::GET, "/hooks/onfleet?chek=abc", &[], "").await.status(), 405);
    let path = "/hooks/meta?hub.mode=subscribe&hub.verify_token=meta&hub.challenge=42";
    assert_eq!(&send(&gateway, Method::GET, path, &[], "").await.0.body[..], b"42");
    let slack = [("authorization", "Bearer cloud"), ("content-type", "application/json")];
    let answered = send(&gateway, Method::POST, "/hooks/meta", &slack, r#"{"challenge":"abc"}"#).await;
    assert_eq!((answered.status(), &answered.0.body[..]), (200, &b"abc"[..]));
}

#[tokio::test]
async fn only_declared_origins_are_told_that_they_may_send() {
    let gateway = gateway(&Arc::new(Memory::new()));
    let asked = async |path: &str, origin: &str| {
        let answered = send(&gateway, Method::OPTIONS, path, &[("webhook-request-origin", origin)], "").await;
        assert_eq!(answered.status(), 204);
        answered.header("webhook-allowed-origin").to_owned()
    };
    assert_eq!(asked("/hooks/cloud", "events.acme.example").await, "events.acme.example");
    assert_eq!(asked("/hooks/cloud", "evil.example").await, "");
    assert_eq!(asked("/hooks/onfleet", "events.acme.example").await, "");
}
