//! Stubs that remember: an ERP with accounts and orders, a dispatch system with capacity, an ERP that
//! speaks JSON-RPC.

use std::sync::Arc;
use std::time::Duration;

use super::support::*;
use crossdock::clock::{Clock, Moment, VirtualClock};
use crossdock::config::{Environment, load_texts};
use crossdock::diagnostic::Diagnostic;
use crossdock::mapping;
use crossdock::schema::Schemas;
use crossdock::simulator::{self, Fault, Scripted, Simulator, Stub};
use crossdock::system::{Connection, FailureKind, Live, OperationName, Outcome};
use crossdock::value::Value;

const ERP: &str = r#"
system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: ${ERP_URL}
timeout: 5s
outcome:
  rejected: status == 422
operations:
  create_order:
    takes: { sold_to: string, reference: string, total: decimal }
    gives: object
    post: /orders
    request: { body: { soldTo: =sold_to, reference: =reference, total: =total } }
    effect: create
    key: reference
    probe: { call: find_order }
  find_order:
    takes: { reference: string }
    gives: object
    get: /orders
    query: { reference: =reference }
    outcome: { not_found: 'status == 404' }
    effect: read
  get_account:
    takes: { number: string }
    gives: object
    get: /accounts/{number}
    outcome: { not_found: 'status == 404' }
    effect: read
  cancel_order:
    takes: { number: string }
    post: /orders/{number}/cancel
    effect: idempotent
"#;

const STUB: &str = r#"
stub: erp
delay: 20ms
state:
  accounts:
    records:
      - { number: C-1, limit: 100.00, used: 0 }
  orders: { at_most: 3 }
  order_number: { counter: 4711 }
operations:
  get_account:
    - find: { account: { in: accounts, where: 'it.number == path.number' } }
    - when: account is present
      answer: { body: =account }
    - answer: { status: 404 }
  find_order:
    - find: { order: { in: orders, where: 'it.reference == query.reference' } }
    - when: order is present
      answer: { body: =order }
    - answer: { status: 404 }
  create_order:
    - find: { account: { in: accounts, where: 'it.number == body.soldTo' } }
    - when: account is not present
      answer: { status: 422, body: { error: no such account } }
    - when: account.used + body.total > account.limit
      answer: { status: 422, body: { error: over the credit limit } }
    - next: order_number
      insert: { orders: { number: '="SO-{order_number}"', reference: =body.reference } }
      update:
        in: accounts
        where: it.number == body.soldTo
        set: { used: '=(it.used ?? 0) + (body.total ?? 0)' }
      answer: { status: 201, body: { number: '="SO-{order_number}"' } }
  cancel_order:
    - remove: { in: orders, where: 'it.number == path.number' }
      answer: { status: 204 }
"#;

/// The stubs of a project, and what was found about them.
fn stubs(files: &[(&str, &str)]) -> (Vec<Arc<Stub>>, Vec<Diagnostic>) {
    let plan = project(&files[..1], &[]);
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let (project, _) = load_texts(texts, &Environment::default());
    let (schemas, _) = Schemas::compile(&[]);
    let (tables, rejections) = (mapping::Tables::default(), mapping::Rejections::new());
    let environment = mapping::Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let deps = simulator::Deps { environment, systems: &plan.systems, sources: &project.sources };
    let (mut stubs, mut findings) = (Vec::new(), Vec::new());
    for file in &project.stubs {
        let (stub, found) = simulator::compile(file, &deps);
        stubs.extend(stub.map(Arc::new));
        findings.extend(found);
    }
    (stubs, findings)
}

struct Rig {
    clock: Arc<VirtualClock>,
    live: Arc<Live>,
    simulator: Arc<Simulator>,
    connection: Connection,
}

impl Rig {
    fn new(system: &str, stub: &str) -> Rig {
        let (stubs, findings) = stubs(&[("systems/system.yaml", system), ("stubs/stub.yaml", stub)]);
        let words: Vec<_> = findings.iter().map(|one| (one.code.name, &one.message)).collect();
        assert!(words.is_empty(), "{words:?}");
        let clock = VirtualClock::new(Moment(1_700_000_000_000_000_000), 1);
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let system = Arc::clone(&stubs[0].system);
        let simulator = Simulator::new(stubs, Arc::default(), Arc::clone(&shared));
        let live = live(shared);
        let connection = live.connect(&system, simulator.clone(), &|_| Some("stub".into())).unwrap();
        Rig { clock, live, simulator, connection }
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.clock.run(future).unwrap()
    }

    async fn ask(&self, operation: &str, inputs: &[Value]) -> Outcome {
        let inputs: Vec<Option<Value>> = inputs.iter().cloned().map(Some).collect();
        call(&self.live, &self.connection, operation, &inputs, &context(&*self.clock)).await
    }

