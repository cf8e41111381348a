//! `Hello` and `Welcome`: how a session begins, or goes on where the last one was cut.

use serde::{Deserialize, Serialize};

use crate::chain::Position;
use crate::ids::{AgentId, Seq};
use crate::receipt::PortableReceipt;

/// The agent's first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Who speaks; must be the certificate's agent.
    pub agent: AgentId,
    /// The end of the journal's chain.
    pub end: Position,
    /// Up to where the agent holds a receipt.
    pub acked: Seq,
    /// Whether the journal's deltas tell the whole state: its epoch began with nothing listed, and
    /// none of its deltas was forgotten. Then a hub that holds nothing can begin with the first.
    pub complete: bool,
    /// The program's version.
    pub build: String,
    /// A random number of this start of the program: two at once are a clone.
    pub boot: [u8; 16],
    /// The agent's wall clock, in microseconds since 1970 in UTC.
    pub clock_us: i64,
    /// Deltas that wait for an acknowledgement.
    pub spool_deltas: u64,
    /// The codecs that the agent reads and writes, best first.
    pub codecs: Vec<u8>,
}

/// The hub's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// Where the hub durably stands with this agent, if it ever heard of it.
    pub position: Option<Position>,
    /// The receipt for that position, where the agent did not get it before the line was cut.
    pub receipt: Option<PortableReceipt>,
    /// What the agent shall do.
    pub verdict: Verdict,
    /// The codec of all that follows.
    pub codec: u8,
    /// Batches that the agent may have in flight.
    pub credit: u32,
    /// Over how many seconds agents shall spread their reconnects.
    pub spread_s: u32,
    /// The hub's wall clock, in microseconds since 1970 in UTC.
    pub clock_us: i64,
}

/// What the hub wants of an agent that greets it. Variants are only ever appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Send what follows the hub's position.
    Resume,
    /// Send the full state: the hub's position is not on the agent's chain.
    Rebaseline,
    /// Compare digests, then go on.
    Reconcile,
    /// Come back later.
    Defer {
        /// After how many seconds.
        after_s: u32,
    },
    /// Nothing is taken from this agent until a person has looked.
    Quarantine,
}
