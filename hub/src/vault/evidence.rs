//! The vault's evidence, as far as it may be seen outside: what the log is, never whose.

use jiff::Timestamp;

use super::command::StaffAnswer;
use super::{Vault, VaultError};
use crate::evidence::checkpoint::Checkpoint;
use crate::store::evidence::{self, Checked};

/// What may be asked of the vault's evidence.
#[derive(Debug, Clone)]
pub enum EvidenceCommand {
    /// What is the log?
    Head,
    /// What was it at a size within it?
    At {
        /// The size.
        size: u64,
    },
    /// Keep a checkpoint that was signed.
    Keep {
        /// Of which size.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// Which checkpoint was kept last?
    Last,
    /// Look at every leaf.
    Check,
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum EvidenceAnswer {
    /// What the log is, or was.
    Checkpoint(Checkpoint),
    /// The checkpoint is kept.
    Kept,
    /// The checkpoint that was kept last: its size, when it was signed, and the note.
    Last(Option<(u64, Timestamp, String)>),
    /// What a look at every leaf found.
    Checked(Checked),
}

impl Vault {
    /// Carries out a command about the evidence.
    pub(super) fn evidence(&self, command: EvidenceCommand) -> Result<StaffAnswer, VaultError> {
        let store = &self.store;
        Ok(StaffAnswer::Evidence(match command {
            EvidenceCommand::Head => {
                EvidenceAnswer::Checkpoint(store.read_now("evidence head", evidence::head)?)
            }
            EvidenceCommand::At { size } => {
                let at = store.read_now("evidence at", move |tx| evidence::at(tx, size));
                EvidenceAnswer::Checkpoint(at?)
            }
            EvidenceCommand::Keep { size, note } => {
                let now = (self.world.wall)();
                store.write_now("checkpoint", move |tx| evidence::keep(tx, size, &note, now))?;
                EvidenceAnswer::Kept
            }
            EvidenceCommand::Last => {
                let last = store.read_now("last checkpoint", evidence::last_checkpoint);
                EvidenceAnswer::Last(last?)
            }
            EvidenceCommand::Check => {
                EvidenceAnswer::Checked(store.read_now("check evidence", evidence::check)?)
            }
        }))
    }
}
