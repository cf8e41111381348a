//! The door for agents: QUIC with mutual TLS, one session each, one transaction for many.

pub mod commit;
mod connection;
mod enrol;
pub mod listen;
mod session;
mod standing;
mod streams;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use quinn::Connection;
use savin_shared::ids::AgentId;
use savin_shared::world::World;

use crate::authority::Authority;
use crate::store::Store;
use commit::Committer;
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
    /// The clocks and the randomness.
    pub world: World,
    /// The one connection of each agent.
    pub present: Present,
    /// Whose word is not taken.
    pub barred: Barred,
}

/// The one connection of each agent: a second one ends the first, and takes its turn after it.
#[derive(Debug, Clone, Default)]
pub struct Present(Arc<Mutex<BTreeMap<AgentId, Presence>>>);

/// An agent that is connected.
#[derive(Debug)]
struct Presence {
    connection: Connection,
    /// The start of the agent's program, once it has greeted.
    boot: Option<[u8; 16]>,
    /// That of the connection that this one took over.
    boot_before: Option<[u8; 16]>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Present {
    /// Notes an agent's connection; returns the one that it replaces, and whose turn it is.
    fn enter(
        &self,
        agent: AgentId,
        connection: Connection,
    ) -> (Option<Connection>, Arc<tokio::sync::Mutex<()>>) {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = present.remove(&agent);
        let (before, boot_before, turn) = match before {
            Some(before) => (Some(before.connection), before.boot, before.turn),
            None => (None, None, Arc::default()),
        };
        let presence = Presence {
            connection,
            boot: None,
            boot_before,
            turn: Arc::clone(&turn),
        };
        present.insert(agent, presence);
        (before, turn)
    }

    /// Notes which start of its program an agent greets with; returns whether it took over the
    /// connection of another one.
    fn greeted(&self, agent: AgentId, boot: [u8; 16]) -> bool {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = present.get_mut(&agent) else {
            return false;
        };
        held.boot = Some(boot);
        held.boot_before.is_some_and(|before| before != boot)
    }

    /// Forgets an agent's connection, if it is still this one.
    fn leave(&self, agent: AgentId, connection: &Connection) {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_this = present
            .get(&agent)
            .is_some_and(|held| held.connection.stable_id() == connection.stable_id());
        if is_this {
            present.remove(&agent);
        }
    }

    /// Returns how many agents are connected.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
