//! `capture`: explains one file end to end, and sends and stores nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::mask::Mask;
use super::output::Output;
use super::reading;
use super::trial::{Trial, outcome};
use crate::app;
use crate::capture::report::{Outcome, Report};
use crate::config::{Config, FeedConfig, SourceConfig};
use crate::format::encoding;
use crate::mapping::binding::Binding;
use crate::sources::folder::{export_time, is_export};

/// Explain what the agent would make of one file.
#[derive(Debug, Args)]
pub(super) struct Capture {
    /// The file.
    file: PathBuf,
    /// The feed as whose export it is read; it can be left out where there is one feed.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// How many changes to show; all are counted.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    limit: usize,
    /// Show names and birth dates instead of masking them.
    #[arg(long)]
    reveal: bool,
}

impl Capture {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let feed = self.feed(&config)?;
        let path = &self.file;
        let named = || path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("failed to read {}", named()))?;
        let modified = std::fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .with_context(named)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let profile = &feed.feed.profile;
        let exported_at = export_time(&profile.times, &profile.export_date, &name, modified);
        let remarks = about_file(feed, &name, modified);
        let decoded = encoding::decode(&bytes);
        let layout = format!(
            "{} bytes, read as {}, {} NUL bytes taken out; it is of {exported_at:.0}",
            bytes.len(),
            decoded.encoding,
            decoded.nuls_removed,
        );
        if !output.is_json() {
            output.line(&format!("{name}: {layout}."))?;
            remarks
                .iter()
                .try_for_each(|remark| output.line(&format!("  {remark}")))?;
        }
        // A file that cannot be read has no columns; the capture below says why.
        if let Ok(binding) = self.binding(feed, &bytes) {
            columns(feed, &binding, output)?;
        }
        let mut trial = Trial::new(&config)?;
        let report = trial.take_file(feed, path, &bytes, exported_at)?;
        rows(&report, (&name, &layout, &remarks), output)?;
        if matches!(report.outcome, Outcome::Refused(_)) {
            bail!("{name}: {}", outcome(&report));
        }
        trial.show(feed, &report, (self.limit, Mask::new(self.reveal)), output)
    }

    fn feed<'a>(&self, config: &'a Config) -> anyhow::Result<&'a FeedConfig> {
        let names: Vec<&str> = config
            .feeds
            .iter()
            .map(|feed| feed.feed.name.as_str())
            .collect();
        let names = names.join(", ");
        match (&self.feed, config.feeds.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => bail!("say whose export it is with --feed: {names}"),
            (Some(name), feeds) => feeds
                .iter()
                .find(|feed| feed.feed.name.as_str() == name)
                .with_context(|| format!("there is no feed {name}, only {names}")),
        }
    }

    fn binding(&self, feed: &FeedConfig, bytes: &[u8]) -> anyhow::Result<(Binding, Vec<String>)> {
        reading::file_rows(feed, &self.file, bytes, &mut |rows, _| {
            let binding = Binding::new(&feed.feed.profile, rows.columns())?;
            Ok((binding, rows.columns().to_vec()))
        })
    }
}

/// Says how the feed would come to read the file at all.
fn about_file(feed: &FeedConfig, name: &str, modified: std::time::SystemTime) -> Vec<String> {
    let SourceConfig::Folder(settings) = &feed.source else {
        return vec!["the feed reads a database and would never see this file".to_owned()];
    };
    let mut remarks = Vec::new();
    if !is_export(&settings.files, name) {
        remarks.push(format!(
            "its name does not fit files = {:?}: the feed would never read it",
            settings.files
        ));
    }
    let now = (app::world().wall)();
    let age = Timestamp::try_from(modified).map(|modified| now.duration_since(modified));
    if let Ok(age) = age
        && age.unsigned_abs() < settings.settle
    {
        remarks.push(format!(
            "it was written less than {:?} ago: the feed would wait until it has settled",
            settings.settle
        ));
    }
    remarks
}

fn columns(
    feed: &FeedConfig,
    (binding, header): &(Binding, Vec<String>),
    output: &Output,
) -> anyhow::Result<()> {
    let name = |place: &usize| header.get(*place).cloned().unwrap_or_default();
    let fields = feed.feed.profile.columns.keys();
    let bound: Vec<(&str, String)> = fields
        .map(|field| {
            let places = binding.places(*field);
            let names: Vec<String> = places.iter().map(name).collect();
            (field.name(), names.join(" and "))
        })
        .collect();
    if output.is_json() {
        return output.object(&json!({ "columns": bound, "dropped_columns": binding.dropped() }));
    }
    let row = |(field, column): (&str, String)| {
        let missing = if column.is_empty() {
            "is missing, and optional"
        } else {
            ""
        };
        vec![field.to_owned(), column, missing.to_owned()]
    };
    output.table(
        &["field", "column", ""],
        bound.into_iter().map(row).collect(),
    )?;
    output.line(&format!(
        "Columns never looked at: {}",
        binding.dropped().join(", ")
    ))
}

/// Counts what became of the rows.
fn rows(
    report: &Report,
    (name, layout, about): (&str, &str, &[String]),
    output: &Output,
) -> anyhow::Result<()> {
    let tally = &report.tally;
    let mut remarks = tally.words();
    remarks.extend(tally.remarks());
    remarks.extend(report.looks_other.iter().cloned());
    if output.is_json() {
        return output.object(&json!({
            "file": name, "layout": layout, "about": about, "rows": report.rows,
            "mapped": tally.mapped, "withheld": tally.withheld, "juveniles": tally.juveniles,
            "victims": tally.victims, "skipped": tally.skipped, "set_aside": tally.quarantined,
            "remarks": remarks, "looks_other": report.looks_other,
        }));
    }
    let counts = [
        ("rows", report.rows),
        ("became records", tally.mapped),
        ("sealed or juvenile, withheld", tally.withheld),
        ("about victims, dropped unread", tally.victims),
        ("of a type that is not taken", tally.skipped),
        ("set aside", tally.quarantined),
        ("records listed", report.listed),
    ];
    let counts = counts.map(|(what, count)| vec![what.to_owned(), count.to_string()]);
    output.table(&["rows", "number"], counts.into())?;
    remarks
        .iter()
        .try_for_each(|remark| output.line(&format!("  {remark}")))
}
