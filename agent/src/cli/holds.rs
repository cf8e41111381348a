//! `holds` and `release-hold`: changes that wait for a person, and the person's decision.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use jiff::tz::TimeZone;
use savin_shared::ids::{Epoch, FeedName};
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::capture::release::release;
use crate::config::Config;
use crate::journal::{Journal, hold};

pub(super) fn list(config: &Path, output: &Output) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let mut journal = Journal::look(&config.state.journal())?;
    let mut rows = Vec::new();
    for configured in &config.feeds {
        let name = &configured.feed.name;
        let (hold, changes) =
            journal.read(|tx| Ok((hold::load(tx, name)?, hold::changes(tx, name)?)))?;
        let Some(hold) = hold else { continue };
        if output.is_json() {
            let records: Vec<_> = changes
                .iter()
                .map(|held| held.key.number.as_str())
                .collect();
            output.object(&json!({
                "feed": name, "since": hold.since, "code": hold.code, "message": hold.message,
                "changes": changes.len(), "records": records,
            }))?;
        }
        let since = format!("{:.0}", hold.since);
        rows.push(vec![
            name.to_string(),
            since,
            changes.len().to_string(),
            hold.message,
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("Nothing is held.");
    }
    output.table(&["feed", "since", "changes", "why"], rows)?;
    output.line("If this is what really happened: `savin-agent release-hold FEED`.")?;
    output.line("If the export was wrong: mend it; the hold ends with the next good export.")
}

/// Let held changes pass.
#[derive(Debug, Args)]
pub(super) struct ReleaseHold {
    /// The feed whose held changes are real.
    feed: String,
    /// Only say how many changes would pass.
    #[arg(long)]
    dry_run: bool,
}

impl ReleaseHold {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let Some(configured) = config
            .feeds
            .iter()
            .find(|configured| configured.feed.name.as_str() == self.feed)
        else {
            bail!("no feed is named {:?}", self.feed);
        };
        let name: &FeedName = &configured.feed.name;
        let agent = config.state.identity()?.agent()?;
        let signer = config.state.signer(agent)?;
        let world = app::world();
        let epoch = Epoch::from_bytes((world.random)());
        let mut journal = Journal::open(&config.state.journal(), agent, epoch)?;
        if self.dry_run {
            let changes = journal.read(|tx| hold::changes(tx, name))?.len();
            return output.line(&format!("{changes} changes would pass."));
        }
        let now = (world.wall)();
        let zone: TimeZone = configured.feed.profile.times.zone().clone();
        let day = now.to_zoned(zone).date();
        let secret = (world.random)();
        let (count, _) = release(&mut journal, &signer, name, day, (now, secret))?;
        if output.is_json() {
            return output.object(&json!({ "feed": name, "released": count }));
        }
        output.line(&format!(
            "{count} changes pass; the agent sends them within a second."
        ))
    }
}
