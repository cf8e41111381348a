//! Both journals at the start of the hub: its key, what a database lacks of courts' orders, and what the journal lacks of
//! what staff decided.

use anyhow::Context as _;
use tracing::{error, info, warn};

use super::world;
use crate::config::Config;
use crate::decided;
use crate::orders::Databases;
use crate::orders::carrying::carry_out;
use crate::orders::journal::Journal;
use crate::orders::key::{load_or_make, read};
use crate::store::Store;
use crate::store::registry::expunged::OrderKey;
use crate::vault::Vault;

/// Loads the key by which expunged records are known again.
///
/// # Errors
/// Returns why it cannot be loaded.
pub fn open_order_key(config: &Config, registry: &Store) -> anyhow::Result<OrderKey> {
    load_or_make(&config.data, registry, world().random)
        .context("failed to load the key of what was expunged")
}

/// Reads that key, where there is one.
///
/// # Errors
/// Returns why it cannot be read.
pub fn order_key_of(config: &Config) -> anyhow::Result<Option<OrderKey>> {
    read(&config.data).context("failed to read the key of what was expunged")
}

/// Does what a court ordered and a command was interrupted in, or an older copy of a database lacks.
///
/// # Errors
/// Returns why it cannot be done: the hub then does not start.
pub(super) fn carry_out_all(
    config: &Config,
    registry: &Store,
    vault: &Vault,
    key: &OrderKey,
) -> anyhow::Result<()> {
    let journal = Journal::of(&config.data);
    let databases = Databases {
        registry,
        vault,
        key,
        journal: &journal,
    };
    let carried = carry_out(databases, (world().wall)())
        .context("failed to carry out what a court ordered")?;
    let file = journal.file().display();
    if carried.torn > 0 {
        error!(
            journal.file = %file,
            torn_bytes = carried.torn,
            "The last line of the journal of orders is not whole: no order is in it that took effect, and \
             whoever gave one then was told that it failed"
        );
    }
    if carried.added > 0 {
        warn!(
            journal.file = %file,
            orders = carried.added,
            "The journal of orders lacked what the registry has, and has it now: orders of before there was \
             a journal, or it was lost"
        );
    }
    if carried.again > 0 {
        info!(
            orders = carried.again,
            "Carried out again what courts ordered and a database lacked"
        );
    }
    if !carried.destroyed.is_empty() {
        forget_decisions(config, registry, key)?;
        databases
            .compact()
            .context("failed to write the databases anew after an expunction")?;
    }
    keep_decisions(config, registry, key)
}

/// Drops from the journal of decisions what a court had destroyed in the registry.
///
/// # Errors
/// Returns why it cannot be dropped.
pub fn forget_decisions(config: &Config, registry: &Store, key: &OrderKey) -> anyhow::Result<()> {
    let journal = decided::Journal::of(&config.data);
    decided::erase(&journal, key, registry, (world().wall)())
        .context("failed to drop from the journal of decisions what a court had destroyed")?;
    Ok(())
}

/// Has the journal of decisions know what the registry knows.
fn keep_decisions(config: &Config, registry: &Store, key: &OrderKey) -> anyhow::Result<()> {
    let journal = decided::Journal::of(&config.data);
    let file = journal.file().display().to_string();
    let (added, aside) = decided::complete(&journal, key, registry, (world().wall)())
        .context("failed to keep what staff decided beside the registry")?;
    if let Some(aside) = aside {
        error!(
            journal.file = %file,
            journal.damaged = %aside.display(),
            "The journal of decisions was damaged and is begun anew from the registry"
        );
    }
    if added > 0 {
        info!(
            journal.file = %file,
            decisions = added,
            "The journal of decisions lacked what the registry has, and has it now"
        );
    }
    Ok(())
}
