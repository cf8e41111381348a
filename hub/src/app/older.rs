//! The databases of an older program at the first start of this one: what they lack is added, and the log says how far
//! that is.

use anyhow::Context as _;
use tracing::info;

use super::world;
use crate::intake::backfill::{self, Progress};
use crate::store::Store;
use crate::vault::Vault;

/// After so many that were added the log says how many there are.
const SAID_EVERY: u64 = 10_000;

/// Adds what a registry lacks that an older program filled.
///
/// # Errors
/// Returns why it cannot be added: the hub then does not start, and the next start goes on.
pub(super) fn complete(registry: &Store) -> anyhow::Result<()> {
    let mut said = 0;
    backfill::add(registry, &world(), |progress| {
        let Progress {
            work,
            added,
            is_done,
        } = progress;
        let work = work.as_str();
        if is_done {
            said = 0;
            info!(
                work,
                added, "Added what the registry of an older program lacked"
            );
        } else if added >= said + SAID_EVERY {
            said = added;
            info!(
                work,
                added, "Adding what the registry of an older program lacks"
            );
        }
    })
    .context("failed to add what the registry of an older program lacks")
}

/// Adds the entries in the evidence that a vault lacks that an older program filled.
///
/// # Errors
/// Returns why they cannot be added: the hub then does not start, and the next start goes on.
pub(super) fn complete_vault(vault: &Vault) -> anyhow::Result<()> {
    let added = vault
        .complete_evidence()
        .context("failed to add what the vault of an older program lacks")?;
    if added > 0 {
        info!(
            notices = added,
            "Added what the vault of an older program lacked"
        );
    }
    Ok(())
}
