//! `support-bundle`: what somebody who helps must see, and nothing about anybody. It is listed before
//! it is written, and goes nowhere unless the county sends it.

mod personal;
mod settings;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::output::Output;
use super::{doctor, status};
use crate::app;
use crate::config::Config;
use crate::journal::{Journal, receipt, spool};
use personal::Personal;

/// The newest lines of a log that are taken.
const LOG_LINES_MAX: usize = 500;

/// Receipts that are taken: their heads prove how far the hub came.
const RECEIPTS_MAX: u32 = 50;

/// Write a file for whoever helps.
#[derive(Debug, Args)]
pub(super) struct SupportBundle {
    /// The ZIP file to write; it must not be there yet.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Only list what would be in it.
    #[arg(long)]
    dry_run: bool,
    /// The agent's log, where it goes to a file; otherwise journald is asked.
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
}

/// One file of the bundle.
struct Part {
    name: String,
    what: String,
    text: String,
}

impl SupportBundle {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        if !self.dry_run && self.output.exists() {
            bail!(
                "{} is there already: name another file",
                self.output.display()
            );
        }
        let parts = self.collect(config)?;
        let rows = parts.iter().map(|part| {
            let bytes = part.text.len().to_string();
            vec![part.name.clone(), bytes, part.what.clone()]
        });
        if output.is_json() {
            for part in &parts {
                output.object(&json!({
                    "file": part.name, "bytes": part.text.len(), "what": part.what,
                    "written": !self.dry_run,
                }))?;
            }
        } else {
            output.table(&["file", "bytes", "what"], rows.collect())?;
        }
        if self.dry_run {
            return if output.is_json() {
                Ok(())
            } else {
                output.line("Nothing was written.")
            };
        }
        self.write(&parts)
            .with_context(|| format!("failed to write {}", self.output.display()))?;
        if output.is_json() {
            return Ok(());
        }
        output.line(&format!(
            "Wrote {}. No name, birth date, address or number of anybody is in it, and no key, \
             password or row. It goes nowhere unless you send it.",
            self.output.display()
        ))
    }

    fn collect(&self, path: &Path) -> anyhow::Result<Vec<Part>> {
        let config = Config::load(path).ok();
        let personal = match &config {
            Some(config) if config.state.journal().exists() => Personal::of(&config.state)
                .context("failed to look which names must not be in it")?,
            Some(_) | None => Personal::default(),
        };
        let findings =
            serde_json::to_value(doctor::examine(path)).context("failed to write JSON")?;
        let mut parts = vec![
            about(),
            part(
                "doctor.json",
                "what keeps the agent from its work",
                &findings,
            )?,
        ];
        if let Some(config) = &config
            && config.state.journal().exists()
            && let Ok(identity) = config.state.identity()
        {
            let standing = status::report(config, &identity)?;
            parts.push(part("status.json", "how agent and feeds stand", &standing)?);
            let counts = counts(config)?;
            parts.push(part(
                "journal.json",
                "counts, and heads of receipts",
                &counts,
            )?);
        }
        parts.push(settings::scrubbed(path, "agent.toml"));
        for (name, file) in settings::profiles(path) {
            parts.push(settings::scrubbed(&file, &format!("profiles/{name}")));
        }
        for part in &mut parts {
            part.text = personal.replaced(&part.text);
        }
        parts.extend(self.log(&personal));
        Ok(parts)
    }

    /// Takes the newest lines of the log, without those that hold something about somebody.
    fn log(&self, personal: &Personal) -> Option<Part> {
        let text = match &self.log_file {
            Some(file) => std::fs::read_to_string(file).ok()?,
            None => {
                let mut journalctl = Command::new("journalctl");
                let lines = LOG_LINES_MAX.to_string();
                journalctl.args(["--unit", "savin-agent", "--no-pager", "--quiet"]);
                journalctl.args(["--output", "short-iso", "--lines", &lines]);
                let output = journalctl.output().ok()?;
                String::from_utf8_lossy(&output.stdout).into_owned()
            }
        };
        let lines: Vec<&str> = text.lines().collect();
        let newest = lines.get(lines.len().saturating_sub(LOG_LINES_MAX)..)?;
        let clean: Vec<&str> = newest
            .iter()
            .copied()
            .filter(|line| !personal.is_in(line))
            .collect();
        let left_out = newest.len() - clean.len();
        (!newest.is_empty()).then(|| Part {
            name: "log.txt".to_owned(),
            what: format!("newest lines of the log; {left_out} left out as about somebody"),
            text: clean.join("\n"),
        })
    }

    fn write(&self, parts: &[Part]) -> anyhow::Result<()> {
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut zip = ZipWriter::new(options.open(&self.output)?);
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for part in parts {
            zip.start_file(part.name.as_str(), stored)?;
            zip.write_all(part.text.as_bytes())?;
        }
        zip.finish()?.sync_all()?;
        Ok(())
    }
}

fn about() -> Part {
    let text = format!(
        "savin-agent {} on {} {}\nmade at {:.0}\n\nNames, birth dates, addresses and numbers of records \
         and persons are replaced by {}.\nKeys, certificates, passwords and rows of the journal are \
         never taken.\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        (app::world().wall)(),
        personal::REPLACED,
    );
    Part {
        name: "about.txt".to_owned(),
        what: "version, and when it was made".to_owned(),
        text,
    }
}

fn part(name: &str, what: &str, value: &Value) -> anyhow::Result<Part> {
    Ok(Part {
        name: name.to_owned(),
        what: what.to_owned(),
        text: serde_json::to_string_pretty(value).context("failed to write JSON")?,
    })
}

fn counts(config: &Config) -> anyhow::Result<Value> {
    let mut journal = Journal::look(&config.state.journal())?;
    let (kept, receipts) =
        journal.read(|tx| Ok((spool::reach(tx)?, receipt::newest(tx, None, RECEIPTS_MAX)?)))?;
    let bytes = std::fs::metadata(config.state.journal()).map_or(0, |file| file.len());
    Ok(json!({
        "bytes": bytes,
        "epochs": kept.iter().map(|reach| json!({
            "epoch": reach.epoch.to_string(), "no_longer_kept": reach.forgotten,
        })).collect::<Vec<_>>(),
        "receipts": receipts.iter().map(|receipt| json!({
            "epoch": receipt.position.epoch.to_string(),
            "deltas_up_to": receipt.position.seq.0,
            "chain_head": receipt.position.head.to_string(),
            "received_at": receipt.received_at.timestamp(),
        })).collect::<Vec<_>>(),
    }))
}
