//! Where the other end's sound comes from and ours goes to.
//!
//! What an agreement says of it is often the address behind a translator; whoever takes any address instead hands the call to the first who
//! sends to the port.

use std::net::SocketAddr;

/// From where sound may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// From the host that the agreement names; its port is learnt once.
    Host,
    /// From wherever the first packet comes, for peers behind a translator of addresses.
    First,
}

/// The other end's address, learnt once.
#[derive(Debug, Clone, Copy)]
pub struct Latch {
    agreed: SocketAddr,
    trust: Trust,
    pinned: Option<SocketAddr>,
}

impl Latch {
    /// Begins with the address that was agreed.
    #[must_use]
    pub const fn new(agreed: SocketAddr, trust: Trust) -> Self {
        Self {
            agreed,
            trust,
            pinned: None,
        }
    }

    /// Takes another address by a new agreement; where it is the same nothing is learnt again.
    pub fn renew(&mut self, agreed: SocketAddr) {
        if agreed != self.agreed {
            *self = Self::new(agreed, self.trust);
        }
    }

    /// Returns whether a packet may be heard; `is_authentic` says that it proved who sent it.
    pub fn admits(&mut self, from: SocketAddr, is_authentic: bool) -> bool {
        if let Some(pinned) = self.pinned {
            return pinned == from;
        }
        let is_admitted =
            is_authentic || self.trust == Trust::First || from.ip() == self.agreed.ip();
        if is_admitted {
            self.pinned = Some(from);
        }
        is_admitted
    }

    /// Returns where sound goes.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.pinned.unwrap_or(self.agreed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{Latch, Trust};

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn learns_the_port_of_the_agreed_host_once() {
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        assert!(!latch.admits(at("198.51.100.9:4000"), false));
        assert_eq!(latch.target(), at("192.0.2.1:4000"));
        assert!(latch.admits(at("192.0.2.1:4444"), false));
        assert_eq!(latch.target(), at("192.0.2.1:4444"));
        assert!(!latch.admits(at("192.0.2.1:4000"), false));
        assert!(!latch.admits(at("198.51.100.9:4000"), true));
    }

    #[test]
    fn takes_another_host_only_where_that_is_set_or_proven() {
        let mut translated = Latch::new(at("10.0.0.5:4000"), Trust::First);
        assert!(translated.admits(at("192.0.2.7:1024"), false));
        assert!(!translated.admits(at("192.0.2.8:1024"), false));
        let mut protected = Latch::new(at("10.0.0.5:4000"), Trust::Host);
        assert!(protected.admits(at("192.0.2.7:1024"), true));
        assert_eq!(protected.target(), at("192.0.2.7:1024"));
    }

    #[test]
    fn a_new_agreement_is_followed() {
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        assert!(latch.admits(at("192.0.2.1:4444"), false));
        latch.renew(at("192.0.2.1:4000"));
        assert_eq!(latch.target(), at("192.0.2.1:4444"));
        latch.renew(at("192.0.2.2:5000"));
        assert_eq!(latch.target(), at("192.0.2.2:5000"));
        assert!(latch.admits(at("192.0.2.2:5000"), false));
    }
}
