//! Callers of one address: how many requests are looked at before anybody asks who they are.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::bench::{Answered, Bench, Echo, fresh, plan};
use crate::clock::SystemClock;
use crate::gateway::Gateway;
use crate::http::{Bytes, HeaderMap, HeaderValue, Method, Network, Request};
use crate::plan::{ForwardedBy, PerIp, Plan, Proxies, Quota};
use crate::telemetry::Metrics;

fn few(plan: &mut Plan) {
    let quota = Quota { count: 1, per: Duration::from_secs(3600), burst: 3 };
    plan.settings.per_ip = PerIp { rate: Some(quota), connections: None };
}

fn behind_a_proxy(plan: &mut Plan) {
    few(plan);
    let networks = Arc::new([Network::parse("10.0.0.0/24").unwrap()]);
    plan.settings.proxies = Proxies { networks, header: ForwardedBy::XForwardedFor };
}

fn bench(change: fn(&mut Plan)) -> Bench {
    let system = Arc::new(Echo::default());
    let fresh = fresh(plan(change), Arc::clone(&system));
    Bench { gateway: Gateway::new(fresh, SystemClock::shared(), Metrics::shared()).unwrap(), system }
}

async fn ask(bench: &Bench, peer: &str, forwarded: Option<&'static str>, target: &str) -> Answered {
    let mut headers = HeaderMap::new();
    if let Some(named) = forwarded {
        headers.insert("x-forwarded-for", HeaderValue::from_static(named));
    }
    let mut request = Request::new(Method::GET, target.parse().unwrap(), headers, Bytes::new());
    request.peer = Some((peer.parse::<IpAddr>().unwrap(), 4711).into());
    Answered(bench.gateway.answer(request).await)
}

#[tokio::test]
async fn what_one_address_asks_is_bounded_before_anything_is_looked_at() {
    let bench = bench(few);
    // Wherever it asks: known, unknown, and where a key is wanted.
    for (target, status) in [("/v1/open", 200), ("/nowhere", 404), ("/v1/orders/1", 401)] {
        assert_eq!(ask(&bench, "192.0.2.1", None, target).await.status(), status, "{target}");
    }
    for target in ["/v1/open", "/nowhere", "/v1/orders/1"] {
        let refused = ask(&bench, "192.0.2.1", None, target).await;
        assert_eq!((refused.status(), refused.problem().as_str()), (429, "quota-exceeded"), "{target}");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    assert_eq!(ask(&bench, "192.0.2.2", None, "/v1/open").await.status(), 200, "another address");
}

#[tokio::test]
async fn who_has_a_whole_network_is_one_address() {
    let bench = bench(few);
    for last in 1..=3 {
        assert_eq!(ask(&bench, &format!("2001:db8::{last}"), None, "/v1/open").await.status(), 200);
    }
    assert_eq!(ask(&bench, "2001:db8::ffff:1", None, "/v1/open").await.status(), 429);
    assert_eq!(ask(&bench, "2001:db8:0:1::1", None, "/v1/open").await.status(), 200);
}

#[tokio::test]
async fn only_a_trusted_proxy_says_for_whom_it_speaks() {
    let bench = bench(behind_a_proxy);
    // One caller through two proxies, whatever it writes in front.
    for (proxy, named) in [
        ("10.0.0.1", "198.51.100.7"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.7"),
        ("10.0.0.1", "2.2.2.2, 198.51.100.7, 10.0.0.2"),
    ] {
        assert_eq!(ask(&bench, proxy, Some(named), "/v1/open").await.status(), 200, "{named}");
    }
    assert_eq!(ask(&bench, "10.0.0.1", Some("3.3.3.3, 198.51.100.7"), "/v1/open").await.status(), 429);
    assert_eq!(ask(&bench, "10.0.0.1", Some("198.51.100.8"), "/v1/open").await.status(), 200);
    // Anybody else is who it is.
    for named in ["1.1.1.1", "2.2.2.2", "3.3.3.3"] {
        assert_eq!(ask(&bench, "192.0.2.1", Some(named), "/v1/open").await.status(), 200);
    }
    assert_eq!(ask(&bench, "192.0.2.1", Some("4.4.4.4"), "/v1/open").await.status(), 429);
}
