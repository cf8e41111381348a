//! `backup`: copies of both databases while the hub runs, whether a copy holds, and putting one back.

mod again;
mod corrected;
mod decisions;
mod enrolled;
mod lost;
mod orders;
mod published;
mod registrants;
mod restore;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::orders::Orders;
use self::published::LogStanding;
use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::decided;
use crate::orders::journal::Journal;
use crate::store::Place;
use crate::store::backup::{Copy, check, copy};

/// The file that describes a backup.
const MANIFEST: &str = "backup.json";

/// The form of that file.
const VERSION: u32 = 2;

/// The form before: without orders of courts.
const VERSION_WITHOUT_ORDERS: u32 = 1;

/// Copy both databases and the journal of courts' orders, check a copy, and put one back.
#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    /// Copy both databases and the journal of orders into a new folder below FOLDER, while the hub runs. Keys are not in it: keep
    /// them apart.
    Make(Make),
    /// Look whether a backup is whole and sound.
    Verify(Verify),
    /// Put a backup back, with the hub stopped. What stands there is moved aside, not removed.
    Restore(restore::Restore),
}

#[derive(Debug, Args)]
pub(super) struct Make {
    /// The folder that holds backups.
    folder: PathBuf,
    /// Remove all backups in it but the newest so many, once this one is made and sound.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The backup's own folder.
    backup: PathBuf,
}

/// What a backup holds, as its file says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    /// When it was begun: what came later may be missing.
    made_at: Timestamp,
    /// The program that made it.
    program: String,
    vault: Copy,
    registry: Copy,
    /// Entries of the journal of courts' orders, which lies beside; none where the backup is of a program that
    /// had no journal.
    #[serde(default)]
    orders: Option<u64>,
}

impl BackupCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Make(make) => make.run(config, output),
            Self::Verify(verify) => verify.run(config, output),
            Self::Restore(restore) => restore.run(config, output),
        }
    }
}

impl Make {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let made_at = (app::world().wall)();
        let name = format!("savin-hub-{}", stamp(made_at));
        let folder = self.folder.join(&name);
        let partial = self.folder.join(format!("{name}.partial"));
        app::make_folder(&partial)?;
        let made = Self::fill(config, made_at, &partial).and_then(|manifest| {
            fs::rename(&partial, &folder)
                .with_context(|| format!("failed to write {}", folder.display()))?;
            Ok(manifest)
        });
        if made.is_err() {
            // Half a backup holds names and helps nobody; why it failed is what is to be said.
            let _left = fs::remove_dir_all(&partial);
        }
        let manifest = made?;
        if let Some(key) = app::order_key_of(config)? {
            decided::forget_old(&decided::Journal::of(&config.data), &key, made_at)
                .context("it is made, and the journal of decisions cannot be cut")?;
        }
        let removed = match self.keep {
            Some(keep) => prune(&self.folder, usize::from(keep))?,
            None => 0,
        };
        if output.is_json() {
            return output.object(&json!({
                "backup": folder, "made_at": made_at, "removed": removed,
                "bytes": manifest.vault.bytes + manifest.registry.bytes,
            }));
        }
        show(&manifest, output)?;
        if removed > 0 {
            output.line(&format!("Removed {removed} older ones."))?;
        }
        output.line(&format!("Made: {}", folder.display()))
    }

    /// Copies both databases into a folder, and describes them there.
    fn fill(config: &Config, made_at: Timestamp, folder: &Path) -> anyhow::Result<Manifest> {
        published::copy_checkpoints(config, folder)?;
        // The vault first: what it has planned is then in the registry's copy, too.
        let hold = |place: &Place, name| {
            copy(place, folder, name).with_context(|| format!("failed to copy the {name}"))
        };
        let (vault, registry) = (
            hold(&config.vault, "vault")?,
            hold(&config.registry, "registry")?,
        );
        // The journal last: whatever order is in a copy is then in it, too.
        let orders = Journal::of(&config.data).read()?;
        Journal::of(folder).write(&orders)?;
        let manifest = Manifest {
            version: VERSION,
            made_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            vault,
            registry,
            orders: Some(orders.lines.len() as u64),
        };
        let text = serde_json::to_string_pretty(&manifest).context("failed to describe it")?;
        fs::write(folder.join(MANIFEST), text)
            .with_context(|| format!("failed to write {}", folder.display()))?;
        Ok(manifest)
    }
}

impl Verify {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let manifest = sound(&self.backup)?;
        let orders = Orders::compare(config, &self.backup, &manifest)?;
        let logs = published::compare(config, &self.backup, &manifest)?;
        if output.is_json() {
            return output.object(&json!({
                "sound": true, "backup": manifest, "orders_lacking": orders.lacking(),
                "logs": logs.iter().map(LogStanding::json).collect::<Vec<_>>(),
            }));
        }
        show(&manifest, output)?;
        for log in &logs {
            output.line(&log.said())?;
        }
        output.line(&orders.said())?;
        output.line(&format!(
            "Sound: as it was made at {:.0}.",
            manifest.made_at
        ))
    }
}

/// Reads what a backup says of itself and looks whether it holds.
fn sound(backup: &Path) -> anyhow::Result<Manifest> {
    let path = backup.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "failed to read {}: name a backup's own folder, savin-hub-…",
            path.display()
        )
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} describes no backup", path.display()))?;
    if ![VERSION, VERSION_WITHOUT_ORDERS].contains(&manifest.version) {
        bail!(
            "{} is of form {}, and this program knows {VERSION}",
            path.display(),
            manifest.version
        );
    }
    for copy in [&manifest.vault, &manifest.registry] {
        check(copy, backup).context("the backup does not hold")?;
    }
    if let Some(said) = manifest.orders {
        let chain = Journal::of(backup).read();
        let chain = chain.context("the backup does not hold")?;
        let found = chain.lines.len() as u64;
        if found != said {
            bail!(
                "the backup does not hold: {} has {found} entries, and the backup says {said}",
                Journal::of(backup).file().display()
            );
        }
    }
    Ok(manifest)
}

fn show(manifest: &Manifest, output: &Output) -> anyhow::Result<()> {
    let rows = [("vault", &manifest.vault), ("registry", &manifest.registry)];
    let rows = rows.map(|(name, copy)| {
        let of = |table: &str| {
            let tables = copy.tables.iter();
            let found = tables.clone().find(|rows| rows.table == table);
            found.map_or_else(String::new, |rows| rows.rows.to_string())
        };
        vec![
            name.to_owned(),
            copy.engine.as_str().to_owned(),
            copy.bytes.to_string(),
            of("registrant"),
            of("notice"),
            of("event"),
            copy.sha256.clone(),
        ]
    });
    let header = [
        "database",
        "engine",
        "bytes",
        "registrants",
        "notices",
        "events",
        "SHA-256",
    ];
    output.table(&header, rows.into())
}

/// Removes the oldest backups but so many; returns how many are gone.
fn prune(folder: &Path, keep: usize) -> anyhow::Result<usize> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    let mut backups: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.join(MANIFEST).is_file())
        .collect();
    // Their names end with their time.
    backups.sort();
    let many = backups.len().saturating_sub(keep);
    for backup in backups.iter().take(many) {
        fs::remove_dir_all(backup)
            .with_context(|| format!("failed to remove {}", backup.display()))?;
    }
    Ok(many)
}

/// Writes a time so that names sort by it and any database takes it in a name.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dt%H%M%Sz").to_string()
}
