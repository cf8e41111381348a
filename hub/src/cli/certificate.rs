//! `certificate`: what an agency sent and how soon, signed, for the sheriff's file (section 2).

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use savin_shared::ids::AgencyId;
use serde_json::json;

use super::evidence::notary;
use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::notary::certify::certify;
use crate::private_file;

/// Certify what an agency sent, and how soon it was durable and told.
#[derive(Debug, Args)]
pub(super) struct Certificate {
    /// Which agency.
    agency: AgencyId,
    /// From which day on, in the site's zone: 2026-05-01.
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// To before which day.
    #[arg(long, value_name = "DAY")]
    to: Date,
    /// Where the certificate goes; printed without one.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Certificate {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        if self.from >= self.to {
            bail!("--to is a day after --from: the period ends before it begins");
        }
        let at = |day: Date| -> anyhow::Result<Timestamp> {
            let start = day.to_zoned(config.web.zone.clone());
            Ok(start.context("the day is out of range")?.timestamp())
        };
        let period = (at(self.from)?, at(self.to)?);
        let keys = app::open_evidence_keys(config)?;
        let (registry, vault) = (app::open_registry(config)?, app::open_vault(config)?);
        let notary = notary(config, &keys, &registry, &vault);
        let found = certify(&notary, &self.agency, period, (app::world().wall)())?;
        if let Some(path) = &self.output {
            private_file::write(path, found.note.as_bytes())
                .with_context(|| format!("failed to write {}", path.display()))?;
        }
        if output.is_json() {
            return output.object(&json!({
                "certificate": found.certificate, "note": found.note, "file": self.output,
            }));
        }
        match &self.output {
            None => output.line(found.note.trim_end()),
            Some(path) => output.line(&format!(
                "Wrote {}. Whoever has it checks it with `savin-hub evidence verify {} --key KEY`.",
                path.display(),
                path.display()
            )),
        }
    }
}
