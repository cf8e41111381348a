//! `report`: what nobody may overlook, as a table, as JSON or as CSV, by pseudonym and never by name.

mod hearings;
mod latency;
mod standing;
mod told;

use std::collections::BTreeMap;
use std::io;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::ids::EventPosition;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere;
use crate::store::registry::event::Event;

/// Rows of one report.
const ROWS_MAX: u32 = 10_000;

/// Report what nobody may overlook.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Which report.
    name: Name,
    /// How many days ahead hearings are looked for, and back events for their latency.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    days: u32,
    /// After how many hours a notice that nobody took counts as undelivered.
    #[arg(long, default_value_t = 1, value_name = "HOURS")]
    hours: u32,
    /// Of which event `told` is, by its position in `savin-hub events`.
    #[arg(long, value_name = "POSITION", required_if_eq("name", "told"))]
    event: Option<i64>,
    /// Only how many there are by facility.
    #[arg(long)]
    by_facility: bool,
    /// Print CSV instead of a table.
    #[arg(long)]
    csv: bool,
}

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Hearings that come, of which not every registrant has confirmed a notice.
    Hearings,
    /// Deadlines that were missed, came late, or passed with somebody not told.
    Clocks,
    /// Notices that no channel has taken.
    Undelivered,
    /// Feeds that are not heard from, or held.
    Feeds,
    /// Daily tests of agencies that did not come out.
    Canaries,
    /// How soon events were told and confirmed, by facility.
    Latency,
    /// Who was told of one event (--event), by which channel, when, and how long after the hub knew.
    Told,
}

/// The rows of a report; the first column is the facility.
#[derive(Debug)]
struct Rows {
    header: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

impl Report {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let (store, vault) = (app::open_registry(config)?, app::open_vault(config)?);
        let now = (app::world().wall)();
        let rows = match self.name {
            Name::Hearings => hearings::hearings(&store, &vault, (now, self.days))?,
            Name::Clocks => hearings::overdue(&store, &vault, now)?,
            Name::Undelivered => standing::undelivered(&store, &vault, (now, self.hours))?,
            Name::Feeds => standing::feeds(&store, now)?,
            Name::Canaries => standing::canaries(config, &store, &vault)?,
            Name::Latency => latency::latency(config, (&store, &vault), (now, self.days))?,
            Name::Told => told::told(
                &store,
                &vault,
                EventPosition(self.event.unwrap_or_default()),
            )?,
        };
        // Latency is by facility whether that is asked for or not.
        let rows = if self.by_facility && !matches!(self.name, Name::Latency) {
            rows.by_facility()
        } else {
            rows
        };
        rows.print(self.csv, output)
    }
}

impl Rows {
    /// Counts the rows of each facility.
    fn by_facility(self) -> Self {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in &self.rows {
            *counts
                .entry(row.first().map_or_else(String::new, text))
                .or_default() += 1;
        }
        let counts = counts.into_iter();
        Self {
            header: vec!["facility", "count"],
            rows: counts
                .map(|(facility, count)| vec![facility.into(), count.into()])
                .collect(),
        }
    }

    fn print(self, csv: bool, output: &Output) -> anyhow::Result<()> {
        if csv {
            let mut writer = csv::Writer::from_writer(io::stdout().lock());
            writer
                .write_record(&self.header)
                .context("failed to print")?;
            for row in &self.rows {
                let row = row.iter().map(text);
                writer.write_record(row).context("failed to print")?;
            }
            return writer.flush().context("failed to print");
        }
        if output.is_json() {
            for row in self.rows {
                let names = self.header.iter().map(|name| (*name).to_owned());
                let object: Map<String, Value> = names.zip(row).collect();
                output.object(&object)?;
            }
            return Ok(());
        }
        if self.rows.is_empty() {
            return output.line("Nothing to report.");
        }
        let rows = self.rows.iter().map(|row| row.iter().map(text).collect());
        output.table(&self.header, rows.collect())
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// An event, as a report may show it.
#[derive(Debug)]
struct Shown {
    /// What it says, and nothing of a booking that is kept from the public.
    event: Event,
    /// Whether its own record is told to nobody: its place in the log is all that is shown.
    is_sealed: bool,
}

/// What stands where nothing is shown.
const SEALED: &str = "sealed";

impl Shown {
    fn place(&self) -> &str {
        if self.is_sealed {
            SEALED
        } else {
            self.event.facility.as_str()
        }
    }

    fn what(&self) -> &str {
        if self.is_sealed {
            SEALED
        } else {
            self.event.code.as_str()
        }
    }

    fn whom(&self) -> String {
        if self.is_sealed {
            SEALED.to_owned()
        } else {
            self.event.person.to_string()
        }
    }
}

/// Finds an event as a report may show it.
fn shown(tx: &mut Tx<'_>, at: EventPosition) -> Result<Option<Shown>, StoreError> {
    let Some(event) = elsewhere::shown_at(tx, at)? else {
        return Ok(None);
    };
    let is_sealed = elsewhere::is_sealed(tx, &event)?;
    Ok(Some(Shown { event, is_sealed }))
}

/// Writes a time to the second, in UTC.
fn time(at: jiff::Timestamp) -> Value {
    format!("{at:.0}").into()
}

#[cfg(test)]
mod tests;
