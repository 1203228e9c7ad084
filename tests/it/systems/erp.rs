//! Every row of how a real ERP behaved, over a socket: errors in 200, pages for JSON, sessions that
//! end, headers that lie.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::support::*;
use crossdock::clock::{Clock, SystemClock};
use crossdock::system::{CallContext, Connection, FailureKind, Live, Outcome};
use crossdock::value::Value;

const ERP: &str = r#"
system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: ${ERP_URL}/erp
envelope: json_rpc_1
auth:
  scheme: session
  header: Authorization
  login:
    post: /rpc/
    body: { id: 0, method: common.db.login, params: [ gateway, { password: "${secret:erp}" }, en ] }
    ok: status == 200 and body.result[1] is present
    value: '"Session {body.result[1]}"'
    backoff: 30s
outcome:
  rejected: body.error[0] == "UserError" or body.error[0] == "UserWarning"
  not_done: body.error[0] == "ConcurrencyException"
  transient: body.error[0] == "Busy"
operations:
  create_order:
    takes: { booking: test/booking@1 }
    gives: decimal
    post: /rpc/
    method: model.sale.sale.create
    request: { map: order_params }
    response: { map: first_id }
    effect: create
    key: booking.reference
    probe: { call: find_order, with: { reference: =booking.reference } }
  find_order:
    takes: { reference: string }
    gives: decimal
    post: /rpc/
    method: model.sale.sale.search
    request: { body: [ [ [ reference, "==", =reference ] ], { company: 1 } ] }
    response: { map: first_id }
    effect: read
  get_limit:
    takes: { number: string }
    gives: decimal
    post: /rpc/
    method: model.party.party.search_read
    request: { body: [ [ [ code, "==", =number ] ], 0, 1, null, [ credit_limit_amount ], { company: 1 } ] }
    response: { map: limit_of }
    effect: read
"#;

const SPECS: [(&str, &str); 5] = [
    (
        "specs/test/booking@1.json",
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
        "required":["reference"],"properties":{"reference":{"type":"string"}}}"#,
    ),
    (
        "specs/erp/params@1.json",
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array"}"#,
    ),
    (
        "specs/erp/ids@1.json",
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","items":{"type":"integer"},"minItems":1}"#,
    ),
    (
        "specs/erp/parties@1.json",
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","minItems":1,"items":{"type":"object",
        "required":["credit_limit_amount"],"properties":{"credit_limit_amount":{"type":"object","required":["decimal"],
        "properties":{"__class__":{"const":"Decimal"},"decimal":{"type":"string","format":"decimal"}}}}}}"#,
    ),
    (
        "specs/erp/amount@1.json",
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"number"}"#,
    ),
];

const MAPPINGS: [(&str, &str); 3] = [
    (
        "mappings/order_params.mapping",
        "map order_params\nfrom test/booking@1 as booking\nto erp/params@1\n\n[[{ reference: booking.reference }], { company: 1 }]\n",
    ),
    ("mappings/first_id.mapping", "map first_id\nfrom erp/ids@1 as ids\nto erp/amount@1\n\nids[0]\n"),
    (
        "mappings/limit_of.mapping",
        "map limit_of\nfrom erp/parties@1 as parties\nto erp/amount@1\n\nparties[0].credit_limit_amount.decimal\n",
    ),
];

/// An ERP that lets everyone in, and answers calls by a closure.
struct Erp {
    server: Server,
    live: Arc<Live>,
    connection: Connection,
    clock: Arc<dyn Clock>,
}

