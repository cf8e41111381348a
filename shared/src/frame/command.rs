//! `Command` and `Result`: the closed set of what the hub may ask of an agent.
//!
//! No command can carry free text or a list of people.

use serde::{Deserialize, Serialize};

use super::{FrameError, from_inner, inner};
use crate::code::coded_enum;
use crate::envelope::portable::{halves, joined};
use crate::ids::AgentId;
use crate::sign::{SignError, SigningKey, VerifyingKey};

/// What the hub asks. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Use these intervals.
    Policy {
        /// Seconds between heartbeats.
        heartbeat_s: u32,
    },
    /// Compare digests.
    Reconcile,
    /// Send the full state.
    Rebaseline,
    /// Make new keys and renew the certificate.
    Rotate,
    /// Move to this version of the program.
    Update {
        /// The version.
        version: String,
    },
    /// Read the sources now.
    Collect,
}

/// An order under the hub's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Tells this command from every other.
    pub id: [u8; 16],
    /// When it was given, in microseconds since 1970 in UTC.
    pub issued_us: i64,
    #[serde(with = "serde_bytes")]
    order: Vec<u8>,
    signature: ([u8; 32], [u8; 32]),
}

impl Command {
    /// Signs an order for one agent.
    ///
    /// # Errors
    /// Returns [`FrameError::Codec`] when the order cannot be written.
    pub fn sign(
        agent: AgentId,
        id: [u8; 16],
        issued_us: i64,
        order: &Order,
        key: &SigningKey,
    ) -> Result<Self, FrameError> {
        let mut command = Self {
            id,
            issued_us,
            order: inner(order)?,
            signature: ([0; 32], [0; 32]),
        };
        command.signature = halves(&key.sign(&command.signed_bytes(agent)));
        Ok(command)
    }

    /// Checks the hub's signature and returns the order.
    ///
    /// # Errors
    /// Returns [`CommandError`] when the signature or the order is refused.
    pub fn open(&self, agent: AgentId, key: &VerifyingKey) -> Result<Order, CommandError> {
        key.verify(&self.signed_bytes(agent), &joined(self.signature))
            .map_err(CommandError::Signature)?;
        from_inner(&self.order).map_err(CommandError::Order)
    }

    fn signed_bytes(&self, agent: AgentId) -> Vec<u8> {
        let mut bytes = b"savin/command/1\0".to_vec();
        bytes.extend_from_slice(agent.as_bytes());
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.issued_us.to_be_bytes());
        bytes.extend_from_slice(&self.order);
        bytes
    }
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The signature is not the hub's for this agent.
    #[error("the command's signature was refused")]
    Signature(#[source] SignError),
    /// The order is none that this build knows.
    #[error("the command's order is unknown")]
    Order(#[source] FrameError),
}

coded_enum! {
    /// What became of a command.
    pub enum CommandOutcome {
        /// Done.
        Done = 1 => "done",
        /// This build cannot do it.
        Unsupported = 2 => "unsupported",
        /// The signature is not the hub's, or the order is unknown.
        Refused = 3 => "refused",
    }
}

/// The agent's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// Which command.
    pub id: [u8; 16],
    /// The code of a [`CommandOutcome`].
    pub outcome: u8,
}
