//! What the hub says of its trunks, as plain values.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use savin_shared::pii::Secret;

use crate::media::latch::Trust;
use crate::media::sdp::Secrecy;

/// How signalling is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS, which protected sound wants, since its keys are in the signalling.
    Tls,
}

/// The other end of a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name, whose SRV records are asked for, or its address.
    pub host: String,
    /// Its port, where that is not looked up.
    pub port: Option<u16>,
    /// How it is reached.
    pub transport: Transport,
}

/// Who we are to a trunk that asks.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}

/// What TLS goes by. Whose certificate no authority named here has signed is not called.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The authorities, PEM.
    pub authorities: Vec<u8>,
    /// Our certificate and its key, PEM: without them the trunk cannot open a connection to us.
    pub identity: Option<(Vec<u8>, Secret<Vec<u8>>)>,
}

/// What a trunk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Calls to whoever is told, and theirs to us.
    Public,
    /// Calls to operators only: the switchboard of the house.
    Operators,
}

/// One trunk.
#[derive(Debug, Clone)]
pub struct Trunk {
    /// What it is called in tables and logs.
    pub name: String,
    /// What it is for.
    pub purpose: Use,
    /// The other end.
    pub server: Server,
    /// Where we listen for it.
    pub bind: SocketAddr,
    /// Where it sees us, behind a translator of addresses.
    pub announced: Option<SocketAddr>,
    /// Who we are to it, where it asks.
    pub account: Option<Account>,
    /// Whether it is told where we are, with the account: some send calls only then.
    pub registers: bool,
    /// The number that is shown to whoever is called.
    pub caller: String,
    /// TLS, where the server is reached by it.
    pub tls: Option<Tls>,
    /// Whether sound is protected.
    pub secrecy: Secrecy,
    /// From where sound may come.
    pub trust: Trust,
    /// Further hosts from which its signalling comes; all others are not heard.
    pub admitted: Vec<IpAddr>,
    /// Calls at once. More than the carrier grants are refused by it with 486 or 503.
    pub lines: u32,
    /// Calls begun in a second. More than the carrier grants are refused by it.
    pub calls_per_second: u32,
}

/// Where sound is sent and heard.
#[derive(Debug, Clone, Copy)]
pub struct Media {
    /// Our address.
    pub bind: IpAddr,
    /// The address that others see, behind a translator of addresses.
    pub announced: Option<IpAddr>,
    /// The first and the last port, two for each call.
    pub ports: (u16, u16),
}

/// How long what may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long a trunk may say nothing to a call before the next is tried. The standard's own limit is
    /// 32 s; less than a second loses trunks that are only slow.
    pub provisional: Duration,
    /// How long a trunk that has a call (100) may say no more of it before the next is tried: less loses calls to
    /// networks that are slow to find a telephone; more keeps whoever is to be told waiting for a trunk that is stuck.
    pub progress: Duration,
    /// How often each trunk is asked whether it is there.
    pub look: Duration,
    /// How often one that is not there is asked.
    pub look_when_down: Duration,
    /// How long it may take to answer that.
    pub look_patience: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            provisional: Duration::from_secs(5),
            progress: Duration::from_secs(20),
            look: Duration::from_secs(20),
            look_when_down: Duration::from_secs(5),
            look_patience: Duration::from_secs(4),
        }
    }
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The trunks, in the order in which they are tried.
    pub trunks: Vec<Trunk>,
    /// Where sound goes.
    pub media: Media,
    /// How long what may take.
    pub timing: Timing,
}
