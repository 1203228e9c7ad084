//! What kind of address an address is, also when it hides another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Kinds of addresses, by who can be behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Anybody's.
    Public,
    /// Of a private network (RFC 1918, RFC 6598, RFC 4193).
    Private,
    /// This machine.
    Loopback,
    /// Of the same wire, metadata services of clouds among them.
    LinkLocal,
    /// Of no single machine: unspecified, multicast, broadcast, reserved, for documentation.
    Nobody,
}

impl Class {
    /// For messages: `a private address`.
    pub fn words(self) -> &'static str {
        match self {
            Class::Public => "a public address",
            Class::Private => "an address of a private network",
            Class::Loopback => "this machine itself",
            Class::LinkLocal => "a link-local address, where clouds keep credentials",
            Class::Nobody => "an address that nobody can have",
        }
    }
}

/// The class of an address. Of an IPv6 address that stands for an IPv4 address (mapped, compatible, 6to4, NAT64),
/// the class of that one.
pub fn class(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => of_v4(address),
            None => of_v6(address),
        },
    }
}

/// Addresses at which clouds tell a machine its credentials, though they look like others.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn of_v4(address: Ipv4Addr) -> Class {
    let [a, b, c, _] = address.octets();
    if METADATA_V4.contains(&address) {
        return Class::LinkLocal;
    }
    match (a, b, c) {
        (10, ..) | (192, 168, _) => Class::Private,
        (172, 16..=31, _) | (100, 64..=127, _) => Class::Private,
        (127, ..) => Class::Loopback,
        (169, 254, _) => Class::LinkLocal,
        // This network, IETF assignments, relays of 6to4, benchmarks, documentation, multicast, reserved.
        (0 | 224..=255, ..) => Class::Nobody,
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => Class::Nobody,
        _ => Class::Public,
    }
}

/// The IPv4 address that an IPv6 address stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let last = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        // Mapped (RFC 4291 §2.5.5.2) and its translated form (RFC 2765).
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) => Some(last(g, h)),
        // Compatible (RFC 4291 §2.5.5.1); `::` and `::1` are themselves.
        (0, 0, 0, 0, 0, 0) if (g, h) != (0, 0) && (g, h) != (0, 1) => Some(last(g, h)),
        // NAT64 (RFC 6052, RFC 8215).
        (0x64, 0xff9b, 0, 0, 0, 0) | (0x64, 0xff9b, 1, ..) => Some(last(g, h)),
        // 6to4 (RFC 3056).
        (0x2002, high, low, ..) => Some(last(high, low)),
        _ => None,
    }
}

fn of_v6(address: Ipv6Addr) -> Class {
    if address == METADATA_V6 {
        return Class::LinkLocal;
    }
    let [a, b, ..] = address.segments();
    match a {
        _ if address.is_loopback() => Class::Loopback,
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Class::Private,
        0xfe80..=0xfebf => Class::LinkLocal,
        // Only 2000::/3 is given out; of it, Teredo hides an address, and others are for documentation.
        0x2001 if b < 0x200 || b == 0xdb8 => Class::Nobody,
        0x3fff if b < 0x1000 => Class::Nobody,
        0x2000..=0x3fff => Class::Public,
        _ => Class::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address_has_its_class() {
        let table = [
            ("93.184.216.34", Class::Public),
            ("172.15.255.255", Class::Public),
            ("172.32.0.1", Class::Public),
            ("100.63.0.1", Class::Public),
            ("2606:2800:220:1::1", Class::Public),
            ("::ffff:93.184.216.34", Class::Public),
            ("64:ff9b::5db8:d822", Class::Public),
            ("10.0.0.1", Class::Private),
            ("172.16.0.1", Class::Private),
            ("172.31.255.255", Class::Private),
            ("192.168.1.1", Class::Private),
            ("100.64.0.1", Class::Private),
            ("fd12:3456::1", Class::Private),
            ("fec0::1", Class::Private),
            ("::ffff:10.0.0.1", Class::Private),
            ("::10.0.0.1", Class::Private),
            ("2002:0a00:0001::1", Class::Private),
            ("64:ff9b::a00:1", Class::Private),
            ("64:ff9b:1::a00:1", Class::Private),
            ("127.0.0.1", Class::Loopback),
            ("127.255.255.254", Class::Loopback),
            ("::1", Class::Loopback),
            ("::ffff:127.0.0.1", Class::Loopback),
            ("::ffff:0:127.0.0.1", Class::Loopback),
            ("2002:7f00:0001::", Class::Loopback),
            ("64:ff9b::7f00:1", Class::Loopback),
            ("169.254.169.254", Class::LinkLocal),
            ("169.254.0.1", Class::LinkLocal),
            ("::ffff:169.254.169.254", Class::LinkLocal),
            ("2002:a9fe:a9fe::1", Class::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Class::LinkLocal),
            ("100.100.100.200", Class::LinkLocal),
            ("168.63.129.16", Class::LinkLocal),
            ("fd00:ec2::254", Class::LinkLocal),
            ("fe80::1", Class::LinkLocal),
            ("0.0.0.0", Class::Nobody),
            ("0.1.2.3", Class::Nobody),
            ("::", Class::Nobody),
            ("::ffff:0.0.0.0", Class::Nobody),
            ("224.0.0.1", Class::Nobody),
            ("240.0.0.1", Class::Nobody),
            ("255.255.255.255", Class::Nobody),
            ("192.0.2.1", Class::Nobody),
            ("198.18.0.1", Class::Nobody),
            ("198.51.100.7", Class::Nobody),
            ("203.0.113.7", Class::Nobody),
            ("ff02::1", Class::Nobody),
            ("2001:db8::1", Class::Nobody),
            ("2001:0:a9fe:a9fe::1", Class::Nobody),
            ("100::1", Class::Nobody),
        ];
        for (text, expected) in table {
            assert_eq!(class(text.parse().unwrap()), expected, "{text}");
        }
    }
}
