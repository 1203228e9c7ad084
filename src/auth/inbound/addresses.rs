//! `addresses`: beside any scheme, from where somebody may call.

use std::net::IpAddr;
use std::sync::Arc;

use super::{AuthPolicy, Declared, Head, Means, Proven, Refused, Sight, Signed, Verdict, Verifier, Why};
use crate::clock::Moment;
use crate::config::Spanned;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::HeaderName;

/// A range of addresses: those whose first `length` bits are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Net {
    address: IpAddr,
    length: u32,
}

/// The ranges of a list. The error is everything in it that is none.
pub(super) fn nets(list: &[Spanned<String>]) -> Result<Vec<Net>, Vec<Diagnostic>> {
    let (mut nets, mut wrong) = (Vec::new(), Vec::new());
    for text in list {
        match Net::parse(&text.value) {
            Some(net) => nets.push(net),
            None => {
                let message = format!("`{}` is no range of addresses", text.value);
                let finding = Diagnostic::new(&codes::BAD_ADDRESS, text.span, message);
                wrong.push(finding.help("write an address, `203.0.113.7`, or a range, `203.0.113.0/24`"));
            }
        }
    }
    if wrong.is_empty() { Ok(nets) } else { Err(wrong) }
}

/// A policy that takes calls from these ranges only.
pub(super) fn within(inner: AuthPolicy, nets: Vec<Net>) -> AuthPolicy {
    Arc::new(Within { inner, nets })
}

impl Net {
    /// Reads `203.0.113.7` and `203.0.113.0/24`; bits behind the range must be zero.
    fn parse(text: &str) -> Option<Net> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => length.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        let net = Net { address, length };
        (length <= most && bits(address) & !net.mask() == 0).then_some(net)
    }

    fn holds(&self, other: IpAddr) -> bool {
        self.address.is_ipv4() == other.is_ipv4() && bits(other) & self.mask() == bits(self.address)
    }

    /// The bits that count, in the high ones.
    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - self.length).unwrap_or_default()
    }
}

/// An address from its highest bit on.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[derive(Debug)]
struct Within {
    inner: AuthPolicy,
    nets: Vec<Net>,
}

impl Declared for Within {
    fn is_open(&self) -> bool {
        self.inner.is_open()
    }

    fn key_header(&self) -> Option<&HeaderName> {
        self.inner.key_header()
    }

    fn by_key(&self, header: &HeaderName) -> AuthPolicy {
        within(self.inner.by_key(header), self.nets.clone())
    }

    fn is_proof(&self, header: &HeaderName) -> bool {
        self.inner.is_proof(header)
    }

    fn makes_clients(&self) -> bool {
        self.inner.makes_clients()
    }

    fn brings_claims(&self) -> bool {
        self.inner.brings_claims()
    }

    fn takes_strangers(&self) -> bool {
        self.inner.takes_strangers()
    }

    fn knows_clients(&self) -> bool {
        self.inner.knows_clients()
    }

    fn takes_from(&self, peer: Option<IpAddr>) -> bool {
        is_within(&self.nets, peer)
    }

    fn signature(&self) -> Option<&Signed> {
        self.inner.signature()
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        Ok(Arc::new(Fenced { inner: self.inner.open(means)?, nets: self.nets.clone() }))
    }
}

fn is_within(nets: &[Net], peer: Option<IpAddr>) -> bool {
    // A listener for both families sees callers of the old one as mapped addresses.
    let peer = peer.map(|peer| peer.to_canonical());
    peer.is_some_and(|peer| nets.iter().any(|net| net.holds(peer)))
}

/// Takes proofs from these ranges only: of several policies on a route, each has its own.
#[derive(Debug)]
struct Fenced {
    inner: Arc<dyn Verifier>,
    nets: Vec<Net>,
}

impl Fenced {
    fn bar(&self, head: &Head<'_>) -> Option<Refused> {
        let barred = !is_within(&self.nets, head.peer) && self.inner.sees(head) > Sight::No;
        let detail = "your address may not call here".to_owned();
        barred.then(|| Refused { detail, challenge: String::new(), why: Why::Elsewhere })
    }
}

impl Verifier for Fenced {
    fn sees(&self, head: &Head<'_>) -> Sight {
        self.inner.sees(head)
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        self.bar(head).map_or_else(|| self.inner.verify(head), |refused| Verdict::Now(Err(refused)))
    }

    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        self.inner.insufficient(scope)
    }

    fn verify_body(&self, head: &Head<'_>, body: &[u8], now: Moment) -> Result<Proven, Refused> {
        self.bar(head).map_or_else(|| self.inner.verify_body(head, body, now), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(nets: &[&str], peer: &str) -> bool {
        let nets = nets.iter().map(|net| Net::parse(net).expect(net)).collect();
        within(super::super::none(), nets).takes_from(peer.parse().ok())
    }

    #[test]
    fn only_those_in_a_range_may_call() {
        assert!(taken(&["203.0.113.0/24"], "203.0.113.255"));
        assert!(!taken(&["203.0.113.0/24"], "203.0.114.0"));
        assert!(taken(&["203.0.113.7"], "203.0.113.7"));
        assert!(!taken(&["203.0.113.7"], "203.0.113.6"));
        assert!(taken(&["10.0.0.0/8", "2001:db8::/32"], "2001:db8:1::1"));
        assert!(!taken(&["10.0.0.0/8", "2001:db8::/32"], "2001:db9::1"));
        assert!(taken(&["203.0.113.0/24"], "::ffff:203.0.113.9"), "a mapped address is the old one");
        assert!(taken(&["0.0.0.0/0"], "8.8.8.8"));
        assert!(!taken(&["0.0.0.0/0"], "::1"), "the other family is another range");
        assert!(!taken(&["::/0"], "8.8.8.8"));
        assert!(!taken(&["0.0.0.0/0"], "nobody knows"));
        assert!(!taken(&[], "127.0.0.1"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "203.0.113.7/24",
            "203.0.113.0/33",
            "203.0.113",
            "a",
            "",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::1/129",
        ] {
            assert_eq!(Net::parse(text), None, "{text}");
        }
    }
}
