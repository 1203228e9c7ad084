//! A gateway with a few routes, and a system that answers as it is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::auth::inbound;
use crate::clock::{BoxFuture, SystemClock};
use crate::diagnostic::{SourceId, Span};
use crate::flow::direct::Caller;
use crate::gateway::{Forwarded, Fresh, Gateway, Payload, Systems};
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use crate::mapping::Tables;
use crate::plan::*;
use crate::schema::{SchemaSource, Schemas};
use crate::system::{CallContext, OperationName, Outcome};
use crate::telemetry::Metrics;
use crate::value::Value;

/// A system that answers every forwarded request with what it is told, and remembers what came.
#[derive(Debug, Default)]
pub struct Echo {
    pub calls: AtomicUsize,
    /// What to answer instead of the payload.
    pub answer: Mutex<Option<fn() -> Forwarded>>,
    /// How long to take.
    pub takes: Duration,
    /// A header of every answer that names this system's generation.
    pub marker: Option<String>,
}

impl Caller for Echo {
    fn call<'a>(
        &'a self,
        _: &'a OperationName,
        _: Arc<[Option<Value>]>,
        _: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Ok { value: None, age: None } })
    }

    fn probe<'a>(
        &'a self,
        _: &'a OperationName,
        _: Arc<[Option<Value>]>,
        _: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Ok { value: None, age: None } })
    }
}

impl Systems for Echo {
    fn forward<'a>(
        &'a self,
        _: &'a OperationName,
        _: Vec<Option<Value>>,
        payload: Payload,
        _: CallContext,
    ) -> BoxFuture<'a, Forwarded> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let told = *self.answer.lock().unwrap();
        Box::pin(async move {
            if self.takes > Duration::ZERO {
                tokio::time::sleep(self.takes).await;
            }
            if let Some(told) = told {
                return told();
            }
            let mut headers: HeaderMap = payload
                .content_type
                .map(|value| ("content-type".parse().unwrap(), value))
                .into_iter()
                .collect();
            headers.insert("set-cookie", HeaderValue::from_static("session=secret"));
            if let Some(marker) = &self.marker {
                headers.insert("etag", HeaderValue::from_str(marker).unwrap());
            }
            Forwarded::Answer { status: StatusCode::OK, headers, body: payload.bytes }
        })
    }
}

/// A gateway under test.
pub struct Bench {
    pub gateway: Arc<Gateway>,
    pub system: Arc<Echo>,
}

/// `POST /v1/orders` (key, scope `orders:write`, schema), `GET /v1/orders/{number}` (key),
/// `GET /v1/open` (anybody, CORS), `POST /v1/once` (key, one request an hour), and `POST /v1/kinds` by body.
pub fn plan(change: impl FnOnce(&mut Plan)) -> Plan {
    let schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["number","lines"],
        "properties":{"number":{"type":"integer"},"lines":{"type":"array","items":{"type":"object","required":["sku"],"properties":{"sku":{"type":"string"}}}}}}"#;
    let source = SchemaSource { name: "erp/order@1".into(), source: SourceId(0), text: schema.into() };
    let (schemas, found) = Schemas::compile(&[source]);
    assert!(found.iter().all(|finding| finding.severity() < crate::diagnostic::Severity::Error), "{found:?}");
    let order = schemas.get("erp/order@1");
    let body = |schema| Some(Body { schema, validate: Policy::Reject, map: None, canonical: None });
    let mut orders = route(Method::POST, "/v1/orders");
    (orders.body, orders.scope) = (body(order), Some("orders:write".into()));
    orders.body_size = 4096;
    let mut one = route(Method::GET, "/v1/orders/{number}");
    one.params = vec![Parameter { name: "number".into(), kind: ParameterKind::Integer, optional: false }];
    one.query = vec![Parameter { name: "page".into(), kind: ParameterKind::Integer, optional: true }];
    let mut open = route(Method::GET, "/v1/open");
    open.auth = inbound::none();
    let cors = Cors {
        origins: vec!["https://portal.example".into()],
        headers: vec!["x-api-key".into()],
        expose: Vec::new(),
        credentials: false,
        max_age: Duration::from_secs(60),
    };
    open.cors = Some(Arc::new(cors));
    let mut once = route(Method::POST, "/v1/once");
    let hour = Quota { count: 1, per: Duration::from_secs(3600), burst: 1 };
    (once.body, once.limit) = (body(None), Some(Limit { per: LimitPer::Client, quota: hour }));
    let mut kinds = route(Method::POST, "/v1/kinds");
    kinds.body = body(None);
    let at = crate::value::PointerBuf::root().child("kind");
    kinds.matches.body = vec![(at, Value::from("a"))];
    let mut plan = Plan {
        files: Arc::default(),
        digest: "d".into(),
        settings: settings(),
        routes: [orders, one, open, once, kinds].into_iter().map(Arc::new).collect(),
        clients: vec![client("portal", "good-key", &["orders:write"]), client("reader", "reader-key", &[])],
        policies: BTreeMap::new(),
        rejections: BTreeMap::new(),
        exceptions: BTreeMap::new(),
        events: BTreeMap::new(),
        webhooks: Default::default(),
        flows: BTreeMap::new(),
        systems: BTreeMap::new(),
        mappings: BTreeMap::new(),
        schemas,
        tables: Arc::new(Tables::default()),
        redact: Arc::default(),
        secrets: Default::default(),
        secret_places: Default::default(),
        variables: Vec::new(),
        secrets_dir: PathBuf::from("secrets"),
    };
    change(&mut plan);
    plan
}

