//! Tokens against forged requests, as SAP's OData services ask for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::*;
use crossdock::clock::SystemClock;
use crossdock::system::{Connection, FailureKind, Live, Outcome};

const SAP: &str = r#"
system: sap
owner: test
runbook: https://wiki.example/sap
url: ${SAP_URL}/sap/opu
auth:
  scheme: basic
  user: gateway
  password: ${secret:sap}
  csrf: { get: /odata/ORDERS/ }
operations:
  create_order:
    takes: { reference: string }
    post: /odata/ORDERS/A_Order
    effect: create
    key: reference
    probe: { call: find_order, with: { reference: =reference } }
  find_order: { get: /odata/ORDERS/A_Order, takes: { reference: string }, gives: object, effect: read }
"#;

struct Sap {
    server: Server,
    live: Arc<Live>,
    connection: Connection,
    /// The session that is good now.
    good: Arc<AtomicUsize>,
}

impl Sap {
    fn new(fetched: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static) -> Sap {
        let (good, fetches) = (Arc::new(AtomicUsize::new(1)), AtomicUsize::new(0));
        let now = Arc::clone(&good);
        let server = Server::start(move |asked, _| {
            assert_eq!(asked.headers["authorization"], "Basic Z2F0ZXdheTpzM2NyZXQ=", "both need the proof");
            let shown = |name: &str| asked.headers.get(name).cloned().unwrap_or_default();
            if shown("x-csrf-token") == "fetch" {
                assert_eq!(asked.line, "GET /sap/opu/odata/ORDERS/ HTTP/1.1");
                return fetched(fetches.fetch_add(1, Ordering::SeqCst) + 1);
            }
            let number = now.load(Ordering::SeqCst);
            let good = (format!("tok-{number}=="), format!("SAP_SESSIONID={number}; sap-usercontext=client"));
            match (shown("x-csrf-token"), shown("cookie")) == good {
                true => ok("{}"),
                false => http("403 Forbidden", &["x-csrf-token: Required"], "CSRF token validation failed"),
            }
        });
        let plan = project(&[("systems/sap.yaml", SAP)], &[("SAP_URL", &server.url)]);
        let live = live(SystemClock::shared());
        let connection = connect(&live, &plan, "sap");
        Sap { server, live, connection, good }
    }

    async fn create(&self) -> Outcome {
        let clock = SystemClock::shared();
        let reference = [Some("B-1".into())];
        call(&self.live, &self.connection, "create_order", &reference, &context(&*clock)).await
    }

    fn fetches(&self) -> usize {
        self.server
            .asked()
            .iter()
            .filter(|asked| asked.headers.get("x-csrf-token").is_some_and(|own| own == "fetch"))
            .count()
    }
}

fn given(number: usize) -> Vec<u8> {
    let headers = [
        format!("x-csrf-token: tok-{number}=="),
        format!("set-cookie: SAP_SESSIONID={number}; path=/; secure; HttpOnly"),
        "set-cookie: sap-usercontext=client; path=/".to_owned(),
    ];
    http("200 OK", &headers.each_ref().map(String::as_str), "{}")
}

#[tokio::test]
async fn a_token_is_fetched_once_and_goes_with_its_cookies() {
    let sap = Sap::new(given);
    for _ in 0..3 {
        assert_eq!(sap.create().await.name(), "ok");
    }
    assert_eq!(sap.fetches(), 1);
    assert!(!format!("{:?}", sap.connection).contains("tok-"), "nobody sees it");
}

#[tokio::test]
async fn a_token_that_is_over_is_fetched_again() {
    let sap = Sap::new(given);
    assert_eq!(sap.create().await.name(), "ok");
    sap.good.store(2, Ordering::SeqCst);
    assert_eq!(sap.create().await.name(), "ok", "refused before anything was done, it is sent once more");
    assert_eq!(sap.fetches(), 2);
    sap.good.store(99, Ordering::SeqCst);
    let before = sap.server.asked().len();
    assert!(sap.create().await.name() != "ok");
    assert_eq!(sap.server.asked().len() - before, 3, "call, fetch, call; no more");
}

#[tokio::test]
async fn no_token_no_call() {
    let answers: [fn(usize) -> Vec<u8>; 3] = [
        |_| http("401 Unauthorized", &[], ""),
        |_| http("200 OK", &[], "{}"),
        |_| http("200 OK", &["x-csrf-token: Required"], "{}"),
    ];
    for answer in answers {
        let sap = Sap::new(answer);
        for _ in 0..3 {
            assert_eq!(kind(&sap.create().await), ("held", Some(FailureKind::Auth)));
        }
        assert_eq!((sap.server.asked().len(), sap.fetches()), (1, 1), "nothing of the create was sent");
    }
}
