//! Who may do what, and that nobody sees anything of another account.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::bench::{Answered, Bench, Echo, fresh, plan};
use crate::auth::inbound::{self, Client};
use crate::clock::{Clock, VirtualClock};
use crate::gateway::{Fresh, Gateway};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, PeerCertificate, Request};
use crate::plan::{Plan, Secrets, check_texts};
use crate::store::{Memory, Writer};
use crate::telemetry::Metrics;

/// A plan of these files.
fn project(files: &[(&str, String)]) -> Arc<Plan> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let checked = check_texts(files, &Default::default());
    Arc::new(checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)))
}

fn gateway(plan: Arc<Plan>, clock: Arc<dyn Clock>) -> Arc<Gateway> {
    let fresh = Fresh {
        plan,
        secrets: Secrets::default(),
        systems: Arc::new(Echo::default()),
        root: Default::default(),
        keys_only: false,
        post: Arc::new(crate::event::Outbox::default()),
    };
    Gateway::over(Writer::inline(Arc::new(Memory::new())), fresh, clock, Metrics::shared()).unwrap()
}

fn request(method: &Method, target: &str, headers: &[(&str, &str)]) -> Request {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let headers: HeaderMap = headers.iter().map(header).collect();
    Request::new(method.clone(), target.parse().unwrap(), headers, Default::default())
}

/// A client whose key is its name.
fn client(name: &str, account: &str) -> String {
    let digest: String =
        <sha2::Sha256 as sha2::Digest>::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("  {name}: {{ account: {account}, scopes: [ use ], keys: [ \"sha256:{digest}\" ] }}\n")
}

fn clients() -> String {
    [("ann", "ACME"), ("amy", "ACME"), ("bob", "BOLT"), ("cat", "CORE")]
        .map(|(name, own)| client(name, own))
        .concat()
}

const READ: &str = "flow: show\nowner: operations\ninput: { reference: string }\ndo:\n  - found: { set: { reference: =reference, account: ACME } }\n\
     output: =found\n";

/// Routes that answer who may call them by these conditions.
async fn allowed(route: &str, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let gateway_file = format!(
        "edition: 2026\ngateway: test\nauth: {{ portal: {{ scheme: api_key }} }}\nclients:\n{}",
        clients()
    );
    let routes = format!(
        "api: show\nlayer: experience\nowner: test\nversion: 1\nstatus: active\nauth: portal\nroutes:\n{route}"
    );
    let plan = project(&[
        ("gateway.yaml", gateway_file),
        ("flows/show.yaml", READ.into()),
        ("routes/show.yaml", routes),
    ]);
    let gateway = gateway(plan, crate::clock::SystemClock::shared());
    let answer = Answered(gateway.answer(request(&Method::GET, target, headers)).await);
    let problem = if answer.status() == 200 { String::new() } else { answer.problem() };
    (answer.status(), problem)
}

