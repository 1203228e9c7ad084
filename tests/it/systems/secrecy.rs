//! What a system says never carries into a log what is not for logs.

use std::sync::Arc;

use super::support::*;
use crossdock::clock::SystemClock;
use crossdock::mapping::Query;
use crossdock::system::{Connection, HttpTransport, Outcome, Surroundings};

const ERP: &str = r#"
system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: ${ERP_URL}
auth: { scheme: bearer, token: "${secret:token}" }
headers: { x-tenant: "t-${secret:tenant}" }
outcome:
  rejected: status == 422
operations:
  get_account:
    gives: object
    get: /account
    effect: read
"#;

/// Echoes the proof of identity, in the form that `answer` gives it.
async fn told(answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> String {
    let server =
        Server::start(move |asked, _| answer(&asked.headers["authorization"], &asked.headers["x-tenant"]));
    let plan = project(&[("systems/erp.yaml", ERP)], &[("ERP_URL", &server.url)]);
    let clock = SystemClock::shared();
    let live = live(Arc::clone(&clock));
    let queries: Arc<[Query]> = ["$..contact", "$..phone"].map(|text| Query::compile(text).unwrap()).into();
    let connection = linked(&live, &plan, |name| format!("hush-\"{name}\"")).unwrap().redacting(&queries);
    match call(&live, &connection, "get_account", &[], &context(&*clock)).await {
        Outcome::Rejected { message, .. } => message,
        outcome => outcome.failure().expect("no good answer").message.clone(),
    }
}

fn linked(
    live: &crossdock::system::Live,
    plan: &crossdock::plan::Plan,
    secret: impl Fn(&str) -> String,
) -> Result<Connection, Vec<String>> {
    let transport = Arc::new(HttpTransport::new(&plan.systems["erp"], &Surroundings::default()).unwrap());
    live.connect(&plan.systems["erp"], transport, &|name| Some(secret(name).into()))
}

const JSON: &[&str] = &["content-type: application/json"];

#[tokio::test]
async fn what_a_project_redacts_is_redacted_in_what_a_system_says() {
    for status in ["400 Bad Request", "422 Unprocessable Content", "503 Service Unavailable"] {
        let said = told(move |_, _| {
            http(status, JSON, r#"{"error":"blocked","contact":"Jane PII","list":[{"phone":"555-PII"}]}"#)
        });
        let said = said.await;
        assert!(said.contains("blocked") && !said.contains("PII"), "{said}");
        assert!(said.contains(r#""contact":"[redacted]""#), "{said}");
    }
}

#[tokio::test]
async fn a_system_that_echoes_its_secrets_tells_no_log() {
    let said = told(|proof, tenant| {
        let quoted = |text: &str| text.replace('"', "\\\"");
        let (proof, tenant) = (quoted(proof), quoted(tenant));
        let body = format!(r#"{{"why":"no {proof}","tenant":["{tenant}"],"{tenant}":1}}"#);
        http("401 Unauthorized", JSON, &body)
    });
    let said = said.await;
    assert!(!said.contains("hush") && said.contains(r#""why":"no [redacted]""#), "{said}");
}

#[tokio::test]
async fn what_is_no_json_is_described_and_not_quoted() {
    let said =
        |kind: &'static str, body: &'static str| told(move |_, _| http("502 Bad Gateway", &[kind], body));
    assert_eq!(
        said("content-type: text/html; charset=utf-8", "<p>Jane PII</p>").await,
        "status 502, text/html, 15 bytes"
    );
    assert_eq!(said("content-type: text/plain", "Jane PII").await, "status 502, text/plain, 8 bytes");
    assert_eq!(
        said("content-type: application/json", "{Jane PII").await,
        "status 502, application/json, 9 bytes"
    );
    assert_eq!(said("x-nothing: said", "").await, "status 502, no body");
    let long =
        told(|_, _| http("400 Bad Request", JSON, &format!(r#"{{"error":"{}"}}"#, "x".repeat(9000)))).await;
    assert!(long.len() < 400, "{}", long.len());
}

#[test]
fn a_secret_that_no_header_can_hold_is_refused_before_any_call() {
    let plan = project(&[("systems/erp.yaml", ERP)], &[("ERP_URL", "http://erp.test")]);
    let live = live(SystemClock::shared());
    let wrong = linked(&live, &plan, |name| format!("a\r\nX-Evil-{name}: 1")).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].starts_with("`erp` needs the secret `tenant`, which holds a line break"), "{wrong:?}");
    assert!(wrong[1].starts_with("`erp`: `token` holds a line break"), "{wrong:?}");
    assert!(!wrong.concat().contains("Evil"), "{wrong:?}");
}
