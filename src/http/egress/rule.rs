//! `erp.example`, `*.example:8443`, `10.0.0.0/8`, `[fd00::]/8:443`: whom a rule lets us call.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host or a range of addresses, and a port if only one is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressRule {
    whom: Whom,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whom {
    Host(String),
    /// Every name below this one: `.example`.
    Below(String),
    Range(IpAddr, u8),
}

/// A text that is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRule;

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no host, no address and no range of addresses")
    }
}

impl EgressRule {
    /// Whether the rule is about a name as it is written, before anybody looked it up.
    pub fn names(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.is_for(port)
            && match &self.whom {
                Whom::Host(own) => *own == host,
                Whom::Below(end) => host.len() > end.len() && host.ends_with(end.as_str()),
                Whom::Range(..) => false,
            }
    }

    /// Whether an address is in the rule's range.
    pub fn holds(&self, address: IpAddr, port: u16) -> bool {
        let Whom::Range(start, bits) = self.whom else { return false };
        self.is_for(port) && (within(start, bits, address) || within(start, bits, address.to_canonical()))
    }

    /// Whether it is about addresses, not about names.
    pub fn is_range(&self) -> bool {
        matches!(self.whom, Whom::Range(..))
    }

    fn is_for(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

fn within(start: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (start, address) {
        (IpAddr::V4(start), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            start.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(start), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            start.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

impl FromStr for EgressRule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<EgressRule, BadRule> {
        let text = text.trim();
        if let Some(whom) = range(text) {
            return Ok(EgressRule { whom, port: None });
        }
        let (whom, port) = match text.rsplit_once(':') {
            Some((whom, port)) => (whom, Some(port.parse().ok().filter(|port| *port > 0).ok_or(BadRule)?)),
            None => (text, None),
        };
        let whom = range(whom).or_else(|| name(whom)).ok_or(BadRule)?;
        Ok(EgressRule { whom, port })
    }
}

/// `10.0.0.0/8`, `10.0.0.1`, `fd00::/8`, `[fd00::]/8`.
fn range(text: &str) -> Option<Whom> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    let address: IpAddr = bare.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok()).filter(|bits| *bits <= most)?;
    Some(Whom::Range(address, bits))
}

fn name(text: &str) -> Option<Whom> {
    let lower = text.trim_end_matches('.').to_ascii_lowercase();
    let plain = |name: &str| {
        let good = |label: &str| {
            !label.is_empty() && label.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign))
        };
        // A name that ends in a number would be an address that is written oddly.
        name.split('.').all(good) && name.rsplit('.').next().is_none_or(|end| end.parse::<u64>().is_err())
    };
    match lower.strip_prefix("*.") {
        Some(below) => plain(below).then(|| Whom::Below(format!(".{below}"))),
        None => plain(&lower).then_some(Whom::Host(lower)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_for_names_ranges_and_ports() {
        let rule = |text: &str| text.parse::<EgressRule>().unwrap_or_else(|_| panic!("{text}"));
        assert!(rule("erp.example").names("ERP.example.", 443));
        assert!(!rule("erp.example").names("erp.example.evil", 443));
        assert!(rule("*.example").names("a.b.example", 1));
        assert!(!rule("*.example").names("example", 1) && !rule("*.example").names("badexample", 1));
        assert!(rule("erp.example:8443").names("erp.example", 8443));
        assert!(!rule("erp.example:8443").names("erp.example", 443));
        let holds = |text: &str, address: &str| rule(text).holds(address.parse().unwrap(), 443);
        assert!(holds("10.0.0.0/8", "10.9.9.9") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.9.9.9"), "written as IPv6, it is the same");
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("10.1.2.3:443", "10.1.2.3") && !holds("10.1.2.3:80", "10.1.2.3"));
        assert!(holds("fd00::/8", "fd12::1") && holds("[fd00::]/8:443", "fd12::1"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && holds("::/0", "2600::1"));
    }

    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "a b",
            "10.0.0.0/33",
            "fd00::/129",
            "erp.example:0",
            "erp.example:99999",
            "*.*.a",
            "0x7f.1",
            "1.2.3",
        ] {
            assert_eq!(text.parse::<EgressRule>(), Err(BadRule), "{text}");
        }
    }
}
