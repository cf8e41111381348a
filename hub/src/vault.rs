//! The vault: who registered, how to reach her, what she was told and when.
//!
//! A database of its own, keys of its own, and a closed set of commands that are plain values, so
//! that it can move into a process and user of its own without a change to its callers. No answer
//! holds a contact, except to the courier that carries one message to it; nothing else in the
//! program can learn that anyone registered.

pub mod access;
mod bounds;
mod care;
mod change;
mod claiming;
pub mod client;
mod clock;
pub mod command;
mod confirming;
pub mod contacts;
mod correction;
pub mod courier;
mod court_order;
mod duress;
mod elsewhere;
mod entering;
pub mod evidence;
mod expunging;
pub mod follow;
pub mod keyring;
mod left;
mod line;
mod lost;
pub mod means;
mod message;
pub mod monitor;
mod never;
mod older;
mod overtaken;
pub mod parted;
mod place;
pub mod planning;
mod portal;
mod reaching;
pub mod registration;
pub mod sealed;
mod siblings;
mod silence;
mod slices;
pub mod staff;
mod stopping;
mod takeover;
pub mod task;
mod turn;
mod unsound;

use std::path::Path;

use savin_shared::fault::Fault;
use savin_shared::world::World;
use thiserror::Error;

use crate::ids::WorkerId;
use crate::store::doom::Doom;
use crate::store::vault::key;
use crate::store::{Store, StoreError};
use command::{Answer, Command};
use keyring::{Keyring, KeyringError};
use means::Means;
use sealed::SealError;

/// The open vault.
#[derive(Debug)]
pub struct Vault {
    store: Store,
    keys: std::sync::Arc<Keyring>,
    means: std::sync::Arc<Means>,
    world: World,
    worker: Option<WorkerId>,
    /// Registrants that are planned in one transaction.
    slice: usize,
}

impl Vault {
    /// Opens the vault with the keys in a file, which is made for a vault that has not begun.
    ///
    /// # Errors
    /// Returns [`VaultError`] when the keys are gone or are another vault's: they are never
    /// replaced, since with others nothing that is stored could be opened.
    pub fn open(store: Store, key_file: &Path, world: World) -> Result<Self, VaultError> {
        let begun = store.read_now("key check", key::load)?;
        let keys = match Keyring::load(key_file)? {
            Some(keys) => keys,
            None if begun.is_none() => Keyring::make_file(key_file)?,
            None => return Err(KeyringError::Lost.into()),
        };
        Self::with_keys(store, keys, world)
    }

    fn with_keys(store: Store, keys: Keyring, world: World) -> Result<Self, VaultError> {
        let check_value = keys.check_value();
        let known = store.write_now("key check", move |tx| {
            key::begin(tx, &check_value)?;
            key::load(tx)
        })?;
        if known != Some(check_value) {
            return Err(KeyringError::Other.into());
        }
        Ok(Self {
            store,
            keys: std::sync::Arc::new(keys),
            means: std::sync::Arc::default(),
            world,
            worker: None,
            slice: slices::SLICE,
        })
    }

    /// Says by what means this hub tells.
    #[must_use]
    pub fn with_means(mut self, means: Means) -> Self {
        self.means = std::sync::Arc::new(means);
        self
    }

    /// Says which worker this is: its leases are known as its own.
    #[must_use]
    pub const fn of_worker(mut self, worker: WorkerId) -> Self {
        self.worker = Some(worker);
        self
    }

    /// Returns what tells when the process must end because of the vault.
    #[must_use]
    pub const fn doom(&self) -> &Doom {
        self.store.doom()
    }

    /// Carries out a command. It waits for its database: call it on a thread that may.
    ///
    /// # Errors
    /// Returns [`VaultError`] when the database or a key fails.
    pub fn handle(&self, command: Command) -> Result<Answer, VaultError> {
        Ok(match command {
            Command::Portal(command) => Answer::Portal(self.portal(command)?),
            Command::Planner(command) => Answer::Planner(self.plan(command)?),
            Command::Courier(command) => Answer::Courier(self.courier(command)?),
            Command::Staff(command) => Answer::Staff(self.staff(command)?),
        })
    }
}

/// Why the vault could not do something. Nothing personal is in the message.
#[derive(Debug, Error)]
pub enum VaultError {
    /// Its database failed.
    #[error("the vault's database failed")]
    Store(#[from] StoreError),
    /// Something cannot be sealed or opened.
    #[error("the vault cannot seal or open a value")]
    Seal(#[from] SealError),
    /// Its keys cannot be used.
    #[error("the vault's keys cannot be used")]
    Keyring(#[from] KeyringError),
    /// It does not run any more.
    #[error("the vault is closed")]
    Closed,
}

impl VaultError {
    /// Returns what is to be done about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(error) => error.fault(),
            Self::Seal(_) | Self::Keyring(_) | Self::Closed => Fault::Broken,
        }
    }
}

/// Carries a sealing failure out of a transaction.
fn broken(_: SealError) -> StoreError {
    StoreError::Damaged("a sealed value does not open: are these the vault's keys?")
}

#[cfg(test)]
mod tests;