    /// In the order of `takes`, which is by name.
    async fn order(&self, reference: &str, account: &str, total: &str) -> Outcome {
        self.ask("create_order", &[Value::from(reference), Value::from(account), value(total)]).await
    }
}

fn ok(text: &str) -> Outcome {
    Outcome::Ok { value: Some(value(text)), age: None }
}

fn name(operation: &str) -> OperationName {
    OperationName { system: "erp".into(), operation: operation.into() }
}

#[test]
fn an_erp_numbers_orders_finds_them_and_keeps_to_the_credit() {
    let rig = Rig::new(ERP, STUB);
    rig.run(async {
        assert_eq!(rig.order("B-1", "C-1", "60.00").await, ok(r#"{"number":"SO-4712"}"#));
        assert_eq!(rig.order("B-2", "C-9", "1").await.name(), "rejected");
        let Outcome::Rejected { message, .. } = rig.order("B-2", "C-1", "40.01").await else { panic!() };
        assert!(message.contains("over the credit limit"), "{message}");
        assert_eq!(rig.order("B-2", "C-1", "40.00").await, ok(r#"{"number":"SO-4713"}"#));
        let found = rig.ask("find_order", &[Value::from("B-2")]).await;
        assert_eq!(found, ok(r#"{"number":"SO-4713","reference":"B-2"}"#));
        let account = rig.ask("get_account", &[Value::from("C-1")]).await;
        assert_eq!(account, ok(r#"{"number":"C-1","limit":100,"used":100}"#));
        assert_eq!(rig.ask("cancel_order", &[Value::from("SO-4712")]).await.name(), "ok");
        let gone = rig.ask("find_order", &[Value::from("B-1")]).await;
        assert_eq!(gone, Outcome::Ok { value: None, age: None });
    });
    assert_eq!(rig.clock.monotonic(), Duration::from_millis(20 * 8), "every answer takes its time");
    let calls = rig.simulator.calls();
    assert_eq!(calls.len(), 8);
    assert_eq!(calls[4].query.get("reference"), Some(&Value::from("B-2")));
    assert_eq!(calls[0].body.as_ref().and_then(|body| body.get("soldTo")), Some(&Value::from("C-1")));
    assert_eq!((calls[0].status, calls[1].status), (Some(201), Some(422)));
}

#[test]
fn scripted_answers_come_first_and_may_lose_the_answer_of_work_that_is_done() {
    let rig = Rig::new(ERP, STUB);
    rig.run(async {
        let refused = Scripted { fault: Some(Fault::Refused), times: 2, ..Scripted::default() };
        let lost = Scripted { fault: Some(Fault::Timeout), commits: true, ..Scripted::default() };
        let late = Scripted { delay: Duration::from_secs(9), ..Scripted::default() };
        let busy = Scripted { status: 503, ..Scripted::default() };
        rig.simulator.script(name("create_order"), [refused, lost, late, busy]);
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(kind(&rig.order("B-1", "C-1", "10").await));
        }
        let unknown = |kind| ("unknown", Some(kind));
        let refused = ("not_done", Some(FailureKind::Connect));
        let expected = [
            refused,
            refused,
            unknown(FailureKind::Timeout),
            unknown(FailureKind::Timeout),
            unknown(FailureKind::Unavailable),
        ];
        assert_eq!(seen, expected);
        assert!(rig.simulator.left_over().is_empty());
        // One of the five was done although nobody heard of it.
        assert_eq!(rig.ask("find_order", &[Value::from("B-1")]).await.name(), "ok");
        assert_eq!(rig.order("B-2", "C-1", "10").await, ok(r#"{"number":"SO-4713"}"#));
    });
}

#[test]
fn lists_hold_so_many_and_the_oldest_makes_room() {
    let rig = Rig::new(ERP, STUB);
    rig.run(async {
        for n in 0..5 {
            assert_eq!(rig.order(&format!("B-{n}"), "C-1", "1").await.name(), "ok");
        }
    });
    let state = rig.simulator.state("erp").unwrap();
    assert_eq!(state.get("orders").and_then(Value::as_array).map(<[Value]>::len), Some(3));
    assert_eq!(state.pointer("/orders/0/reference"), Some(&Value::from("B-2")));
    assert_eq!(state.get("order_number"), Some(&Value::from(4716)));
}

#[test]
fn what_is_not_declared_is_said() {
    let stub = "stub: erp\noperations:\n  get_account:\n    - when: path.number == \"C-1\"\n      answer: { body: { number: C-1 } }\n";
    let rig = Rig::new(ERP, stub);
    rig.run(async {
        let other = rig.ask("get_account", &[Value::from("C-2")]).await;
        assert!(other.failure().unwrap().message.contains("end `get_account` with a case"), "{other:?}");
        let unknown = rig.ask("find_order", &[Value::from("B-1")]).await;
        assert!(unknown.failure().unwrap().message.contains("does not know `find_order`"), "{unknown:?}");
    });
}

const DISPATCH: &str = r#"
system: dispatch
owner: dispatch_operations
runbook: https://wiki.example/dispatch
url: http://dispatch.test
envelope: json_rpc_2
auth:
  scheme: session
  header: Authorization
  login:
    post: /login
    body: { password: "${secret:dispatch}" }
    value: body.token
outcome:
  rejected: body.error.code == 409
operations:
  reserve:
    takes: { day: string }
    gives: object
    post: /rpc
    method: capacity.reserve
    request: { body: { day: =day } }
    effect: create
    key: day
"#;

const DISPATCH_STUB: &str = r#"
stub: dispatch
state:
  holds: { records: [] }
  hold_number: { counter: 0 }
operations:
  login:
    - answer: { body: { token: let-me-in } }
  reserve:
    - find: { taken: { in: holds, where: 'it.day == body.day', all: true } }
    - when: count(taken) >= 2
      answer: { error: { code: 409, message: no capacity } }
    - next: hold_number
      insert: { holds: { id: =hold_number, day: =body.day } }
      answer: { body: { id: =hold_number, token: =headers.authorization } }
"#;

#[test]
fn a_dispatch_system_behind_json_rpc_and_a_login_has_capacity() {
    let rig = Rig::new(DISPATCH, DISPATCH_STUB);
    rig.run(async {
        let monday = [Value::from("2026-11-23")];
        assert_eq!(rig.ask("reserve", &monday).await, ok(r#"{"id":1,"token":"let-me-in"}"#));
        assert_eq!(rig.ask("reserve", &monday).await, ok(r#"{"id":2,"token":"let-me-in"}"#));
        assert_eq!(rig.ask("reserve", &monday).await.name(), "rejected");
        assert_eq!(rig.ask("reserve", &[Value::from("2026-11-24")]).await.name(), "ok");
    });
    let calls = rig.simulator.calls();
    assert_eq!(&*calls[0].operation.operation, "login");
    assert_eq!(calls[1].body, Some(value(r#"{"day":"2026-11-23"}"#)));
}

#[test]
fn the_same_calls_give_the_same_answers() {
    let run = || {
        let rig = Rig::new(ERP, STUB);
        rig.run(async {
            for n in 0..6 {
                rig.order(&format!("B-{n}"), "C-1", "30").await;
            }
        });
        (rig.simulator.calls(), rig.simulator.state("erp"))
    };
    let (first, second) = (run(), run());
    let plain = |calls: &[simulator::Recorded]| -> Vec<_> {
        calls.iter().map(|call| (call.at, call.status, call.body.clone())).collect()
    };
    assert_eq!(plain(&first.0), plain(&second.0));
    assert_eq!(first.1, second.1);
}

#[test]
fn an_edited_stub_does_not_forget() {
    let rig = Rig::new(ERP, STUB);
    rig.run(async { rig.order("B-1", "C-1", "10").await });
    let (edited, _) = stubs(&[("systems/system.yaml", ERP), ("stubs/stub.yaml", STUB)]);
    let renewed = Simulator::renew(&rig.simulator, edited, Arc::default());
    assert_eq!(renewed.state("erp"), rig.simulator.state("erp"));
    assert_eq!(renewed.calls().len(), 1);
}

#[test]
fn a_stub_that_names_what_does_not_exist() {
    let found = |stub: &str| -> Vec<&str> {
        let (_, findings) = stubs(&[("systems/system.yaml", ERP), ("stubs/stub.yaml", stub)]);
        findings.iter().map(|finding| finding.code.name).collect()
    };
    assert_eq!(found("stub: epr\n"), ["unknown-system"]);
    let case = |operation: &str, case: &str| {
        format!(
            "stub: erp\nstate: {{ orders: {{ at_most: 3 }}, n: {{ counter: 1 }} }}\noperations:\n  {operation}:\n    - {case}\n"
        )
    };
    assert_eq!(found(&case("get_acount", "answer: { status: 200 }")), ["unknown-operation"]);
    assert_eq!(
        found(&case("get_account", "{ insert: { order: { a: 1 } }, answer: { status: 200 } }")),
        ["unknown-state"]
    );
    assert_eq!(found(&case("get_account", "{ next: orders, answer: { status: 200 } }")), ["unknown-state"]);
    assert_eq!(found(&case("get_account", "{ find: { a: { in: n } } }")), ["unknown-state"]);
    assert_eq!(found(&case("get_account", "{ next: n }")), ["missing-key"]);
    assert_eq!(found(&case("get_account", "answer: { status: 99 }")), ["bad-status"]);
    assert_eq!(
        found(&case("get_account", "{ when: 'accnt is present', answer: { status: 200 } }")),
        ["unknown-name"]
    );
}
