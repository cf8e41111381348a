//! The door for agents: QUIC, or TLS on TCP, one session each, one transaction for many.

mod clones;
pub mod commit;
mod connection;
mod enrol;
mod line;
pub mod listen;
mod renew;
mod rotation;
mod session;
mod standing;
mod streams;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use savin_shared::ids::AgentId;
use savin_shared::world::World;

use crate::authority::Authority;
use crate::store::Store;
use crate::store::registry::expunged::OrderKey;
use clones::{Start, Starts};
use commit::Committer;
use line::Line;
pub use standing::Barred;

/// What every connection shares.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The registry.
    pub store: Store,
    /// Where batches become durable.
    pub committer: Committer,
    /// The authority, for enrolment and receipts.
    pub authority: Arc<Authority>,
    /// Batches that an agent may have in flight.
    pub credit: u32,
    /// By what expunged records are known again.
    pub orders: OrderKey,
    /// The clocks and the randomness.
    pub world: World,
    /// The one connection of each agent.
    pub present: Present,
    /// Whose word is not taken.
    pub barred: Barred,
}

/// The one connection of each agent: a second one ends the first, and takes its turn after it.
#[derive(Debug, Clone, Default)]
pub struct Present(Arc<Mutex<Agents>>);

#[derive(Debug, Default)]
struct Agents {
    connected: BTreeMap<AgentId, Presence>,
    /// Kept while an agent is away: a second program may greet when the first has gone.
    starts: BTreeMap<AgentId, Starts>,
}

/// An agent that is connected.
#[derive(Debug)]
struct Presence {
    line: Line,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Present {
    /// Notes an agent's connection; returns the one that it replaces, and whose turn it is.
    fn enter(&self, agent: AgentId, line: Line) -> (Option<Line>, Arc<tokio::sync::Mutex<()>>) {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = present.connected.remove(&agent);
        let (before, turn) = match before {
            Some(before) => (Some(before.line), before.turn),
            None => (None, Arc::default()),
        };
        let presence = Presence {
            line,
            turn: Arc::clone(&turn),
        };
        present.connected.insert(agent, presence);
        (before, turn)
    }

    /// Notes which start of its program an agent greets with.
    fn greeted(&self, agent: AgentId, boot: [u8; 16], now: Instant) -> Start {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let starts = present.starts.entry(agent).or_default();
        starts.greeted(boot, now)
    }

    /// Forgets an agent's connection, if it is still this one.
    fn leave(&self, agent: AgentId, line: &Line) {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = present.connected.get(&agent);
        if held.is_some_and(|held| held.line.is(line)) {
            present.connected.remove(&agent);
        }
    }

    /// Returns how many agents are connected.
    #[must_use]
    pub fn count(&self) -> usize {
        let present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        present.connected.len()
    }
}
