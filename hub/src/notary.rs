//! The notary: signs what the evidence logs are, publishes it beside the databases, and sees at each
//! start that both still continue what was published.

pub mod certify;
pub mod export;
pub mod keys;
pub mod published;
pub mod signing;

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::NoteError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Of what agents sent, what followed from it and what staff decided.
    Registry,
    /// Of notices, tries and outcomes.
    Vault,
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Registry, Self::Vault];

    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Vault => "vault",
        }
    }
}

impl fmt::Display for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why the notary cannot do its work.
#[derive(Debug, Error)]
pub enum NotaryError {
    /// A file cannot be read or written.
    #[error("failed to use {file}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The key is gone, and checkpoints are there that it signed.
    #[error(
        "{file} is missing, and with it checkpoints of the evidence were signed: put it back from \
         the backup, since whoever checks evidence knows no other key",
        file = file.display()
    )]
    KeyMissing {
        /// Which file.
        file: PathBuf,
    },
    /// The key file is none.
    #[error("{file} does not hold the keys of the evidence", file = file.display())]
    KeyDamaged {
        /// Which file.
        file: PathBuf,
    },
    /// A checkpoint is none, or another key's.
    #[error("{file} is not a checkpoint that this hub's key signed", file = file.display())]
    Checkpoint {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: NoteError,
    },
    /// A log does not continue what was published.
    #[error(
        "the {log}'s evidence was rewritten: its first {size} leaves hash to {found}, and {expected} \
         was signed and published in {file}. Keep database and file as they are for whoever looks \
         into it, and put the database back from a backup of before",
        size = published.size, expected = published.root, file = file.display()
    )]
    Rewritten {
        /// Which log.
        log: Log,
        /// What was published.
        published: Checkpoint,
        /// What it would be now.
        found: savin_shared::hash::Hash,
        /// In which file it was published.
        file: PathBuf,
    },
    /// A checkpoint cannot be signed.
    #[error("a checkpoint cannot be signed")]
    Sign(#[from] NoteError),
    /// The registry failed.
    #[error("the registry failed")]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
}
