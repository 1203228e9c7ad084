//! Whose request it is, by address: the other end of the connection, or whom trusted proxies name.
//!
//! A header is read from its end, where the nearest proxy wrote: each address that a trusted proxy names is
//! believed, and the first that is no trusted proxy itself is the caller. What stands before it may be
//! made up.

use std::net::{IpAddr, SocketAddr};

use crate::http::{HeaderMap, HeaderName, header};
use crate::plan::{ForwardedBy, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The caller's address. Without trusted proxies no header is looked at.
pub(super) fn caller(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let is_trusted = |address| proxies.networks.iter().any(|network| network.contains(address));
    let mut caller = peer.to_canonical();
    if !is_trusted(caller) {
        return caller;
    }
    let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = match proxies.header {
        ForwardedBy::XForwardedFor => (X_FORWARDED_FOR, node),
        ForwardedBy::Forwarded => (header::FORWARDED, forwarded_for),
    };
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops {
        // Whoever hides its caller speaks for itself.
        let Some(named) = std::str::from_utf8(hop).ok().and_then(read) else { break };
        caller = named.to_canonical();
        if !is_trusted(caller) {
            break;
        }
    }
    caller
}

/// The `for` of one element (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (Some((_, value)), None) = (named.next(), named.next()) else { return None };
    let value = value.trim();
    node(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// An address, perhaps in brackets, perhaps with a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let in_brackets = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let alone = in_brackets.unwrap_or(text).parse().ok();
    alone.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderValue, Network};

    /// Who is found behind `10.0.0.1`, where `10.0.0.0/8` and `2001:db8:1::/48` are trusted.
    fn found(header: ForwardedBy, lines: &[(&'static str, &'static str)]) -> String {
        from("10.0.0.1", header, lines)
    }

    fn from(peer: &str, header: ForwardedBy, lines: &[(&'static str, &'static str)]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8:1::/48"].map(|text| Network::parse(text).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        caller(peer.parse().unwrap(), &headers, &Proxies { networks: networks.into(), header }).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let lies = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        for header in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
            assert_eq!(from("192.0.2.9", header, &lies), "192.0.2.9");
            assert_eq!(found(header, &lies), "198.51.100.1");
            assert_eq!(from("::ffff:10.0.0.1", header, &lies), "198.51.100.1");
            assert_eq!(found(header, &[]), "10.0.0.1");
        }
    }

    #[test]
    fn the_first_from_the_end_that_is_no_proxy() {
        let by = |value: &'static str| found(ForwardedBy::XForwardedFor, &[("x-forwarded-for", value)]);
        assert_eq!(by("1.1.1.1, 198.51.100.7"), "198.51.100.7");
        assert_eq!(by("1.1.1.1, 198.51.100.7, 10.2.2.2,10.3.3.3"), "198.51.100.7");
        assert_eq!(by("1.1.1.1, unknown, 10.2.2.2"), "10.2.2.2");
        assert_eq!(by("1.1.1.1, "), "10.0.0.1");
        assert_eq!(by("198.51.100.7:4711"), "198.51.100.7");
        assert_eq!(by("[2001:db8::7]:4711"), "2001:db8::7");
        assert_eq!(by("[2001:db8::7]"), "2001:db8::7");
        assert_eq!(by("2001:db8::7, 2001:db8:1::2"), "2001:db8::7");
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(found(ForwardedBy::XForwardedFor, &lines), "198.51.100.7");
    }

    #[test]
    fn forwarded_elements() {
        let by = |value: &'static str| found(ForwardedBy::Forwarded, &[("forwarded", value)]);
        assert_eq!(by("for=1.1.1.1, For=198.51.100.7;proto=https;by=10.0.0.1"), "198.51.100.7");
        assert_eq!(by("proto=http;for=\"[2001:db8::7]:4711\""), "2001:db8::7");
        assert_eq!(by("for=\"198.51.100.7:4711\", for=10.9.9.9"), "198.51.100.7");
        for hidden in
            ["for=_hidden", "for=unknown", "proto=https", "for=1.1.1.1;for=2.2.2.2", "for=\"1.1.1.1", ""]
        {
            assert_eq!(by(hidden), "10.0.0.1", "{hidden}");
        }
        // Quotes that a caller left open hide nothing that a proxy adds behind them.
        assert_eq!(by("for=\"1.1.1.1, for=198.51.100.7"), "198.51.100.7");
        assert_eq!(found(ForwardedBy::Forwarded, &[("x-forwarded-for", "1.1.1.1")]), "10.0.0.1");
    }
}