impl Erp {
    fn new(answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static) -> Erp {
        Erp::open(move |asked, count| match asked.method().as_str() {
            "common.db.login" => ok(r#"{"id":0,"result":[2,"token-1",null]}"#),
            _ => answer(asked, count),
        })
    }

    /// The closure answers logins too.
    fn open(answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static) -> Erp {
        let server = Server::start(answer);
        let mut files = vec![("systems/erp.yaml", ERP)];
        files.extend(SPECS);
        files.extend(MAPPINGS);
        let plan = project(&files, &[("ERP_URL", &server.url)]);
        let clock = SystemClock::shared();
        let live = live(Arc::clone(&clock));
        let connection = connect(&live, &plan, "erp");
        Erp { server, live, connection, clock }
    }

    fn context(&self) -> CallContext {
        context(&*self.clock)
    }

    async fn create(&self) -> Outcome {
        let booking = value(r#"{"reference":"B-1"}"#);
        call(&self.live, &self.connection, "create_order", &[Some(booking)], &self.context()).await
    }

    async fn limit(&self) -> Outcome {
        let number = Some(Value::from("C-1002"));
        call(&self.live, &self.connection, "get_limit", &[number], &self.context()).await
    }

    fn logins(&self) -> usize {
        self.server.asked().iter().filter(|asked| asked.method() == "common.db.login").count()
    }
}

/// The answer to a call, with its `id`.
fn rpc(asked: &Asked, rest: &str) -> Vec<u8> {
    ok(&format!(r#"{{"id":{},{rest}}}"#, id(asked)))
}

fn id(asked: &Asked) -> String {
    match value(&asked.body).get("id") {
        Some(Value::Number(id)) => id.to_string(),
        _ => "null".to_owned(),
    }
}

#[tokio::test]
async fn a_create_logs_in_once_and_says_what_it_is_about() {
    let erp = Erp::new(|asked, _| rpc(asked, r#""result":[7]"#));
    assert_eq!(erp.create().await, Outcome::Ok { value: Some(Value::from(7)), age: None });
    assert_eq!(erp.create().await, Outcome::Ok { value: Some(Value::from(7)), age: None });
    let asked = erp.server.asked();
    assert_eq!(erp.logins(), 1);
    assert!(asked[0].body.contains("s3cret"));
    let (create, again) = (&asked[1], &asked[2]);
    assert_eq!(create.line, "POST /erp/rpc/ HTTP/1.1");
    assert_eq!(create.headers["authorization"], "Session token-1");
    assert_eq!(create.headers["x-correlation-id"], "c-1");
    assert_eq!(create.headers["idempotency-key"], "k-1");
    let (trace, other) = (&create.headers["traceparent"], &again.headers["traceparent"]);
    assert!(trace.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && !trace.contains("00f067aa0ba902b7"));
    assert_ne!(trace, other, "every call has a span of its own");
    let body = value(&create.body);
    assert_eq!(body.get("params"), Some(&value(r#"[[{"reference":"B-1"}],{"company":1}]"#)));
}

#[tokio::test]
async fn reads_carry_no_idempotency_key_and_decimals_stay_exact() {
    let result = r#""result":[{"id":3,"credit_limit_amount":{"__class__":"Decimal","decimal":"50000.10"}}]"#;
    let erp = Erp::new(move |asked, _| rpc(asked, result));
    let Outcome::Ok { value: Some(Value::Number(limit)), .. } = erp.limit().await else {
        panic!("no limit");
    };
    assert_eq!(limit.to_string(), "50000.10");
    assert!(!erp.server.asked()[1].headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn errors_inside_a_200_mean_what_is_declared() {
    let error = Arc::new(std::sync::Mutex::new(String::new()));
    let said = Arc::clone(&error);
    let erp = Erp::new(move |asked, _| rpc(asked, &format!(r#""error":{}"#, said.lock().unwrap())));
    let say = |text: &str| text.clone_into(&mut error.lock().unwrap());

    say(r#"["UserError",["You can not call \"confirm\"","",null]]"#);
    let Outcome::Rejected { status: 200, message } = erp.create().await else { panic!("not rejected") };
    assert!(message.contains("You can not call"), "{message}");

    say(r#"["UserWarning",["credit_limit","over the limit",""]]"#);
    assert_eq!(kind(&erp.create().await), ("rejected", None));

    say(r#"["ConcurrencyException","Records were modified in the meanwhile"]"#);
    assert_eq!(kind(&erp.create().await), ("not_done", Some(FailureKind::Unavailable)));

    // "Not now" does not say that nothing was done: a create is looked for before it is sent again.
    say(r#"["Busy","try later"]"#);
    assert_eq!(kind(&erp.create().await), ("unknown", Some(FailureKind::Unavailable)));
    assert_eq!(kind(&erp.limit().await), ("not_done", Some(FailureKind::Unavailable)));

    // A bare KeyError: nobody can say what it means, so a create is in doubt and a read may be repeated.
    say(r#"["'res.user'",""]"#);
    assert_eq!(kind(&erp.create().await), ("unknown", Some(FailureKind::Error)));
    assert_eq!(kind(&erp.limit().await), ("unknown", Some(FailureKind::Error)));
}

#[tokio::test]
async fn pages_instead_of_envelopes() {
    let cases = [
        ("403 FORBIDDEN", ("unknown", FailureKind::Auth), ("invalid", FailureKind::Auth)),
        ("400 BAD REQUEST", ("unknown", FailureKind::Error), ("invalid", FailureKind::Error)),
        ("500 INTERNAL SERVER ERROR", ("unknown", FailureKind::Error), ("unknown", FailureKind::Error)),
        ("502 Bad Gateway", ("unknown", FailureKind::Unavailable), ("unknown", FailureKind::Unavailable)),
        ("503 Unavailable", ("unknown", FailureKind::Unavailable), ("unknown", FailureKind::Unavailable)),
        ("504 Timeout", ("unknown", FailureKind::Timeout), ("unknown", FailureKind::Timeout)),
        // A page that says 200 is no answer either.
        ("200 OK", ("unknown", FailureKind::Invalid), ("invalid", FailureKind::Invalid)),
    ];
    for (status, create, read) in cases {
        let erp =
            Erp::new(move |_, _| http(status, &["content-type: text/html; charset=utf-8"], "<h1>Sorry</h1>"));
        let outcome = erp.create().await;
        assert_eq!(kind(&outcome), (create.0, Some(create.1)), "create, {status}");
        let outcome = erp.limit().await;
        assert_eq!(kind(&outcome), (read.0, Some(read.1)), "read, {status}");
    }
}

#[tokio::test]
async fn an_answer_to_another_call_is_no_answer() {
    let erp = Erp::new(|_, _| ok(r#"{"id":999999,"result":[7]}"#));
    assert_eq!(kind(&erp.create().await), ("unknown", Some(FailureKind::Invalid)));
    assert_eq!(kind(&erp.limit().await), ("invalid", Some(FailureKind::Invalid)));
}

#[tokio::test]
async fn null_for_what_we_may_not_see_is_not_no_limit() {
    let erp = Erp::new(|asked, _| rpc(asked, r#""result":[{"credit_limit_amount":null}]"#));
    let outcome = erp.limit().await;
    assert_eq!(kind(&outcome), ("invalid", Some(FailureKind::Invalid)));
    let message = &outcome.failure().unwrap().message;
    assert!(message.contains("/0/credit_limit_amount"), "{message}");
}

#[tokio::test]
async fn a_gzip_header_on_plain_bytes() {
    let erp = Erp::new(|asked, _| {
        let body = format!(r#"{{"id":{},"result":[7],"padding":"{}"}}"#, id(asked), "x".repeat(1500));
        http("200 OK", &["content-type: application/json", "content-encoding: gzip"], &body)
    });
    assert_eq!(erp.create().await, Outcome::Ok { value: Some(Value::from(7)), age: None });
}

#[tokio::test]
async fn a_page_of_32_kb_leaves_a_line() {
    let erp = Erp::new(|asked, _| {
        rpc(asked, &format!(r#""error":["UserError",["The address\n{}"]]"#, "is bad. ".repeat(4100)))
    });
    let Outcome::Rejected { message, .. } = erp.create().await else { panic!("not rejected") };
    assert!(message.chars().count() < 540, "{}", message.len());
    assert!(message.contains("UserError") && !message.contains('\n'));
}

#[tokio::test]
async fn a_session_that_ended_is_opened_again_within_the_attempt() {
    let logins = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&logins);
    let erp = Erp::open(move |asked, _| {
        if asked.method() == "common.db.login" {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            return ok(&format!(r#"{{"id":0,"result":[2,"token-{number}",null]}}"#));
        }
        // The first session is over at once: 401, empty, text/plain.
        match asked.headers["authorization"].as_str() {
            "Session token-1" => http("401 UNAUTHORIZED", &["content-type: text/plain"], ""),
            _ => rpc(asked, r#""result":[7]"#),
        }
    });
    assert_eq!(erp.create().await, Outcome::Ok { value: Some(Value::from(7)), age: None });
    assert_eq!(logins.load(Ordering::SeqCst), 2);
    assert_eq!(erp.create().await, Outcome::Ok { value: Some(Value::from(7)), age: None });
    assert_eq!(logins.load(Ordering::SeqCst), 2, "the new session is kept");
}

#[tokio::test]
async fn a_session_that_is_never_good_ends_the_attempt() {
    let erp = Erp::new(|_, _| http("401 UNAUTHORIZED", &["content-type: text/plain"], ""));
    assert_eq!(kind(&erp.create().await), ("not_done", Some(FailureKind::Auth)));
    assert_eq!(erp.logins(), 2, "once more, and no more");
}

#[tokio::test]
async fn a_refused_login_is_not_tried_again_by_the_crowd() {
    let erp = Erp::open(|_, _| http("429 TOO MANY REQUESTS", &["retry-after: 90"], "<h1>slow down</h1>"));
    let outcome = erp.create().await;
    assert_eq!(kind(&outcome), ("held", Some(FailureKind::Auth)));
    assert_eq!(outcome.failure().unwrap().retry_after, Some(Duration::from_secs(90)));
    for _ in 0..6 {
        assert_eq!(kind(&erp.create().await), ("held", Some(FailureKind::Auth)));
    }
    assert_eq!(erp.logins(), 1, "six wrong passwords would lock us out");
    let message = &outcome.failure().unwrap().message;
    assert!(!message.contains("s3cret"), "{message}");
}

#[tokio::test]
async fn the_probe_of_a_create_asks_for_its_key() {
    let erp = Erp::new(|asked, _| rpc(asked, r#""result":[7]"#));
    let create = erp.connection.system.operation("create_order").unwrap();
    let booking = [Some(value(r#"{"reference":"B-9"}"#))];
    let found = erp.live.probe(&erp.connection, create, &booking, &erp.context()).await;
    assert_eq!(found, Outcome::Ok { value: Some(Value::from(7)), age: None });
    let asked = erp.server.asked();
    assert_eq!(asked[1].method(), "model.sale.sale.search");
    let params = value(&asked[1].body);
    assert_eq!(params.pointer("/params/0/0/2"), Some(&Value::from("B-9")));
}

#[tokio::test]
async fn a_system_that_is_down_was_not_reached() {
    let files = [("systems/erp.yaml", DISPATCH)];
    // Bound and closed again: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let plan = project(&files, &[("DISPATCH_URL", &format!("http://127.0.0.1:{port}"))]);
    let clock = SystemClock::shared();
    let live = live(Arc::clone(&clock));
    let connection = connect(&live, &plan, "dispatch");
    let id = [Some(Value::from("J-1"))];
    let outcome = call(&live, &connection, "create_job", &id, &context(&*clock)).await;
    assert_eq!(kind(&outcome), ("not_done", Some(FailureKind::Connect)));
}

const DISPATCH: &str = r#"
system: dispatch
owner: dispatch_operations
runbook: https://wiki.example/dispatch
url: ${DISPATCH_URL}
timeout: 300ms
operations:
  create_job:
    takes: { id: string }
    post: /jobs/{id}
    request: { body: { id: =id } }
    effect: create
  get_job:
    takes: { id: string, page: "integer?" }
    gives: object
    get: /jobs/{id}
    query: { page: =page, full: "yes" }
    headers: { X-Depot: north }
    outcome: { not_found: 'status == 404' }
    effect: read
"#;

/// A dispatch system that answers by a closure.
async fn dispatch(
    operation: &str,
    inputs: &[Option<Value>],
    answer: impl Fn(&Asked, usize) -> Vec<u8> + Send + Sync + 'static,
) -> (Outcome, Vec<Asked>) {
    let server = Server::start(answer);
    let plan = project(&[("systems/dispatch.yaml", DISPATCH)], &[("DISPATCH_URL", &server.url)]);
    let clock = SystemClock::shared();
    let live = live(Arc::clone(&clock));
    let connection = connect(&live, &plan, "dispatch");
    let outcome = call(&live, &connection, operation, inputs, &context(&*clock)).await;
    (outcome, server.asked())
}

#[tokio::test]
async fn values_in_paths_and_queries_are_escaped() {
    let id = [Some(Value::from("a/b c?ü")), None];
    let (outcome, asked) = dispatch("get_job", &id, |_, _| http("404 Not Found", &[], "")).await;
    assert_eq!(outcome, Outcome::Ok { value: None, age: None });
    assert_eq!(asked[0].line, "GET /jobs/a%2Fb%20c%3F%C3%BC?full=yes HTTP/1.1");
    assert_eq!(asked[0].headers["x-depot"], "north");
    for hostile in ["", ".", ".."] {
        let (outcome, asked) =
            dispatch("get_job", &[Some(Value::from(hostile)), None], |_, _| ok("{}")).await;
        assert_eq!(kind(&outcome), ("invalid", Some(FailureKind::Request)), "{hostile}");
        assert!(asked.is_empty());
    }
}

#[tokio::test]
async fn no_answer_in_time_leaves_a_create_in_doubt() {
    let slow = |_: &Asked, _: usize| {
        std::thread::sleep(Duration::from_millis(900));
        ok("{}")
    };
    let (outcome, _) = dispatch("create_job", &[Some(Value::from("J-1"))], slow).await;
    assert_eq!(kind(&outcome), ("unknown", Some(FailureKind::Timeout)));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_create_in_doubt() {
    let (outcome, _) = dispatch("create_job", &[Some(Value::from("J-1"))], |_, _| Vec::new()).await;
    assert_eq!(kind(&outcome), ("unknown", Some(FailureKind::Broken)));
    let half = |_: &Asked, _: usize| b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\"".to_vec();
    let (outcome, _) = dispatch("create_job", &[Some(Value::from("J-1"))], half).await;
    assert_eq!(kind(&outcome), ("unknown", Some(FailureKind::Broken)));
}
