//! What is proven is not looked at again, and only where everything that it was proven of was looked at.

use crossdock::clock::SystemClock;
use crossdock::config::Environment;
use crossdock::plan::{Plan, check_texts};
use crossdock::schema::Verdict;
use crossdock::system::{CallContext, Outcome};

use crate::systems::support::{Server, call, connect, context, kind, live, ok, value};

const GATEWAY: &str = "edition: 2026\ngateway: test\nauth:\n  open: { scheme: none }\n";

const ERP: &str = "
system: erp
owner: erp_platform
runbook: https://wiki.example/erp
url: ${ERP_URL}
operations:
  read_order:
    takes: { number: shop/number@1 }
    gives: shop/order@1
    post: /orders
    request: { map: number_to_ask }
    response: { map: erp_order_to_order }
    effect: read
";

const FLOW: &str = "
flow: read
owner: shop
input: { number: shop/number@1 }
gives: shop/order@1
do:
  - order: { call: erp.read_order }
output: =order
";

const ROUTE: &str = "
api: orders
layer: experience
owner: shop
version: 1
status: active
auth: open
routes:
  - post: /v1/orders
    request: { schema: shop/number@1 }
    run: read
    response: { map: order_to_shown }
";

const FILES: [(&str, &str); 10] = [
    ("gateway.yaml", GATEWAY),
    ("systems/erp.yaml", ERP),
    ("flows/read.yaml", FLOW),
    ("routes/orders.yaml", ROUTE),
    ("specs/shop/number@1.json", r#"{"type":"string","minLength":1,"maxLength":8}"#),
    (
        "specs/shop/order@1.json",
        r#"{"type":"object","properties":{"number":{"type":"string","maxLength":8},"pieces":{"type":"integer","minimum":0}},"required":["number","pieces"],"additionalProperties":false}"#,
    ),
    (
        "specs/erp/order@1.json",
        r#"{"type":"object","properties":{"no":{"type":"string","maxLength":8},"qty":{"type":"integer","minimum":0}},"required":["no","qty"]}"#,
    ),
    (
        "mappings/number_to_ask.mapping",
        "map number_to_ask\nfrom shop/number@1 as number\nto erp/ask@1\n\nno: number\n",
    ),
    (
        "mappings/erp_order_to_order.mapping",
        "map erp_order_to_order\nfrom erp/order@1 as erp\nto shop/order@1\n\nnumber: erp.no\npieces: erp.qty\n",
    ),
    (
        "mappings/order_to_shown.mapping",
        "map order_to_shown\nfrom shop/order@1 as order\nto shop/shown@1\n\nid: \"NO-{order.number}\"\npieces: order.pieces\n",
    ),
];

const MORE: [(&str, &str); 2] = [
    (
        "specs/erp/ask@1.json",
        r#"{"type":"object","properties":{"no":{"type":"string","maxLength":8}},"required":["no"],"additionalProperties":false}"#,
    ),
    (
        "specs/shop/shown@1.json",
        r#"{"type":"object","properties":{"id":{"type":"string","maxLength":11},"pieces":{"type":"integer"}},"required":["id"],"additionalProperties":false}"#,
    ),
];

/// The project with words replaced in its files, the system at `url`.
fn plan(url: &str, changes: &[(&str, &str, &str)]) -> Plan {
    let schema = |path: &str, text: &str| match path.starts_with("specs/") {
        true => text.replacen('{', r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","#, 1),
        false => text.to_owned(),
    };
    let texts = FILES.iter().chain(&MORE).map(|(path, text)| {
        let changed =
            changes.iter().filter(|(of, ..)| of == path).fold((*text).to_owned(), |text, (_, old, new)| {
                assert!(text.contains(old), "{path} holds no {old}");
                text.replace(old, new)
            });
        ((*path).to_owned(), schema(path, &changed))
    });
    let mut environment = Environment::default();
    environment.variables.insert("ERP_URL".to_owned(), url.to_owned());
    let checked = check_texts(texts.collect(), &environment);
    checked.plan.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

/// Whether the route's inputs are trusted, and its answer proven.
fn route(changes: &[(&str, &str, &str)]) -> (bool, bool) {
    let plan = plan("http://erp.example", changes);
    (plan.routes[0].trusted, plan.routes[0].proven)
}

#[test]
fn a_route_is_proven_when_everything_on_its_way_is() {
    assert_eq!(route(&[]), (true, true));
}

#[test]
fn what_was_not_looked_at_proves_nothing() {
    let routes = "routes/orders.yaml";
    let body = "request: { schema: shop/number@1 }";
    for policy in ["warn", "off"] {
        let lax = format!("request: {{ schema: shop/number@1, validate: {policy} }}");
        assert_eq!(route(&[(routes, body, &lax)]), (false, false), "the body is not refused");
        let lax = format!("response: {{ map: erp_order_to_order, validate: {policy} }}");
        let system = ("systems/erp.yaml", "response: { map: erp_order_to_order }", lax.as_str());
        assert_eq!(route(&[system]), (true, false), "the system's answer is not refused");
    }
    let cached = ("systems/erp.yaml", "effect: read", "effect: read\n    cache: { ttl: 5m, shared: all }");
    assert_eq!(route(&[cached]), (true, false), "what a cache kept may be older than the schemas");
}

#[test]
fn what_only_data_can_show_proves_nothing() {
    let shorter = ("specs/shop/shown@1.json", "\"maxLength\":11", "\"maxLength\":10");
    assert_eq!(route(&[shorter]), (true, false), "the answer's mapping");
    // The canonical order of an unproven mapping is looked at, and so is certain all the same.
    let longer = ("specs/erp/order@1.json", "\"maxLength\":8", "\"maxLength\":9");
    assert_eq!(route(&[longer]), (true, true), "the system's mapping");
    let wider = (
        "flows/read.yaml",
        "output: =order",
        "output: { number: =order.number, pieces: '=order.pieces - 1' }",
    );
    assert_eq!(route(&[wider]), (true, false), "what the flow gives");
    let narrower = ("flows/read.yaml", "input: { number: shop/number@1 }", "input: { number: string }");
    assert_eq!(route(&[narrower]), (true, true), "a wider input is still certain, its call is not");
}

#[tokio::test]
async fn a_proven_request_is_not_looked_at_where_its_inputs_are_trusted() {
    let server = Server::start(|_, _| ok(r#"{"no":"A-1","qty":1}"#));
    let plan = plan(&server.url, &[]);
    let clock = SystemClock::shared();
    let live = live(std::sync::Arc::clone(&clock));
    let connection = connect(&live, &plan, "erp");
    // Longer than the operation takes: only who lies about it can show that nobody looks.
    let inputs = [Some(value(r#""much-too-long""#))];
    let careful = context(&*clock);
    let outcome = call(&live, &connection, "read_order", &inputs, &careful).await;
    assert_eq!(kind(&outcome).0, "invalid", "{outcome:?}");
    assert!(server.asked().is_empty());
    let trusting = CallContext { trusted: true, ..careful };
    let outcome = call(&live, &connection, "read_order", &inputs, &trusting).await;
    assert!(matches!(outcome, Outcome::Ok { .. }), "{outcome:?}");
    assert_eq!(server.asked()[0].body, r#"{"no":"much-too-long"}"#);
}

#[tokio::test]
async fn an_unproven_request_is_always_looked_at() {
    let server = Server::start(|_, _| ok(r#"{"no":"A-1","qty":1}"#));
    let plan = plan(&server.url, &[("specs/erp/ask@1.json", "\"maxLength\":8", "\"maxLength\":7")]);
    let clock = SystemClock::shared();
    let live = live(std::sync::Arc::clone(&clock));
    let connection = connect(&live, &plan, "erp");
    let trusting = CallContext { trusted: true, ..context(&*clock) };
    let outcome = call(&live, &connection, "read_order", &[Some(value(r#""12345678""#))], &trusting).await;
    assert_eq!(kind(&outcome).0, "invalid", "{outcome:?}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_canonical_form_that_is_not_proven_is_looked_at() {
    let wire = ("specs/erp/order@1.json", "\"maxLength\":8", "\"maxLength\":9");
    let canonical = ("specs/shop/order@1.json", "\"maxLength\":8", "\"maxLength\":9");
    for (changes, said) in [(vec![wire], "invalid"), (vec![wire, canonical], "ok")] {
        let server = Server::start(|_, _| ok(r#"{"no":"123456789","qty":1}"#));
        let plan = plan(&server.url, &changes);
        let clock = SystemClock::shared();
        let live = live(std::sync::Arc::clone(&clock));
        let connection = connect(&live, &plan, "erp");
        let inputs = [Some(value(r#""A-1""#))];
        let outcome = call(&live, &connection, "read_order", &inputs, &context(&*clock)).await;
        assert_eq!(outcome.name(), said, "{outcome:?}");
    }
}

#[test]
fn every_place_of_a_target_has_its_verdict() {
    let shorter = ("specs/shop/shown@1.json", "\"maxLength\":11", "\"maxLength\":10");
    let told = |changes: &[(&str, &str, &str)]| -> (bool, Vec<String>) {
        let plan = plan("http://erp.example", changes);
        let mapping = &plan.mappings["order_to_shown"];
        let told = mapping.verdicts().iter().map(|place| match &place.verdict {
            Verdict::Proven => format!("{}: proven", place.path),
            Verdict::AtRuntime(why) => format!("{}: {}", place.path, why[0].message),
            Verdict::Refuted(_) => "an error".to_owned(),
        });
        (mapping.is_proven(), told.collect())
    };
    let proven = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert_eq!(told(&[]), (true, proven(&["id: proven", "pieces: proven", ": proven"])));
    let long = "id: may have 11 characters, but at most 10 are allowed";
    assert_eq!(told(&[shorter]), (false, proven(&[long, "pieces: proven"])));
}
