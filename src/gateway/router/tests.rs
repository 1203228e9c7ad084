//! Which route answers which request.

use std::time::Duration;

use super::*;
use crate::http::HeaderValue;
use crate::plan::{AnswerShape, Layer, Policy, Status, Target};
use crate::value::PointerBuf;

fn route(method: Method, path: &str, matches: Match) -> Arc<Route> {
    Arc::new(Route {
        trusted: false,
        proven: false,
        name: format!("{method} {path}").into(),
        api: "test".into(),
        layer: Layer::Experience,
        owner: None,
        version: 1,
        status: Status::Active,
        method,
        path: path.into(),
        matches,
        auth: crate::auth::inbound::none(),
        scope: None,
        allow: None,
        cors: None,
        limit: None,
        params: Vec::new(),
        query: Vec::new(),
        body: None,
        body_size: 1 << 20,
        target: Target::stub(),
        idempotency: None,
        answer: AnswerShape { map: None, schema: None, validate: Policy::Off },
        within: Duration::from_secs(1),
        span: crate::diagnostic::Span::default(),
    })
}

fn plain(method: Method, path: &str) -> Arc<Route> {
    route(method, path, Match::default())
}

fn find(
    routes: &[Arc<Route>],
    method: Method,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> Found {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect();
    let asked = Asked { method: &method, path, host: Some("api.example"), headers: &headers };
    Router::new(routes).unwrap().find(routes, asked)
}

fn found(at: usize, params: &[&str]) -> Found {
    Found::Routes { routes: vec![at], params: params.iter().map(|param| (*param).to_owned()).collect() }
}

#[test]
fn by_path_then_method() {
    let routes = [
        plain(Method::GET, "/v1/bookings/{reference}"),
        plain(Method::POST, "/v1/bookings"),
        plain(Method::GET, "/v1/bookings/open"),
        plain(Method::DELETE, "/v1/bookings/{id}/items/{item}"),
    ];
    assert_eq!(find(&routes, Method::GET, "/v1/bookings/B%2F7", &[]), found(0, &["B/7"]));
    assert_eq!(find(&routes, Method::HEAD, "/v1/bookings/x", &[]), found(0, &["x"]));
    assert_eq!(find(&routes, Method::GET, "/v1/bookings/open", &[]), found(2, &[]));
    assert_eq!(find(&routes, Method::DELETE, "/v1/bookings/a/items/b", &[]), found(3, &["a", "b"]));
    assert_eq!(find(&routes, Method::POST, "/v1/%62ookings", &[]), found(1, &[]));
    assert_eq!(find(&routes, Method::POST, "/v1/bookings/", &[]), Found::Nothing);
    assert_eq!(find(&routes, Method::GET, "/V1/bookings/x", &[]), Found::Nothing);
    let allowed = Found::Methods(vec![Method::OPTIONS, Method::POST]);
    assert_eq!(find(&routes, Method::PUT, "/v1/bookings", &[]), allowed);
}

#[test]
fn broken_paths_are_refused() {
    let routes = [plain(Method::GET, "/v1/bookings/{reference}")];
    for path in
        ["/v1/bookings/%", "/v1/bookings/%4", "/v1/bookings/%zz", "/v1/bookings/%ff", "/v1/bookings/%00"]
    {
        assert_eq!(find(&routes, Method::GET, path, &[]), Found::BadPath, "{path}");
    }
    for path in ["/v1/bookings/..", "/v1/bookings/%2e%2E", "/v1/bookings/."] {
        assert_eq!(find(&routes, Method::GET, path, &[]), Found::Nothing, "{path}");
    }
}

#[test]
fn what_asks_for_most_wins() {
    let tenant = || vec![("x-tenant".parse().unwrap(), "blue".into())];
    let routes = [
        plain(Method::GET, "/q"),
        route(Method::GET, "/q", Match { version: Some(2), ..Match::default() }),
        route(Method::GET, "/q", Match { headers: tenant(), ..Match::default() }),
        route(Method::GET, "/q", Match { host: Some("other.example".into()), ..Match::default() }),
    ];
    assert_eq!(find(&routes, Method::GET, "/q", &[]), found(0, &[]));
    assert_eq!(find(&routes, Method::GET, "/q", &[("accept", "application/json; version=2")]), found(1, &[]));
    assert_eq!(
        find(&routes, Method::GET, "/q", &[("x-api-version", "2"), ("x-tenant", "blue")]),
        found(2, &[])
    );
    assert_eq!(find(&routes[3..], Method::GET, "/q", &[]), Found::Nothing);
}

#[test]
fn body_fields_decide_last() {
    let kind = |value: &str| {
        let at = PointerBuf::root().child("kind");
        Match { body: vec![(at, Value::from(value))], ..Match::default() }
    };
    let routes = [
        plain(Method::POST, "/e"),
        route(Method::POST, "/e", kind("a")),
        route(Method::POST, "/e", kind("b")),
    ];
    let Found::Routes { routes: candidates, .. } = find(&routes, Method::POST, "/e", &[]) else { panic!() };
    assert_eq!(candidates, [1, 2, 0]);
    let body = |value: &str| [("kind".into(), Value::from(value))].into_iter().collect::<Value>();
    assert_eq!(decide(&candidates, &routes, Some(&body("b"))), Some(2));
    assert_eq!(decide(&candidates, &routes, Some(&body("c"))), Some(0));
    assert_eq!(decide(&candidates[..2], &routes, None), None);
}
