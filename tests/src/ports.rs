//! Ports for programs that stop and start again: the system gives them to nobody meanwhile.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::Mutex;

use anyhow::Context as _;

/// Below the ports that the system hands out for a connection's own end (32,768 on Linux, 49,152 on
/// Windows), below those of the telephone suite, and above those that a browser refuses; of five digits, since a
/// log in which a port stands is searched for PINs of four.
const PORTS: Range<u16> = 10_100..10_900;

/// Ports that a process has to itself, for as long as it listens on the first of them.
const BLOCK: u16 = 100;

/// What this process has, with the next port of each to be given.
static BLOCKS: Mutex<Vec<(TcpListener, Range<u16>)>> = Mutex::new(Vec::new());

/// Returns an address that is free for UDP and for TCP, and that nobody else is given while this process runs.
///
/// # Errors
/// Returns an error when every port is taken.
pub fn free() -> anyhow::Result<SocketAddr> {
    let mut blocks = BLOCKS.lock().ok().context("a test panicked")?;
    loop {
        let left = blocks.iter_mut().flat_map(|(_, ports)| ports);
        if let Some(port) = left.map(here).find(is_free) {
            return Ok(port);
        }
        let mut firsts = PORTS.step_by(usize::from(BLOCK));
        let claimed = firsts.find_map(|first| Some((TcpListener::bind(here(first)).ok()?, first)));
        let (claim, first) = claimed.context("no free port")?;
        blocks.push((claim, first + 1..first + BLOCK));
    }
}

const fn here(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Returns the port that is wanted if it is free, else another.
///
/// # Errors
/// Returns an error when every port is taken.
pub fn preferring(wanted: Option<u16>) -> anyhow::Result<SocketAddr> {
    wanted.map(here).filter(is_free).map_or_else(free, Ok)
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
