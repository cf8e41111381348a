//! Ports for programs that stop and start again: the system gives them to nobody meanwhile.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context as _;

/// Below the ports that the system hands out for a connection's own end (32,768 on Linux, 49,152 on
/// Windows), below those of the telephone suite, and above those that a browser refuses.
const PORTS: Range<u16> = 7_000..10_000;

/// Returns an address that is free for UDP and for TCP, and that this process was not given before.
///
/// # Errors
/// Returns an error when every port is taken.
pub fn free() -> anyhow::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Suites that run beside each other begin at different places.
    let start = u16::try_from(std::process::id() % 300).unwrap_or_default() * 10;
    let width = PORTS.end - PORTS.start;
    (0..width)
        .map(|_| start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % width)
        .map(|step| SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + step)))
        .find(is_free)
        .context("no free port")
}

/// Returns the port that is wanted if it is free, else another.
///
/// # Errors
/// Returns an error when every port is taken.
pub fn preferring(wanted: Option<u16>) -> anyhow::Result<SocketAddr> {
    let wanted = wanted.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    wanted.filter(is_free).map_or_else(free, Ok)
}

fn is_free(address: &SocketAddr) -> bool {
    UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_port_is_given_once_and_is_none_that_the_system_gives_to_others() {
        let own = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let given: BTreeSet<u16> = (0..50).map(|_| free().unwrap().port()).collect();
        assert_eq!(given.len(), 50);
        let lowest = own.local_addr().unwrap().port().min(32_768);
        assert!(given.iter().all(|port| *port < lowest));
    }
}
