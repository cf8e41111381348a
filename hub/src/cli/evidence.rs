//! `evidence`: the logs of what was sent, decided and told, their keys and their checkpoints.

mod verify;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::notary::Log;
use crate::notary::export::export;
use crate::notary::keys::Keys;
use crate::notary::published::Standing;
use crate::notary::signing::Notary;
use crate::private_file;
use crate::store::Store;
use crate::store::evidence::Checked;
use crate::vault::Vault;

#[derive(Debug, Subcommand)]
pub(super) enum EvidenceCli {
    /// Show the public keys with which anybody checks checkpoints and evidence files.
    Key,
    /// Sign and publish what both logs are now.
    Checkpoint,
    /// Show how both logs stand to what was published of them.
    Status,
    /// Look at every entry of both logs.
    Check(Check),
    /// Write everything that proves one notice into one file.
    Export(Export),
    /// Check such a file: it needs the key, and neither settings nor database.
    Verify(verify::Verify),
}

/// Write everything that proves one notice into one file.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which: its name, or how it begins, as `savin-hub notices` shows it. One to an office is named in full,
    /// as `savin-hub recipients notices --json` does.
    notice: String,
    /// Where the file goes.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// Look at every entry of both logs.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A checkpoint that somebody else kept, to compare its log with.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

impl EvidenceCli {
    /// Runs what needs no settings; anything else is for [`EvidenceCli::run`].
    pub(super) fn run_alone(&self, output: &Output) -> Option<anyhow::Result<()>> {
        match self {
            Self::Verify(verify) => Some(verify.run(output)),
            Self::Key | Self::Checkpoint | Self::Status | Self::Check(_) | Self::Export(_) => None,
        }
    }

    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let keys = app::open_evidence_keys(config)?;
        if matches!(self, Self::Key) {
            return show_keys(&keys, config, output);
        }
        let (registry, vault) = (app::open_registry(config)?, app::open_vault(config)?);
        let notary = notary(config, &keys, &registry, &vault);
        match self {
            Self::Key => Ok(()),
            Self::Checkpoint => sign(&notary, output),
            Self::Status => status(&notary, output),
            Self::Check(check) => check.run(&notary, output),
            Self::Export(export) => export.run(config, &notary, output),
            Self::Verify(verify) => verify.run(output),
        }
    }
}

/// Puts the notary together.
pub(super) fn notary<'a>(
    config: &Config,
    keys: &'a Keys,
    registry: &'a Store,
    vault: &'a Vault,
) -> Notary<'a> {
    Notary {
        keys,
        data: config.data.clone(),
        registry,
        vault,
    }
}

fn show_keys(keys: &Keys, config: &Config, output: &Output) -> anyhow::Result<()> {
    let receipt = app::open_authority(config)?.receipt_key().verifying_key();
    let receipt = savin_shared::hash::hex(&receipt.0);
    let [registry, vault] = Log::ALL.map(|log| keys.public(log).to_string());
    if output.is_json() {
        return output.object(&json!({ "registry": registry, "vault": vault, "receipt": receipt }));
    }
    output.line(&registry)?;
    output.line(&vault)
}

fn sign(notary: &Notary<'_>, output: &Output) -> anyhow::Result<()> {
    // What is signed continues what was published, or is not signed at all.
    notary.begin()?;
    let now = (app::world().wall)();
    for log in Log::ALL {
        let signed = notary.sign(log, now)?;
        if output.is_json() {
            let (size, root) = (signed.checkpoint.size, signed.checkpoint.root.to_string());
            output.object(&json!({
                "log": log.as_str(), "leaves": size, "root": root, "note": signed.note,
            }))?;
        } else {
            output.line(&signed.note)?;
        }
    }
    Ok(())
}

fn status(notary: &Notary<'_>, output: &Output) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for log in Log::ALL {
        let head = notary.head(log)?;
        let last = notary.last(log)?;
        let standing = match notary.compare(log)? {
            Standing::Continues => "continues",
            Standing::Shorter(_) => "shorter",
        };
        let lost = notary.publication(log).lost()?;
        let (signed, signed_at) = last.map_or((0, None), |(size, at)| (size, Some(at)));
        if output.is_json() {
            output.object(&json!({
                "log": log.as_str(), "leaves": head.size, "root": head.root.to_string(),
                "signed_leaves": signed, "signed_at": signed_at, "standing": standing,
                "lost": lost,
            }))?;
        }
        rows.push(vec![
            log.to_string(),
            head.size.to_string(),
            signed.to_string(),
            signed_at.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}")),
            standing.to_owned(),
            lost.len().to_string(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    let header = [
        "log",
        "entries",
        "signed",
        "at",
        "what was published",
        "lost checkpoints",
    ];
    output.table(&header, rows)
}

impl Export {
    fn run(&self, config: &Config, notary: &Notary<'_>, output: &Output) -> anyhow::Result<()> {
        let authority = app::open_authority(config)?;
        let now = (app::world().wall)();
        let notice = match self.notice.parse() {
            Ok(notice) => notice,
            Err(_) => super::notices::beginning(notary.vault, &self.notice)?,
        };
        let text = export(notary, notice, authority.receipt_key(), now)?;
        private_file::write(&self.output, text.as_bytes())
            .with_context(|| format!("failed to write {}", self.output.display()))?;
        if output.is_json() {
            return output.object(&json!({ "file": self.output, "bytes": text.len() }));
        }
        output.line(&format!(
            "Wrote {} ({} bytes). Whoever has it checks it with `savin-hub evidence verify {} --key \
             KEY`, where KEY is the first line of `savin-hub evidence key`.",
            self.output.display(),
            text.len(),
            self.output.display()
        ))
    }
}

impl Check {
    fn run(&self, notary: &Notary<'_>, output: &Output) -> anyhow::Result<()> {
        if let Some(file) = &self.against {
            let note = std::fs::read_to_string(file)
                .with_context(|| format!("failed to read {}", file.display()))?;
            against(notary, &note)?;
        }
        for log in Log::ALL {
            let end = match notary.check(log)? {
                Checked::Whole(end) => end,
                Checked::Changed(leaf) => bail!(
                    "the {log}'s evidence was changed: entry {leaf} or {} is the first that is not \
                     what was logged. Keep the database as it is for whoever looks into it",
                    leaf + 1
                ),
            };
            notary.compare(log)?;
            if output.is_json() {
                output
                    .object(&json!({ "log": log.as_str(), "leaves": end.size, "whole": true }))?;
            } else {
                output.line(&format!(
                    "{log}: {} entries, all as they were logged.",
                    end.size
                ))?;
            }
        }
        Ok(())
    }
}

/// Compares the log that a checkpoint names with it.
fn against(notary: &Notary<'_>, note: &str) -> anyhow::Result<()> {
    let log = Log::ALL
        .into_iter()
        .find(|log| note.lines().next() == Some(notary.keys.public(*log).name()))
        .context("the checkpoint is of none of this hub's logs")?;
    let held = Checkpoint::open(note, notary.keys.public(log))
        .context("the checkpoint was not signed by this hub, or was changed since")?;
    let now = notary.head(log)?.size;
    if held.size > now {
        bail!(
            "the {log}'s evidence has {now} entries, and the checkpoint is over {}: what came after \
             was lost",
            held.size
        );
    }
    if notary.at(log, held.size)? != held {
        bail!(
            "the {log}'s evidence was rewritten since the checkpoint over {}",
            held.size
        );
    }
    Ok(())
}
