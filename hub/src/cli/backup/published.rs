//! The evidence logs in a backup against what was signed and published of them: whether they are the same, and
//! whether putting the backup back goes back behind what somebody outside may hold.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Manifest;
use crate::app;
use crate::config::Config;
use crate::notary::keys::Keys;
use crate::notary::published::{Publication, Published, Standing, newest_file};
use crate::notary::{Log, NotaryError};
use crate::store::StoreError;
use crate::store::backup::{Copy, log_at};

/// How one log in a backup stands.
#[derive(Debug)]
pub(super) struct LogStanding {
    /// Which.
    pub(super) log: Log,
    /// How many entries it has.
    pub(super) entries: u64,
    /// Up to where it was compared with what was signed; nothing where it could not be.
    compared: Option<u64>,
    /// What was published beyond it.
    beyond: Option<Published>,
}

/// Copies the newest checkpoints into a backup, before its databases: they are then in its logs.
pub(super) fn copy_checkpoints(config: &Config, folder: &Path) -> anyhow::Result<()> {
    for log in Log::ALL {
        let from = newest_file(&config.data, log);
        if from.exists() {
            std::fs::copy(&from, folder.join(file(log)))
                .with_context(|| format!("failed to copy {}", from.display()))?;
        }
    }
    Ok(())
}

fn file(log: Log) -> String {
    format!("{log}.checkpoint")
}

/// Compares both logs of a backup with what was published of them, where the key is that signed it. Fails where
/// one is another log.
pub(super) fn compare(
    config: &Config,
    backup: &Path,
    manifest: &Manifest,
) -> anyhow::Result<Vec<LogStanding>> {
    if !Keys::are_in(&config.data) {
        return Ok(Vec::new());
    }
    let keys = app::open_evidence_keys(config)?;
    let mut standings = Vec::new();
    for log in Log::ALL {
        let copy = match log {
            Log::Registry => &manifest.registry,
            Log::Vault => &manifest.vault,
        };
        let entries = copy.rows_of("evidence_leaf").unwrap_or(0);
        let publication = Publication::new(&config.data, log, &keys);
        let own = publication
            .copied(&backup.join(file(log)))
            .context("the backup does not hold")?;
        let mut compared = None;
        if let Some(own) = own {
            let (size, said) = (own.checkpoint.size, own.checkpoint);
            if size > entries {
                bail!(
                    "the backup does not hold: {log} has {entries} entries, and {size} were signed"
                );
            }
            match log_at(copy, backup, size)? {
                Some(found) if found != said => bail!(
                    "the backup does not hold: the {log}'s evidence in it is not what {} says was signed",
                    own.file.display()
                ),
                Some(_) => compared = Some(size),
                None => {}
            }
        }
        let beyond = beyond(&publication, (copy, backup), entries)?;
        standings.push(LogStanding {
            log,
            entries,
            compared,
            beyond,
        });
    }
    Ok(standings)
}

/// Returns what was published here beyond a log.
fn beyond(
    publication: &Publication<'_>,
    (copy, backup): (&Copy, &Path),
    entries: u64,
) -> anyhow::Result<Option<Published>> {
    // Only a server reads a dump: the start of the hub compares it once it is put back.
    if log_at(copy, backup, 0)?.is_none() {
        let newest = publication.newest()?;
        return Ok(newest.filter(|newest| newest.checkpoint.size > entries));
    }
    let root_at = |size| {
        let found = log_at(copy, backup, size)?;
        let found = found.ok_or(StoreError::Damaged("a copy of a log"))?;
        Ok::<_, NotaryError>(found.root)
    };
    let standing = publication
        .compare(|| Ok(entries), root_at)
        .context("the backup is not of the log that was published here")?;
    Ok(match standing {
        Standing::Continues => None,
        Standing::Shorter(published) => Some(published),
    })
}

impl LogStanding {
    /// Says it.
    pub(super) fn said(&self) -> String {
        let (log, entries) = (self.log, self.entries);
        let compared = self.compared.map_or_else(String::new, |size| {
            format!(" Its first {size} are what was signed when it was made.")
        });
        let beyond = self.beyond.as_ref().map_or_else(String::new, |published| {
            format!(
                " {} were signed and published here since: putting it back goes back behind that. Whoever holds \
                 such a checkpoint can prove that there was more; they stay here as lost-… files.",
                published.checkpoint.size
            )
        });
        format!("The {log}'s evidence has {entries} entries.{compared}{beyond}")
    }

    /// The same for programs.
    pub(super) fn json(&self) -> serde_json::Value {
        json!({
            "log": self.log.as_str(),
            "entries": self.entries,
            "compared": self.compared,
            "published": self.beyond.as_ref().map(|published| published.checkpoint.size),
        })
    }
}

/// Puts the checkpoints aside that a log does not reach that was put back, so that it goes on from its end.
pub(super) fn set_aside(config: &Config, standing: &LogStanding) -> anyhow::Result<()> {
    let keys = app::open_evidence_keys(config)?;
    let publication = Publication::new(&config.data, standing.log, &keys);
    publication
        .set_aside(standing.entries)
        .context("failed to put the checkpoints aside that it does not reach")
}
