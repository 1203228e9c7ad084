//! How many connections each address has open. The table holds nobody who has none, so the bound on all
//! connections bounds it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::Network;
use super::network::household;

/// Open connections by address.
#[derive(Debug)]
pub(super) struct Peers {
    most: Option<usize>,
    proxies: Arc<[Network]>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One open connection of an address, if it is counted.
#[derive(Debug)]
pub(super) struct Seat(Option<IpAddr>);

impl Peers {
    /// At most so many connections for each address, but for proxies.
    pub fn new(most: Option<usize>, proxies: Arc<[Network]>) -> Peers {
        Peers { most, proxies, open: Mutex::default() }
    }

    /// One more connection; `None` when the address has as many as allowed.
    pub fn enter(&self, peer: IpAddr) -> Option<Seat> {
        let Some(most) = self.most else { return Some(Seat(None)) };
        if self.proxies.iter().any(|proxy| proxy.contains(peer)) {
            return Some(Seat(None));
        }
        let peer = household(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat(Some(peer)))
    }

    /// One less.
    pub fn leave(&self, seat: &Seat) {
        let Some(peer) = seat.0 else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_and_proxies_have_any() {
        let proxies = [Network::parse("10.0.0.0/8").unwrap()];
        let peers = Peers::new(Some(2), proxies.into());
        let enter = |text: &str| peers.enter(text.parse().unwrap());
        let (one, two) = (enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::3").is_none(), "one network of 64 bits");
        assert!(enter("192.0.2.1").is_some());
        assert!((0..5).all(|_| enter("10.1.1.1").is_some()));
        peers.leave(&one);
        assert!(enter("2001:db8::3").is_some());
        peers.leave(&two);
        peers.leave(&two);
        assert_eq!(peers.open.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
