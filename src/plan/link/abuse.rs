//! What `gateway.yaml` says of addresses: bounds on each, and which are proxies.

use super::findings::Findings;
use super::settings::{plain, quota, shown};
use crate::config::Spanned;
use crate::config::declarations::Text;
use crate::config::declarations::abuse::PerIp as Given;
use crate::config::declarations::gateway::Listen;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::Network;
use crate::plan::{ForwardedBy, PerIp, Proxies};

/// The bounds on one address.
pub(super) fn per_ip(given: Option<&Given>, findings: &mut Findings) -> PerIp {
    let Some(given) = given else { return PerIp::default() };
    if let Some(burst) = given.burst.as_ref().filter(|_| given.rate.is_none()) {
        findings.add(
            Diagnostic::new(&codes::BAD_LIMIT, burst.span, "`burst` without `rate`")
                .help("write the rate too: `rate: 50/s`"),
        );
    }
    PerIp {
        rate: given.rate.as_ref().map(|rate| quota(rate, given.burst.as_ref(), findings)),
        connections: given.connections.as_ref().map(|given| above_zero(given, findings)),
    }
}

fn above_zero(given: &Spanned<u32>, findings: &mut Findings) -> u32 {
    if given.value == 0 {
        findings
            .add(Diagnostic::new(&codes::BAD_LIMIT, given.span, "`connections: 0` lets nothing in").help(
            "write a number above zero, such as `100`; without the key one address may have as many as all",
        ));
    }
    given.value
}

/// The proxies that are believed.
pub(super) fn proxies(listen: &Listen, findings: &mut Findings) -> Proxies {
    let header = listen.forwarded.as_ref().map_or(ForwardedBy::XForwardedFor, |header| header.value);
    if let Some(header) = listen.forwarded.as_ref().filter(|_| listen.trusted_proxies.is_empty()) {
        findings.add(
            Diagnostic::new(&codes::BAD_ADDRESS, header.span, "`forwarded` without `trusted_proxies`")
                .help("write whose header is believed: `trusted_proxies: [10.0.0.0/8]`"),
        );
    }
    let networks = listen.trusted_proxies.iter().filter_map(|text| network(text, findings));
    Proxies { networks: networks.collect(), header }
}

/// A network; a variable without a value is no finding, `serve` asks for it.
fn network(text: &Text, findings: &mut Findings) -> Option<Network> {
    let words = plain(text).unwrap_or_else(|| shown(text).to_string());
    if words.contains("${") && !words.contains("${secret:") {
        return None;
    }
    let network = Network::parse(&words);
    if network.is_none() {
        findings.add(
            Diagnostic::new(
                &codes::BAD_ADDRESS,
                text.span,
                format!("`{words}` is not a network of addresses"),
            )
            .help("write an IP address, or the first address of a network and its bits, such as `10.0.0.0/8` or `2001:db8::/32`"),
        );
    }
    network
}