fn settings() -> Settings {
    Settings {
        store: Default::default(),
        egress: Default::default(),
        name: "bench".into(),
        public: "127.0.0.1:0".into(),
        admin: "127.0.0.1:0".into(),
        tls: None,
        bounds: Bounds { depth: 16, requests: 8, ..Bounds::default() },
        rate: None,
        per_ip: Default::default(),
        proxies: Default::default(),
        failures: Quota { count: 1, per: Duration::from_secs(60), burst: 5 },
        tokens: vec![
            token("eye", Role::Viewer, "view-token"),
            token("hand", Role::Operator, "operate-token"),
        ],
    }
}

fn digest(key: &str) -> KeyDigest {
    KeyDigest::of(key.as_bytes())
}

fn token(name: &str, role: Role, key: &str) -> AdminToken {
    AdminToken { name: name.into(), role, key: digest(key) }
}

fn client(name: &str, key: &str, scopes: &[&str]) -> Arc<Client> {
    let scopes = scopes.iter().map(|scope| Arc::from(*scope)).collect();
    let (name, account, keys) = (name.into(), "ACME".into(), vec![digest(key)]);
    Arc::new(Client { name, account, scopes, keys, ..Client::default() })
}

/// A route that forwards, for whoever has a key.
pub fn route(method: Method, path: &str) -> Route {
    let operation = OperationName { system: "erp".into(), operation: "orders".into() };
    Route {
        trusted: false,
        proven: false,
        name: format!("{method} {path}").into(),
        api: "orders".into(),
        layer: Layer::System,
        owner: None,
        version: 1,
        status: Status::Active,
        method,
        path: path.into(),
        matches: Match::default(),
        auth: inbound::api_key(HeaderName::from_static("x-api-key")),
        scope: None,
        allow: None,
        cors: None,
        limit: None,
        params: Vec::new(),
        query: Vec::new(),
        body: None,
        body_size: 1 << 20,
        target: Target::Forward { operation, inputs: Vec::new(), reads_body: false },
        idempotency: None,
        answer: AnswerShape { map: None, schema: None, validate: Policy::Off },
        within: Duration::from_millis(300),
        span: Span::default(),
    }
}

/// A plan and its system, as a reload gives them.
pub fn fresh(plan: Plan, system: Arc<Echo>) -> Fresh {
    let (plan, secrets, root) = (Arc::new(plan), Secrets::default(), PathBuf::new());
    let post = Arc::new(crate::event::Outbox::default());
    Fresh { plan, secrets, systems: system, post, root, keys_only: false }
}

impl Bench {
    /// The plan of [`plan`] over a system that echoes at once.
    pub fn new() -> Bench {
        Bench::over(Echo::default())
    }

    /// The plan of [`plan`] over this system.
    pub fn over(system: Echo) -> Bench {
        let system = Arc::new(system);
        let gateway =
            Gateway::new(fresh(plan(|_| {}), Arc::clone(&system)), SystemClock::shared(), Metrics::shared());
        Bench { gateway: gateway.unwrap(), system }
    }

    /// Calls that reached the system.
    pub fn calls(&self) -> usize {
        self.system.calls.load(Ordering::Relaxed)
    }

    /// Sends one request with these headers.
    pub async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answered {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        });
        let mut request = Request::new(method, target.parse().unwrap(), headers.collect(), body.into());
        request.peer = Some(([10, 0, 0, 1], 4711).into());
        Answered(self.gateway.answer(request).await)
    }

    /// `POST` of JSON with the good key.
    pub async fn post(&self, target: &str, body: impl Into<Bytes>) -> Answered {
        self.send(
            Method::POST,
            target,
            &[("x-api-key", "good-key"), ("content-type", "application/json")],
            body,
        )
        .await
    }

    /// `GET` with the good key.
    pub async fn get(&self, target: &str) -> Answered {
        self.send(Method::GET, target, &[("x-api-key", "good-key")], "").await
    }
}

/// An answer, easy to look at.
pub struct Answered(pub Response);

impl Answered {
    pub fn status(&self) -> u16 {
        self.0.status.as_u16()
    }

    pub fn header(&self, name: &str) -> &str {
        self.0.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.0.body).unwrap()
    }

    /// The last word of the problem's type.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], self.status());
        assert_eq!(body["request_id"], self.header("x-request-id"));
        body["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
    }

    /// `pointer keyword` of every violation.
    pub fn violations(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|one| format!("{} {}", one["pointer"].as_str().unwrap(), one["keyword"].as_str().unwrap()))
            .collect()
    }
}
