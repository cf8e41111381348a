//! The notary at work: at each start it compares both logs with what was published of them, and then
//! signs and publishes what they have become, once a minute and whenever it is asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use savin_shared::world::World;
use tokio::sync::watch;
use tracing::error;

use super::keys::Keys;
use super::published::{Publication, Standing};
use super::{Log, NotaryError};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::NoteSigner;
use crate::store::conn::Tx;
use crate::store::evidence::Checked;
use crate::store::{Store, evidence};
use crate::vault::client::Client;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};
use crate::vault::{Vault, VaultError};

/// How often checkpoints are signed, if anything was logged since.
const EVERY: Duration = Duration::from_secs(60);

/// Both logs, for whoever may wait for them: a start or a command.
#[derive(Debug)]
pub struct Notary<'a> {
    /// The keys.
    pub keys: &'a Keys,
    /// The data folder, beneath which checkpoints are published.
    pub data: PathBuf,
    /// The registry.
    pub registry: &'a Store,
    /// The vault.
    pub vault: &'a Vault,
}

/// A checkpoint that was signed and published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
}

impl Notary<'_> {
    /// Asks the vault about its evidence.
    ///
    /// # Errors
    /// Returns [`NotaryError::Vault`] when it cannot answer.
    pub fn ask(&self, command: EvidenceCommand) -> Result<EvidenceAnswer, NotaryError> {
        let asked = Command::Staff(StaffCommand::Evidence(command));
        if let Answer::Staff(StaffAnswer::Evidence(answer)) = self.vault.handle(asked)? {
            Ok(answer)
        } else {
            Err(VaultError::Closed.into())
        }
    }

    /// Returns what was published of a log.
    #[must_use]
    pub fn publication(&self, log: Log) -> Publication<'_> {
        Publication::new(&self.data, log, self.keys)
    }

    /// Returns what a log is.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when its database fails.
    pub fn head(&self, log: Log) -> Result<Checkpoint, NotaryError> {
        match log {
            Log::Registry => Ok(self.registry.read_now("evidence head", evidence::head)?),
            Log::Vault => checkpoint(&self.ask(EvidenceCommand::Head)?),
        }
    }

    /// Returns what a log was at a size within it.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when it is shorter or its database fails.
    pub fn at(&self, log: Log, size: u64) -> Result<Checkpoint, NotaryError> {
        match log {
            Log::Registry => Ok(self
                .registry
                .read_now("evidence at", move |tx| evidence::at(tx, size))?),
            Log::Vault => checkpoint(&self.ask(EvidenceCommand::At { size })?),
        }
    }

    /// Returns the checkpoint that was signed last: its size, and when.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when its database fails.
    pub fn last(&self, log: Log) -> Result<Option<(u64, Timestamp)>, NotaryError> {
        let last = match log {
            Log::Registry => {
                let last = evidence::last_checkpoint;
                self.registry.read_now("last checkpoint", last)?
            }
            Log::Vault => {
                let EvidenceAnswer::Last(last) = self.ask(EvidenceCommand::Last)? else {
                    return Err(VaultError::Closed.into());
                };
                last
            }
        };
        Ok(last.map(|(size, at, _)| (size, at)))
    }

    /// Looks at every entry of a log.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when its database fails.
    pub fn check(&self, log: Log) -> Result<Checked, NotaryError> {
        match log {
            Log::Registry => Ok(self.registry.read_now("check evidence", evidence::check)?),
            Log::Vault => {
                let EvidenceAnswer::Checked(checked) = self.ask(EvidenceCommand::Check)? else {
                    return Err(VaultError::Closed.into());
                };
                Ok(checked)
            }
        }
    }

    /// Compares a log with what was published of it.
    ///
    /// # Errors
    /// Returns [`NotaryError::Rewritten`] when it is another one: the hub must not go on.
    pub fn compare(&self, log: Log) -> Result<Standing, NotaryError> {
        let size = || Ok(self.head(log)?.size);
        let root_at = |size| Ok(self.at(log, size)?.root);
        self.publication(log).compare(size, root_at)
    }

    /// Begins where the logs end: one that is shorter than what was published of it was put back from
    /// a backup, and goes on, since nobody may miss a notice for it.
    ///
    /// # Errors
    /// Returns [`NotaryError::Rewritten`] when a log is another one: the hub must not go on.
    pub fn begin(&self) -> Result<(), NotaryError> {
        for log in Log::ALL {
            if let Standing::Shorter(lost) = self.compare(log)? {
                let size = self.head(log)?.size;
                error!(evidence.log = %log, leaves = size, published = lost.checkpoint.size,
                    "The evidence is shorter than what was published of it: a backup was put back");
                self.publication(log).set_aside(size)?;
            }
        }
        Ok(())
    }

    /// Signs, keeps and publishes what a log is.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when that fails anywhere.
    pub fn sign(&self, log: Log, now: Timestamp) -> Result<Signed, NotaryError> {
        let signed = signed(self.keys.of(log), self.head(log)?)?;
        let (size, note) = (signed.checkpoint.size, signed.note.clone());
        match log {
            Log::Registry => self
                .registry
                .write_now("checkpoint", move |tx| evidence::keep(tx, size, &note, now))?,
            Log::Vault => {
                self.ask(EvidenceCommand::Keep { size, note })?;
            }
        }
        self.publication(log).publish(&signed.note, now)?;
        Ok(signed)
    }
}

