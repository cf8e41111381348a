//! Registrants when a vault is put back: whoever was forgotten since stays so, and as far as the vault that is moved
//! aside is sound, they are and chose what stands there, as if the backup knew it.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::Timestamp;

use crate::app;
use crate::config::Config;
use crate::ids::RegistrantId;
use crate::store::backup::{Copy, check_place, soundness};
use crate::store::conn::Tx;
use crate::store::vault::{SCHEMA, registrant, restoration, taken_over, trace};
use crate::store::{Place, Store, StoreError};
use crate::vault::{Vault, VaultError};

/// Tables that have rows where anybody is registered.
const REGISTERED: [&str; 3] = ["registrant", "contact", "subscription"];

/// What a vault that is put back knows of registrants.
pub(super) struct Registrants {
    /// Who was forgotten since the backup was made; none where the vault that stands there cannot say.
    gone: Option<Vec<(RegistrantId, Timestamp)>>,
    /// How they stand.
    standing: Standing,
}

/// How they stand in the vault that is put back.
enum Standing {
    /// As in the vault that is moved aside, once it is.
    ToTakeOver,
    /// As in the vault that was moved aside: so many, but for some whose rows there do not open.
    TakenOver { many: u64, unsound: usize },
    /// As in the backup: why.
    AsBackedUp(String),
}

impl Registrants {
    /// Asks the vault that is about to be moved aside.
    pub(super) fn look(
        vault: &Place,
        (copy, made_at): (&Copy, Timestamp),
        is_as_backed_up: bool,
    ) -> Self {
        let read = || -> Result<_, StoreError> {
            let read = move |tx: &mut Tx<'_>| restoration::forgotten_since(tx, made_at);
            Store::open(vault, &SCHEMA)?.read_now("forgotten", read)
        };
        let is_there = !matches!(vault, Place::File(path) if !path.exists());
        // First: opening a schema makes the tables that it lacks.
        let checked = check_place(vault, &SCHEMA);
        let gone = is_there.then(read).and_then(Result::ok);
        let standing = if is_as_backed_up {
            Standing::AsBackedUp("that was asked for".to_owned())
        } else if is_there {
            let many_gone = gone.as_ref().map_or(0, |gone: &Vec<_>| gone.len() as u64);
            match checked {
                Ok(_)
                    if copy
                        .rows_of(REGISTERED[0])
                        .is_none_or(|rows| rows <= many_gone) =>
                {
                    Standing::ToTakeOver
                }
                Ok(rows) => soundness::emptied(&rows, copy, &REGISTERED)
                    .map_or(Standing::ToTakeOver, Standing::AsBackedUp),
                Err(failure) => Standing::AsBackedUp(failure.to_string()),
            }
        } else {
            Standing::AsBackedUp("there is no vault".to_owned())
        };
        Self { gone, standing }
    }

    /// Forgets again who had asked for it since, before anything else is done with the vault, takes over how the
    /// others stand, and notes from when on they may hear something twice. Nobody's page stays open.
    ///
    /// # Errors
    /// Returns why the vault that was put back cannot be written, or not with the keys that are here.
    pub(super) fn keep(
        &mut self,
        config: &Config,
        aside: Option<&Place>,
        (made_at, restored_at): (Timestamp, Timestamp),
        is_registry_back: bool,
    ) -> anyhow::Result<()> {
        let since = self.gone.clone().unwrap_or_default();
        let vault = Store::open(&config.vault, &SCHEMA).context("failed to open the vault")?;
        let keep = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            taken_over::end_sessions(tx)?;
            for (registrant, at) in &since {
                registrant::forget(tx, *registrant, *at)?;
            }
            restoration::note(tx, made_at, restored_at)
        };
        if let (Standing::ToTakeOver, Some(aside)) = (&self.standing, aside) {
            let keep = keep.clone();
            let take_over = |(before, unsound): (Store, BTreeSet<RegistrantId>)| {
                let count = unsound.len();
                let many = vault.write_now("restored", move |tx| {
                    keep(tx)?;
                    let unknown_since = is_registry_back.then_some(made_at);
                    let many = taken_over::take_over(tx, &before, &unsound, unknown_since)?;
                    if is_registry_back {
                        trace::keep(tx)?;
                    }
                    Ok(many)
                })?;
                Ok(Standing::TakenOver {
                    many,
                    unsound: count,
                })
            };
            self.standing = before(config, aside)
                .and_then(take_over)
                .unwrap_or_else(|failure| Standing::AsBackedUp(failure.to_string()));
        }
        if !self.are_taken_over() {
            vault
                .write_now("restored", keep)
                .context("failed to keep who is forgotten")?;
        }
        // The keys are compared before anybody relies on this vault.
        drop(vault);
        app::open_vault(config).map(|_| ())
    }

    /// Says whether they stand as in the vault that was moved aside.
    pub(super) const fn are_taken_over(&self) -> bool {
        matches!(self.standing, Standing::TakenOver { .. })
    }

    /// Returns how many were taken over, if any were.
    pub(super) const fn taken_over(&self) -> Option<u64> {
        match self.standing {
            Standing::TakenOver { many, .. } => Some(many),
            Standing::ToTakeOver | Standing::AsBackedUp(_) => None,
        }
    }

    /// Returns how many were forgotten since, where that is known.
    pub(super) fn forgotten(&self) -> Option<usize> {
        self.gone.as_ref().map(Vec::len)
    }

    /// Says it.
    pub(super) fn said(&self, is_dry_run: bool) -> String {
        let gone = match &self.gone {
            Some(gone) => format!(
                "Forgotten since it was made, and kept so: {} registrants.",
                gone.len()
            ),
            None => "The vault that stands there cannot be read: who asked to be forgotten since is not \
                     known."
                .to_owned(),
        };
        let standing = match &self.standing {
            Standing::ToTakeOver if is_dry_run => {
                "Registrations are taken over as they stand in the vault that is moved aside."
                    .to_owned()
            }
            Standing::ToTakeOver => "Registrations are as the backup has them.".to_owned(),
            Standing::TakenOver { many, unsound } => {
                let damaged = if *unsound == 0 {
                    String::new()
                } else {
                    format!(
                        " The rows of {unsound} more are damaged there and do not open: they are as the backup has \
                         them, if it has them."
                    )
                };
                format!(
                    "Registrations taken over as they stood in the vault that was moved aside: {many}, with what \
                     they changed since and with what they asked to stop.{damaged}"
                )
            }
            Standing::AsBackedUp(why) => {
                format!("Registrations are as the backup has them, not as they stood since: {why}.")
            }
        };
        format!("{gone} {standing}")
    }
}

/// Opens the vault that was moved aside, with whose rows in it do not open.
fn before(config: &Config, aside: &Place) -> Result<(Store, BTreeSet<RegistrantId>), VaultError> {
    let store = Store::open(aside, &SCHEMA)?;
    let vault = Vault::open(store.clone(), &config.vault_keys, app::world())?;
    Ok((store, vault.unsound()?))
}
