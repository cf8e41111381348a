//! `preview`: source row beside record, masked, with everything that was dropped or not understood.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use savin_shared::clock::ObservedAt;
use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::capture::rows::Rows;
use crate::config::{Config, FeedConfig, SourceConfig};
use crate::format::open::open;
use crate::mapping::binding::Binding;
use crate::mapping::tally::Tally;
use crate::mapping::{Mapped, Mapper};
use crate::sources::database::Database;
use crate::sources::folder::{export_time, is_export};

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
            let shown = self
                .show(configured)
                .with_context(|| format!("failed to preview feed {}", configured.feed.name))?;
            print(configured, shown, output)?;
        }
        Ok(())
    }

    fn show(&self, configured: &FeedConfig) -> anyhow::Result<Shown> {
        let world = app::world();
        let now = (world.wall)();
        match &configured.source {
            SourceConfig::Folder(settings) => {
                let newest = newest(configured, &settings.path, &settings.files)?;
                let bytes = std::fs::read(&newest)
                    .with_context(|| format!("failed to read {}", newest.display()))?;
                let named = || newest.display().to_string();
                let mut opened =
                    open(&bytes, &configured.feed.profile.layout).with_context(named)?;
                let mut rows = opened.rows().with_context(named)?;
                self.map(configured, &mut rows, now).with_context(named)
            }
            SourceConfig::Database(settings) => {
                let mut database = Database::new(settings.clone());
                let table = database.read_if_changed((world.monotonic)())?;
                let mut table = table.context("the database gave nothing")?;
                self.map(configured, &mut table, now)
            }
        }
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
            .filter_map(|field| binding.position(*field))
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
                        Some(format!("{name}={}", self.masked(cell)))
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
                    Ok(record) => self.record(&record),
                    Err(error) => error.to_string(),
                };
                (mapped.key.to_string(), text)
            }
            Mapped::Withheld(key) => (key.to_string(), "sealed: nothing is sent".to_owned()),
            Mapped::Blank => (String::new(), "blank: passed over".to_owned()),
            Mapped::Quarantined { key, problem } => {
                let key = key.as_ref().map(ToString::to_string).unwrap_or_default();
                (key, format!("set aside: {problem}"))
            }
        }
    }

    fn record(&self, record: &Record) -> String {
        let mut lines = vec![format!("facility {}", record.facility)];
        if let Some(name) = &record.subject.name {
            lines.push(format!("name {}", self.name(name)));
        }
        if let Some(born) = &record.subject.birth_date {
            lines.push(format!("born {}", self.masked(&born.reveal().to_string())));
        }
        if let Some(custody) = record.custody() {
            lines.push(format!("state {}", custody.state));
            let texts = [
                ("classification", &custody.classification),
                ("location", &custody.location),
            ];
            for (label, text) in texts {
                lines.extend(text.iter().map(|text| format!("{label} {text}")));
            }
            let times = [
                ("booked", custody.booked_at),
                ("released", custody.released_at),
            ];
            for (label, time) in times {
                lines.extend(time.iter().map(|time| format!("{label} {time}")));
            }
        }
        lines.join("\n")
    }

    fn name(&self, name: &PersonName) -> String {
        let given = name.given.as_ref().map(|given| self.masked(given.reveal()));
        format!(
            "{}, {}",
            self.masked(name.surname.reveal()),
            given.unwrap_or_default()
        )
    }

    /// Keeps the first letter, so that a clerk recognises the row and a bystander does not.
    fn masked(&self, text: &str) -> String {
        if self.reveal || text.len() < 2 {
            return text.to_owned();
        }
        text.chars()
            .take(1)
            .chain(std::iter::repeat_n('•', 3))
            .collect()
    }
}

fn newest(
    configured: &FeedConfig,
    folder: &Path,
    pattern: &str,
) -> anyhow::Result<std::path::PathBuf> {
    let profile = &configured.feed.profile;
    let mut newest = None;
    let listing = std::fs::read_dir(folder)
        .with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in listing {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if is_export(pattern, &name) {
            let modified = entry.metadata()?.modified()?;
            let at = export_time(&profile.times, &profile.export_date, &name, modified);
            newest = newest.max(Some((at, entry.path())));
        }
    }
    newest
        .map(|(_, path)| path)
        .with_context(|| format!("no file in {} fits {pattern:?}", folder.display()))
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
