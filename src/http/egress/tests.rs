//! Targets against rules, and names that lead elsewhere.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

fn rules(texts: &[&str]) -> Vec<EgressRule> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn target(url: &str) -> Target {
    Target::parse(url).unwrap()
}

fn may(guard: &EgressGuard, url: &str, reach: Reach, address: &str) -> bool {
    guard.check(&target(url), reach, address.parse().unwrap()).is_ok()
}

#[test]
fn what_is_written_out_is_declared_and_nothing_else() {
    let guard = EgressGuard::default();
    let written = |url: &str, address: &str| may(&guard, url, Reach::Written, address);
    assert!(written("http://10.0.0.5", "10.0.0.5") && written("http://127.0.0.1:8069", "127.0.0.1"));
    assert!(written("http://[::1]:80", "::1") && written("http://[fd12::1]", "fd12::1"));
    assert!(written("http://localhost:8069", "127.0.0.1") && written("http://localhost:8069", "::1"));
    assert!(written("http://tryton:8000", "172.18.0.3"), "a container's name");
    assert!(
        written("http://erp.internal", "10.1.1.1")
            && written("http://erp.prod.svc.cluster.local", "10.96.0.7")
    );
    assert!(written("https://erp.example", "93.184.216.34"));
    assert!(!written("https://erp.example", "10.0.0.5") && !written("https://erp.example", "127.0.0.1"));
    assert!(!written("https://erp.example", "::ffff:127.0.0.1"));
    assert!(!written("http://localhost", "10.0.0.5"), "this machine is not that one");
    assert!(!written("http://erp.internal", "127.0.0.1"));
    for never in ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "fe80::1"]
    {
        let url = if never.contains(':') { format!("http://[{never}]") } else { format!("http://{never}") };
        assert!(!written(&url, never), "{never} even when it is written out");
        assert!(!written("http://metadata.google.internal", never), "{never}");
    }
}

#[test]
fn what_somebody_else_chose_reaches_the_public_only() {
    let guard = EgressGuard::default();
    for url in [
        "http://127.0.0.1",
        "http://10.0.0.5",
        "http://169.254.169.254",
        "http://0.0.0.0",
        "http://[::ffff:10.0.0.5]",
    ] {
        assert!(guard.admit(&target(url), Reach::Public).is_err(), "{url}");
    }
    assert!(!may(&guard, "http://localhost", Reach::Public, "127.0.0.1"));
    assert!(may(&guard, "https://hooks.example", Reach::Public, "93.184.216.34"));
    let declared = EgressGuard::new(None, rules(&["10.0.0.0/8", "partner.example"]));
    assert!(may(&declared, "http://10.0.0.5", Reach::Public, "10.0.0.5"));
    assert!(
        !may(&declared, "http://partner.example", Reach::Public, "127.0.0.1"),
        "a name says nothing for others"
    );
}

#[test]
fn what_is_declared_private_may_be_private() {
    let guard = EgressGuard::new(None, rules(&["erp.example", "192.168.0.0/16", "169.254.169.254"]));
    let written = |url: &str, address: &str| may(&guard, url, Reach::Written, address);
    assert!(written("https://erp.example", "10.0.0.5") && written("https://other.example", "192.168.7.7"));
    assert!(!written("https://other.example", "10.0.0.5"));
    assert!(!written("https://erp.example", "169.254.1.1"), "a name is no way to link-local addresses");
    assert!(written("http://169.254.169.254", "169.254.169.254"), "said twice, it is meant");
    let private =
        |address: &str| may(&EgressGuard::default(), "https://erp.example", Reach::Private, address);
    assert!(
        private("10.0.0.5") && private("127.0.0.1") && !private("169.254.169.254") && !private("0.0.0.0")
    );
}

#[test]
fn an_allowlist_is_all_there_is() {
    let guard = EgressGuard::new(Some(rules(&["*.example:443", "10.0.0.0/8"])), Vec::new());
    let admitted = |url: &str| guard.admit(&target(url), Reach::Written).map_err(|why| why.to_string());
    assert_eq!(admitted("https://erp.example"), Ok(()));
    assert_eq!(admitted("http://10.1.2.3"), Ok(()));
    assert_eq!(admitted("http://erp.elsewhere"), Ok(()), "it may lead into the range");
    let said = admitted("http://11.0.0.1:8080").unwrap_err();
    assert_eq!(said, "`11.0.0.1`, port 8080, is not allowed: add it to `egress: allow` of `gateway.yaml`");
    assert!(
        may(&guard, "http://erp.elsewhere", Reach::Written, "10.1.1.1"),
        "a range in the list is declared"
    );
    assert!(!may(&guard, "http://erp.elsewhere", Reach::Written, "93.184.216.34"));
    assert!(!may(&guard, "http://erp.example", Reach::Written, "93.184.216.34"), "another port");
    let names = EgressGuard::new(Some(rules(&["erp.example"])), Vec::new());
    assert!(names.admit(&target("https://erp.elsewhere"), Reach::Written).is_err(), "no range could hold it");
}

/// Gives the next answers, in order.
#[derive(Debug)]
struct Rebinding(Mutex<VecDeque<Vec<&'static str>>>);

impl Resolve for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let next = self.0.lock().unwrap().pop_front().expect("looked up more often than the test thinks");
        let all = next.into_iter().map(|text| SocketAddr::new(text.parse().unwrap(), port)).collect();
        Box::pin(std::future::ready(Ok(all)))
    }
}

#[tokio::test]
async fn only_addresses_that_were_checked_are_given_to_dial() {
    let answers =
        [vec!["93.184.216.34", "127.0.0.1", "::ffff:10.0.0.1"], vec!["127.0.0.1", "169.254.169.254"]];
    let resolver = Arc::new(Rebinding(Mutex::new(answers.into())));
    let guard = EgressGuard::default().resolving(resolver);
    let target = target("https://erp.example");
    let good = guard.addresses(&target, Reach::Written).await.unwrap().unwrap();
    assert_eq!(good, ["93.184.216.34:443".parse::<SocketAddr>().unwrap()]);
    let denied = guard.addresses(&target, Reach::Written).await.unwrap().unwrap_err().to_string();
    assert!(denied.starts_with("`erp.example` leads to `169.254.169.254`, a link-local address"), "{denied}");
}
