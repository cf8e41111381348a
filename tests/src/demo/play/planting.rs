//! Explicit releases of people in an export, as another program of the same jail would write them.

use std::path::Path;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use toml::{Table, Value};

use crate::clock::wall;

/// Returns the profile of the second source: the columns of the first, with a status and a
/// reason of their own.
pub(super) fn profile(roster: &str) -> anyhow::Result<String> {
    let mut profile: Table = roster.parse().context("the mapping is not TOML")?;
    profile.insert("name".into(), "planted".into());
    profile.insert("mode".into(), "transactions".into());
    profile.remove("export_date");
    profile.remove("csv");
    profile.remove("example");
    let columns = profile.get_mut("columns").and_then(Value::as_table_mut);
    let columns = columns.context("the mapping has no [columns]")?;
    columns.insert("status".into(), "planted_status".into());
    columns.insert("status_at".into(), "planted_at".into());
    columns.insert("release_reason".into(), "planted_reason".into());
    columns.remove("released_at");
    if let Some(Value::Array(times)) = profile.get_mut("times") {
        times.push("%Y-%m-%d %H:%M:%S".into());
    }
    let values = profile
        .entry("values")
        .or_insert_with(|| Table::new().into());
    let values = values.as_table_mut().context("[values] is not a table")?;
    let one = |word: &str, meaning: &str| {
        Value::Table(Table::from_iter([(word.to_owned(), meaning.into())]))
    };
    values.insert("status".into(), one("PLANTED", "OutOfCustody"));
    values.insert("release_reason".into(), one("BOND", "Bond"));
    toml::to_string(&profile).context("failed to write a profile")
}

/// Returns the first rows of an export, each with a release.
pub(super) fn rows(export: &Path, profile: &str, count: usize) -> anyhow::Result<String> {
    let profile: Table = profile.parse().context("the mapping is not TOML")?;
    let delimiter = profile
        .get("csv")
        .and_then(|csv| csv.get("delimiter"))
        .and_then(Value::as_str)
        .and_then(|delimiter| delimiter.bytes().next());
    let zone = profile.get("zone").and_then(Value::as_str).unwrap_or("UTC");
    let at = wall().to_zoned(TimeZone::get(zone).context("no such zone")?);
    let at = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .from_path(export)
        .context("failed to read the last export")?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = reader.byte_headers()?.clone();
    for column in ["planted_status", "planted_at", "planted_reason"] {
        header.push_field(column.as_bytes());
    }
    writer.write_byte_record(&header)?;
    for row in reader.into_byte_records().take(count) {
        let mut row = row.context("failed to read the last export")?;
        for value in ["PLANTED", at.as_str(), "BOND"] {
            row.push_field(value.as_bytes());
        }
        writer.write_byte_record(&row)?;
    }
    let bytes = writer.into_inner().context("failed to write CSV")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
