//! `preview`: source row beside record, masked, with everything that was dropped or not understood.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use savin_shared::clock::ObservedAt;
use serde_json::json;

use super::mask::Mask;
use super::output::Output;
use super::reading;
use super::trial::Trial;
use crate::app;
use crate::capture::rows::Rows;
use crate::config::{Config, FeedConfig, SourceConfig};
use crate::mapping::binding::Binding;
use crate::mapping::tally::Tally;
use crate::mapping::{Mapped, Mapper};

/// Show what would be sent.
#[derive(Debug, Args)]
pub(super) struct Preview {
    /// How many rows of each feed to show; all are read and counted.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    limit: usize,
    /// Only this feed.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Show names and birth dates instead of masking them.
    #[arg(long)]
    reveal: bool,
    /// Show what would be sent now, compared with what was sent.
    #[arg(long)]
    diff: bool,
    /// Read this file instead of the newest export of the folder.
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    file: Option<PathBuf>,
}

struct Shown {
    rows: Vec<[String; 4]>,
    tally: Tally,
    dropped: Vec<String>,
}

impl Preview {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        if config.state.is_enrolled() {
            config.check_facilities(&config.state.identity()?.facilities)?;
        }
        let wanted = |configured: &&FeedConfig| {
            self.feed
                .as_ref()
                .is_none_or(|name| name == configured.feed.name.as_str())
        };
        for configured in config.feeds.iter().filter(wanted) {
            if self.diff {
                self.changes(&config, configured, output)
                    .with_context(|| format!("failed to compare feed {}", configured.feed.name))?;
                continue;
            }
            let shown = self
                .show(configured)
                .with_context(|| format!("failed to preview feed {}", configured.feed.name))?;
            print(configured, shown, output)?;
        }
        Ok(())
    }

    /// Shows a few rows of a file.
    pub(super) const fn few(limit: usize, file: PathBuf) -> Self {
        Self {
            limit,
            feed: None,
            reveal: false,
            diff: false,
            file: Some(file),
        }
    }

    /// Shows what the newest export, or the query, would change.
    fn changes(&self, config: &Config, feed: &FeedConfig, output: &Output) -> anyhow::Result<()> {
        let mut trial = Trial::new(config)?;
        let newest = match &feed.source {
            SourceConfig::Folder(settings) => reading::newest(feed, settings)?,
            SourceConfig::Database(_) => None,
        };
        let report = match &newest {
            Some((path, exported_at)) => {
                let bytes = std::fs::read(path)
                    .with_context(|| format!("failed to read {}", path.display()))?;
                trial.take_file(feed, path, &bytes, *exported_at)?
            }
            None => reading::newest_rows(feed, &mut |rows, _| trial.take_rows(feed, rows))?,
        };
        trial.show(feed, &report, (self.limit, Mask::new(self.reveal)), output)
    }

    fn show(&self, configured: &FeedConfig) -> anyhow::Result<Shown> {
        let now = (app::world().wall)();
        let with: &mut reading::Use<'_, Shown> = &mut |rows, _| self.map(configured, rows, now);
        let Some(path) = &self.file else {
            return reading::newest_rows(configured, with);
        };
        let bytes =
            std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
        reading::file_rows(configured, path, &bytes, with)
    }

    fn map(
        &self,
        configured: &FeedConfig,
        rows: &mut dyn Rows,
        now: Timestamp,
    ) -> anyhow::Result<Shown> {
        let profile = &configured.feed.profile;
        let binding = Binding::new(profile, rows.columns())?;
        let columns = rows.columns().to_vec();
        let taken: Vec<usize> = profile
            .columns
            .keys()
            .flat_map(|field| binding.places(*field))
            .collect();
        let facility = &configured.feed.facility;
        let mut mapper =
            Mapper::new(profile, binding, facility, ObservedAt(now)).counting(rows.place());
        let mut shown = Vec::new();
        while let Some((line, cells)) = rows.next_row()? {
            let mapped = mapper.map(line, cells);
            if shown.len() < self.limit {
                let source: Vec<String> = taken
                    .iter()
                    .filter_map(|place| {
                        let cell = cells.cell(*place)?.trim();
                        let name = columns.get(*place)?;
                        Some(format!("{name}={}", Mask::new(self.reveal).text(cell)))
                    })
                    .collect();
                let (key, becomes) = self.describe(&mapped);
                shown.push([line.to_string(), source.join("\n"), key, becomes]);
            }
        }
        let (mut tally, binding) = mapper.finish();
        tally.source = rows.remarks();
        Ok(Shown {
            rows: shown,
            tally,
            dropped: binding.dropped().to_vec(),
        })
    }

    fn describe(&self, mapped: &Mapped) -> (String, String) {
        match mapped {
            Mapped::Row(mapped) => {
                let text = match mapped.row.record() {
                    Ok(record) => Mask::new(self.reveal).record(&record),
                    Err(error) => error.to_string(),
                };
                (mapped.key.to_string(), text)
            }
            Mapped::Withheld(key) | Mapped::ChargeWithheld(key) => {
                (key.to_string(), "sealed: nothing is sent".to_owned())
            }
            Mapped::Blank => (String::new(), "blank: passed over".to_owned()),
            Mapped::Victim => (String::new(), "about a victim: dropped unread".to_owned()),
            Mapped::Skipped => (String::new(), "not taken by its record type".to_owned()),
            Mapped::Quarantined { key, problem } => {
                let key = key.as_ref().map(ToString::to_string).unwrap_or_default();
                (key, format!("set aside: {problem}"))
            }
        }
    }
}

fn print(configured: &FeedConfig, shown: Shown, output: &Output) -> anyhow::Result<()> {
    let name = &configured.feed.name;
    let mut remarks = shown.tally.words();
    remarks.extend(shown.tally.remarks());
    if output.is_json() {
        for [line, source, key, becomes] in &shown.rows {
            output.object(&json!({
                "feed": name, "line": line, "source": source, "key": key, "becomes": becomes,
            }))?;
        }
        return output.object(&json!({
            "feed": name, "mapped": shown.tally.mapped, "withheld": shown.tally.withheld,
            "set_aside": shown.tally.quarantined, "dropped_columns": shown.dropped,
            "remarks": remarks,
        }));
    }
    output.line(&format!("Feed {name}: what would be sent; nothing was."))?;
    let rows = shown.rows.into_iter().map(|row| row.to_vec()).collect();
    let place = shown.tally.place.to_string();
    output.table(&[&place, "source", "record", "becomes"], rows)?;
    output.line(&format!(
        "{} rows become records, {} are sealed, {} are set aside.",
        shown.tally.mapped, shown.tally.withheld, shown.tally.quarantined
    ))?;
    output.line(&format!(
        "Columns never looked at: {}",
        list(&shown.dropped)
    ))?;
    for remark in remarks {
        output.line(&format!("  {remark}"))?;
    }
    Ok(())
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