fn signed(signer: &NoteSigner, checkpoint: Checkpoint) -> Result<Signed, NotaryError> {
    let note = checkpoint.sign(signer)?;
    Ok(Signed { checkpoint, note })
}

fn checkpoint(answer: &EvidenceAnswer) -> Result<Checkpoint, NotaryError> {
    if let EvidenceAnswer::Checkpoint(checkpoint) = answer {
        Ok(*checkpoint)
    } else {
        Err(VaultError::Closed.into())
    }
}

/// The task that signs once a minute.
#[derive(Debug)]
pub struct Publisher {
    /// The keys.
    pub keys: Arc<Keys>,
    /// The data folder.
    pub data: PathBuf,
    /// The registry.
    pub registry: Store,
    /// The vault's port for staff.
    pub vault: Client<StaffCommand>,
    /// The clocks.
    pub world: World,
}

impl Publisher {
    /// Signs until shutdown, and once more then.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut sizes = [0, 0];
        loop {
            let is_over = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            for (log, size) in Log::ALL.into_iter().zip(&mut sizes) {
                match self.sign(log, *size).await {
                    Ok(signed) => *size = signed,
                    Err(failure) => {
                        error!(evidence.log = %log, reason = %failure,
                            "No checkpoint of the evidence, trying again");
                    }
                }
            }
            if is_over {
                return;
            }
        }
    }

    /// Signs a log if it has grown, and returns its size.
    async fn sign(&self, log: Log, before: u64) -> Result<u64, NotaryError> {
        let head = match log {
            Log::Registry => self.registry.read("evidence head", evidence::head).await?,
            Log::Vault => checkpoint(&self.ask(EvidenceCommand::Head).await?)?,
        };
        if head.size == before {
            return Ok(before);
        }
        let signed = signed(self.keys.of(log), head)?;
        let (size, note) = (head.size, signed.note.clone());
        let now = (self.world.wall)();
        match log {
            Log::Registry => {
                let keep = move |tx: &mut Tx<'_>| evidence::keep(tx, size, &note, now);
                self.registry.write("checkpoint", keep).await?;
            }
            Log::Vault => {
                self.ask(EvidenceCommand::Keep { size, note }).await?;
            }
        }
        let (keys, data) = (Arc::clone(&self.keys), self.data.clone());
        let publish = move || Publication::new(&data, log, &keys).publish(&signed.note, now);
        let published = tokio::task::spawn_blocking(publish).await;
        published.map_err(|_| VaultError::Closed)??;
        Ok(size)
    }

    async fn ask(&self, command: EvidenceCommand) -> Result<EvidenceAnswer, NotaryError> {
        let asked = StaffCommand::Evidence(command);
        if let StaffAnswer::Evidence(answer) = self.vault.ask(asked).await? {
            Ok(answer)
        } else {
            Err(VaultError::Closed.into())
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