#[tokio::test]
async fn conditions_decide_by_head_by_request_and_by_answer() {
    let ask = async |allow: &str, target: &str, who: &str| {
        let route = format!("  - get: /v1/{{reference}}\n    allow: '{allow}'\n    run: show\n");
        allowed(&route, target, &[("x-api-key", who), ("team", "blue")]).await
    };
    let (ok, forbidden) = ((200, String::new()), (403, "forbidden".to_owned()));
    let hidden = (404, "not-found".to_owned());
    assert_eq!(ask("client.account == \"ACME\"", "/v1/1", "ann").await, ok);
    assert_eq!(ask("client.account == \"ACME\"", "/v1/1", "bob").await, forbidden);
    assert_eq!(ask("(headers.team ?? \"\") == \"blue\"", "/v1/1", "bob").await, ok);
    assert_eq!(ask("path.reference == client.name", "/v1/bob", "bob").await, ok);
    assert_eq!(ask("path.reference == client.name", "/v1/ann", "bob").await, forbidden);
    // The record says whose it is: others learn no more than if it were not there.
    assert_eq!(ask("client.account == (answer.account ?? \"\")", "/v1/1", "amy").await, ok);
    assert_eq!(ask("client.account == (answer.account ?? \"\")", "/v1/1", "bob").await, hidden);
    // Nobody gets past a condition without a key.
    assert_eq!(ask("true", "/v1/1", "nobody").await, (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn the_route_that_a_body_chooses_has_its_own_scope() {
    let change = |plan: &mut Plan| {
        let kinds = plan.routes.iter().find(|route| &*route.path == "/v1/kinds").unwrap();
        assert!(kinds.scope.is_none(), "the first route that is likely asks for nothing");
        let mut second = super::bench::route(Method::POST, "/v1/kinds");
        second.body = Some(crate::plan::Body {
            schema: None,
            validate: crate::plan::Policy::Reject,
            map: None,
            canonical: None,
        });
        second.matches.body =
            vec![(crate::value::PointerBuf::root().child("kind"), crate::value::Value::from("b"))];
        second.name = "POST /v1/kinds b".into();
        (second.scope, second.auth) = (Some("orders:write".into()), Arc::clone(&kinds.auth));
        plan.routes.push(Arc::new(second));
    };
    let system = Arc::new(Echo::default());
    let gateway = Gateway::new(
        fresh(plan(change), Arc::clone(&system)),
        crate::clock::SystemClock::shared(),
        Metrics::shared(),
    );
    let bench = Bench { gateway: gateway.unwrap(), system };
    let ask = async |key: &str, kind: &str| {
        let headers = [("x-api-key", key), ("content-type", "application/json")];
        bench.send(Method::POST, "/v1/kinds", &headers, format!("{{\"kind\":\"{kind}\"}}")).await.status()
    };
    assert_eq!(ask("reader-key", "a").await, 200);
    assert_eq!(ask("reader-key", "b").await, 403, "without the scope of the route that the body chose");
    assert_eq!(ask("good-key", "b").await, 200);
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn certificates_reach_the_policy() {
    let rule = inbound::CertificateRule { san: Some("dns:hub.example".into()), ..Default::default() };
    let change = |plan: &mut Plan| {
        let hub = Client {
            name: "hub".into(),
            account: "HUB".into(),
            certificates: vec![rule],
            ..Client::default()
        };
        plan.clients.push(Arc::new(hub));
        let mut route = super::bench::route(Method::GET, "/v1/hub");
        route.auth = inbound::mtls();
        plan.routes.push(Arc::new(route));
    };
    let system = Arc::new(Echo::default());
    let gateway =
        Gateway::new(fresh(plan(change), system), crate::clock::SystemClock::shared(), Metrics::shared());
    let gateway = gateway.unwrap();
    let ask = async |name: Option<&str>| {
        let mut request = request(&Method::GET, "/v1/hub", &[]);
        request.certificate = name.map(|name| {
            Arc::new(PeerCertificate { names: vec![name.to_owned()], ..PeerCertificate::default() })
        });
        gateway.answer(request).await.status.as_u16()
    };
    assert_eq!(ask(Some("dns:hub.example")).await, 200);
    assert_eq!(ask(Some("dns:other.example")).await, 401);
    assert_eq!(ask(None).await, 401);
}

const HOLD: &str = "flow: hold\nowner: operations\ninput: { reference: string, note: string }\n\
     business_key: { key: reference, second: reject }\ncancel_until: over\ndo:\n  - rest: { wait: 14d }\n  - over: { set: =note }\noutput: =note\n";
const NAP: &str = "flow: nap\nowner: operations\ninput: { reference: string, note: string }\n\
     business_key: { key: reference, second: reject }\ndo:\n  - rest: { wait: 5ms }\n  - over: { set: =note }\noutput: =note\n";

/// Work that lasts, work that ends, their status and the way to cancel.
fn accounts() -> Arc<Plan> {
    let gateway = format!(
        "edition: 2026\ngateway: test\nauth: {{ portal: {{ scheme: api_key }} }}\nclients:\n{}",
        clients()
    );
    let mut routes =
        "api: work\nlayer: experience\nowner: test\nversion: 1\nstatus: active\nauth: portal\nroutes:\n"
            .to_owned();
    for flow in ["hold", "nap"] {
        routes += &format!(
            "  - post: /{flow}/{{reference}}/{{note}}\n    scope: use\n    run: {flow}\n    idempotency: optional\n    answer: {{ within: 50ms }}\n  \
             - get: /{flow}/{{reference}}\n    status_of: {flow}\n"
        );
    }
    routes += "  - delete: /hold/{reference}\n    cancel: hold\n";
    let files = [
        ("gateway.yaml", gateway),
        ("flows/hold.yaml", HOLD.to_owned()),
        ("flows/nap.yaml", NAP.to_owned()),
        ("routes/work.yaml", routes),
    ];
    project(&files)
}

/// What one client asks.
#[derive(Debug, Clone)]
enum Ask {
    Begin {
        reference: usize,
        key: Option<usize>,
    },
    See {
        reference: usize,
    },
    /// By the id of an instance of anybody's.
    SeeId {
        which: usize,
    },
    Stream {
        which: usize,
    },
    Cancel {
        reference: usize,
    },
    CancelId {
        which: usize,
    },
    /// With a validator that another client may have got.
    Unless {
        which: usize,
    },
}

fn asks() -> impl Strategy<Value = Vec<(usize, bool, Ask)>> {
    let ask = prop_oneof![
        4 => (0..3_usize, proptest::option::of(0..2_usize)).prop_map(|(reference, key)| Ask::Begin { reference, key }),
        2 => (0..3_usize).prop_map(|reference| Ask::See { reference }),
        2 => (0..20_usize).prop_map(|which| Ask::SeeId { which }),
        1 => (0..20_usize).prop_map(|which| Ask::Stream { which }),
        1 => (0..3_usize).prop_map(|reference| Ask::Cancel { reference }),
        1 => (0..20_usize).prop_map(|which| Ask::CancelId { which }),
        1 => (0..20_usize).prop_map(|which| Ask::Unless { which }),
    ];
    proptest::collection::vec((0..4_usize, any::<bool>(), ask), 1..24)
}

const WHO: [(&str, &str); 4] = [("ann", "ACME"), ("amy", "ACME"), ("bob", "BOLT"), ("cat", "CORE")];

/// What was begun: whose it is, its id, and the validator that its owner was given.
#[derive(Debug)]
struct Begun {
    account: &'static str,
    flow: &'static str,
    id: String,
    etag: String,
}

/// Everything that left, as a text.
async fn all_of(mut answer: crate::http::Response) -> (u16, String, BTreeMap<String, String>) {
    let headers: BTreeMap<String, String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut text = String::from_utf8_lossy(&answer.body).into_owned();
    if let Some(feed) = answer.feed.as_mut()
        && let Some(event) = feed.next().await
    {
        text += &String::from_utf8_lossy(&event);
    }
    (answer.status.as_u16(), text, headers)
}

async fn play(gateway: &Gateway, asked: Vec<(usize, bool, Ask)>) {
    let mut begun: Vec<Begun> = Vec::new();
    for (at, (who, long, ask)) in asked.into_iter().enumerate() {
        let (name, account) = WHO[who];
        let flow = if long { "hold" } else { "nap" };
        let (mark, key) = (format!("mark-{account}"), format!("k{at}"));
        let mut headers = vec![
            ("x-api-key", name.to_owned()),
            ("x-correlation-id", format!("{mark}-{at}")),
            ("accept", "application/json".to_owned()),
        ];
        let of = |which: usize, begun: &[Begun]| {
            begun.get(which % begun.len().max(1)).map(|one| (one.flow, one.id.clone(), one.etag.clone()))
        };
        let nobody = || (flow, "0190163d-8694-739b-aea5-966c26f8ad91".to_owned(), "W/\"1-abc\"".to_owned());
        let mut foreign = None;
        let (method, target) = match &ask {
            Ask::Begin { reference, key: shared } => {
                headers.push((
                    "idempotency-key",
                    shared.map_or(key, |shared| format!("shared-{shared}-{reference}-{flow}")),
                ));
                (Method::POST, format!("/{flow}/R{reference}/{mark}"))
            }
            Ask::See { reference } => (Method::GET, format!("/{flow}/R{reference}")),
            Ask::Cancel { reference } => (Method::DELETE, format!("/hold/R{reference}")),
            Ask::SeeId { which }
            | Ask::Stream { which }
            | Ask::CancelId { which }
            | Ask::Unless { which } => {
                let (flow, id, etag) = of(*which, &begun).unwrap_or_else(nobody);
                foreign = begun
                    .get(which % begun.len().max(1))
                    .filter(|one| one.account != account)
                    .map(|one| one.account);
                match ask {
                    Ask::Stream { .. } => headers[2].1 = "text/event-stream".to_owned(),
                    Ask::Unless { .. } => headers.push(("if-none-match", etag)),
                    _ => {}
                }
                let method = if matches!(ask, Ask::CancelId { .. }) { Method::DELETE } else { Method::GET };
                (method, format!("/{flow}/{id}"))
            }
        };
        let sent: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (status, text, told) = all_of(gateway.answer(request(&method, &target, &sent)).await).await;
        let whole = format!("{text}\n{told:?}");
        for other in begun.iter().filter(|one| one.account != account) {
            let mark = format!("mark-{}", other.account);
            assert!(
                !whole.contains(&mark) && !whole.contains(&other.id),
                "{name} asked {method} {target}: {whole}"
            );
        }
        if foreign.is_some() {
            // As if there were no such thing: by status and by words.
            assert!(matches!(status, 404 | 405), "{name} asked {method} {target}: {status} {text}");
            assert!(status == 405 || text.contains("urn:crossdock:problem:not-found"), "{text}");
            assert!(!told.contains_key("etag") && !told.contains_key("location"), "{told:?}");
        }
        if matches!(ask, Ask::Begin { .. }) && status == 202 {
            let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
            let id = shown["id"].as_str().unwrap().to_owned();
            begun.push(Begun { account, flow, id, etag: told.get("etag").cloned().unwrap_or_default() });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Four clients of three accounts use the same references and keys, and each other's ids.
    #[test]
    fn nobody_sees_anything_of_another_account(asked in asks(), seed in any::<u64>()) {
        let clock = VirtualClock::new(crate::clock::Moment(1_700_000_000_000_000_000), seed);
        let own = Arc::clone(&clock) as Arc<dyn Clock>;
        clock.run(async move {
            let gateway = gateway(accounts(), own);
            gateway.engine().watch_over();
            play(&gateway, asked).await;
        }).unwrap();
    }
}
