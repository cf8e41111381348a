//! Where the other end's sound comes from and ours goes to.
//!
//! What an agreement says of it is often the address behind a translator; whoever takes any address instead hands the call to the first who
//! sends to the port.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// From where sound may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// From the host that the agreement names; its port is learnt.
    Host,
    /// From wherever the first packet comes, for peers behind a translator of addresses.
    First,
}

/// Silence after which the other end may have moved: carriers change the machine's port in a call without a word.
const MOVED: Duration = Duration::from_secs(2);

/// The other end's address, as it was learnt.
#[derive(Debug, Clone, Copy)]
pub struct Latch {
    agreed: SocketAddr,
    trust: Trust,
    pinned: Option<Pinned>,
}

/// Where the other end is, and when it was heard last.
#[derive(Debug, Clone, Copy)]
struct Pinned {
    at: SocketAddr,
    heard: Instant,
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

    /// Returns whether a packet may be heard; `is_authentic` says that it proved who sent it. What comes from the very
    /// address that was agreed always may: another port of that host may have been an announcement before the answer.
    /// Once nothing came for a while, another port of the same host is learnt.
    pub fn admits(&mut self, from: SocketAddr, is_authentic: bool, now: Instant) -> bool {
        let is_admitted = match self.pinned {
            Some(pinned) if pinned.at == from => true,
            Some(_) if from == self.agreed => true,
            Some(pinned) => {
                let is_silent = now.saturating_duration_since(pinned.heard) >= MOVED;
                is_silent && pinned.at.ip() == from.ip()
            }
            None => is_authentic || self.trust == Trust::First || from.ip() == self.agreed.ip(),
        };
        if is_admitted {
            self.pinned = Some(Pinned {
                at: from,
                heard: now,
            });
        }
        is_admitted
    }

    /// Returns where sound goes.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.pinned.map_or(self.agreed, |pinned| pinned.at)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use super::{Latch, MOVED, Trust};

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a time to begin with")]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn learns_the_port_of_the_agreed_host() {
        let now = now();
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        assert!(!latch.admits(at("198.51.100.9:4000"), false, now));
        assert_eq!(latch.target(), at("192.0.2.1:4000"));
        assert!(latch.admits(at("192.0.2.1:4444"), false, now));
        assert_eq!(latch.target(), at("192.0.2.1:4444"));
        assert!(!latch.admits(at("192.0.2.1:4446"), false, now));
        assert!(!latch.admits(at("198.51.100.9:4000"), true, now));
    }

    #[test]
    fn believes_the_agreed_address_after_an_announcement_from_another_port() {
        let now = now();
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        assert!(latch.admits(at("192.0.2.1:4444"), false, now));
        assert!(latch.admits(at("192.0.2.1:4000"), false, now));
        assert!(!latch.admits(at("192.0.2.1:4444"), false, now));
        assert_eq!(latch.target(), at("192.0.2.1:4000"));
    }

    #[test]
    fn follows_a_host_to_another_port_once_the_first_is_silent() {
        let mut now = now();
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        for _ in 0..20 {
            assert!(latch.admits(at("192.0.2.1:4000"), false, now));
            now += Duration::from_millis(200);
            assert!(!latch.admits(at("192.0.2.1:4444"), false, now));
        }
        now += MOVED;
        assert!(
            !latch.admits(at("198.51.100.9:4000"), false, now),
            "never to another host"
        );
        assert!(latch.admits(at("192.0.2.1:4444"), false, now));
        assert_eq!(latch.target(), at("192.0.2.1:4444"));
    }

    #[test]
    fn takes_another_host_only_where_that_is_set_or_proven() {
        let now = now();
        let mut translated = Latch::new(at("10.0.0.5:4000"), Trust::First);
        assert!(translated.admits(at("192.0.2.7:1024"), false, now));
        assert!(!translated.admits(at("192.0.2.8:1024"), false, now + MOVED));
        let mut protected = Latch::new(at("10.0.0.5:4000"), Trust::Host);
        assert!(protected.admits(at("192.0.2.7:1024"), true, now));
        assert_eq!(protected.target(), at("192.0.2.7:1024"));
    }

    #[test]
    fn a_new_agreement_is_followed() {
        let now = now();
        let mut latch = Latch::new(at("192.0.2.1:4000"), Trust::Host);
        assert!(latch.admits(at("192.0.2.1:4444"), false, now));
        latch.renew(at("192.0.2.1:4000"));
        assert_eq!(latch.target(), at("192.0.2.1:4444"));
        latch.renew(at("192.0.2.2:5000"));
        assert_eq!(latch.target(), at("192.0.2.2:5000"));
        assert!(latch.admits(at("192.0.2.2:5000"), false, now));
    }
}
