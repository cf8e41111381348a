//! The ports on which sound is sent and heard: pairs from a range that a firewall can open.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};

use thiserror::Error;
use tokio::net::UdpSocket;

/// Where sound is sent and heard.
#[derive(Debug)]
pub struct Ports {
    bind: IpAddr,
    first: u16,
    pairs: u16,
    turn: AtomicU16,
}

/// A pair: RTP at the even port, and the odd one after it kept for RTCP, which is not read.
#[derive(Debug)]
pub struct Pair {
    /// Sound.
    pub rtp: UdpSocket,
    _rtcp: UdpSocket,
}

/// Why there is no pair.
#[derive(Debug, Error)]
pub enum PortError {
    /// Every pair is taken.
    #[error(
        "open ports for a call's sound: all pairs from {first} on are taken; widen `media_ports`"
    )]
    AllTaken {
        /// The first port of the range.
        first: u16,
    },
    /// The address is none of this machine.
    #[error("open ports for a call's sound on {bind}")]
    Bind {
        /// The address.
        bind: IpAddr,
        /// Why.
        source: io::Error,
    },
}

impl Ports {
    /// Takes a range of ports, the first and the last.
    #[must_use]
    pub const fn new(bind: IpAddr, (first, last): (u16, u16)) -> Self {
        let first = first.saturating_add(first % 2);
        let pairs = (last.saturating_sub(first) as u32).div_ceil(2);
        let [.., high, low] = pairs.to_be_bytes();
        Self {
            bind,
            first,
            pairs: u16::from_be_bytes([high, low]),
            turn: AtomicU16::new(0),
        }
    }

    /// Opens a pair, another one each time, so that late sound of an ended call is not heard in the
    /// next.
    ///
    /// # Errors
    /// Returns [`PortError`] when all are taken or the address is none of ours.
    pub async fn open(&self) -> Result<Pair, PortError> {
        for _ in 0..self.pairs {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.pairs;
            let port = self.first + turn * 2;
            let rtp = UdpSocket::bind(SocketAddr::new(self.bind, port)).await;
            let rtcp = UdpSocket::bind(SocketAddr::new(self.bind, port + 1)).await;
            match (rtp, rtcp) {
                (Ok(rtp), Ok(rtcp)) => return Ok(Pair { rtp, _rtcp: rtcp }),
                (Err(source), _) | (_, Err(source)) => {
                    if source.kind() != io::ErrorKind::AddrInUse {
                        let bind = self.bind;
                        return Err(PortError::Bind { bind, source });
                    }
                }
            }
        }
        Err(PortError::AllTaken { first: self.first })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{PortError, Ports};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn opens_even_ports_until_none_is_left_and_again_when_one_is() {
        // A range that the system gives to nobody by itself.
        let ports = Ports::new(HERE, (21_001, 21_006));
        let mut pairs = Vec::new();
        for _ in 0..2 {
            pairs.push(ports.open().await.unwrap());
        }
        for pair in &pairs {
            assert_eq!(pair.rtp.local_addr().unwrap().port() % 2, 0);
        }
        assert!(matches!(
            ports.open().await,
            Err(PortError::AllTaken { first: 21_002 })
        ));
        pairs.pop();
        assert!(ports.open().await.is_ok());
    }

    #[tokio::test]
    async fn says_that_an_address_is_not_ours() {
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let ports = Ports::new(elsewhere, (21_010, 21_020));
        assert!(matches!(ports.open().await, Err(PortError::Bind { .. })));
    }
}
