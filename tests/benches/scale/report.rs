//! The figures, written as they come: as a table, or as an object a line.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::hub::Place;

/// One figure.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What is to be reached; empty where nothing is.
    pub(crate) goal: &'static str,
    pub(crate) beside: String,
}

/// Where figures go; progress goes to standard error.
#[derive(Debug)]
pub(crate) struct Report {
    is_json: bool,
}

impl Report {
    pub(crate) const fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    /// Writes the table's head.
    pub(crate) fn begin(&self, place: &Place) -> anyhow::Result<()> {
        if self.is_json {
            return Ok(());
        }
        line(&format!(
            "| {} | measured | to reach | beside |",
            place.name()
        ))?;
        line("|---|---|---|---|")
    }

    /// Writes a figure.
    pub(crate) fn figure(&mut self, figure: &Figure) -> anyhow::Result<()> {
        let Figure {
            what,
            value,
            unit,
            goal,
            beside,
        } = figure;
        if self.is_json {
            let object = json!({
                "what": what, "value": value, "unit": unit, "to_reach": goal, "beside": beside,
            });
            return line(&object.to_string());
        }
        let digits = match *value {
            value if value >= 100.0 => 0,
            value if value >= 1.0 => 2,
            _ => 3,
        };
        let goal = if goal.is_empty() {
            String::new()
        } else {
            format!("{goal} {unit}")
        };
        line(&format!(
            "| {what} | {value:.digits$} {unit} | {goal} | {beside} |"
        ))
    }

    /// Writes what one delta cost, beside what it cost with the fewest registrations.
    pub(crate) fn ratio(
        &mut self,
        registrations: usize,
        cost: Duration,
        first: Duration,
    ) -> anyhow::Result<()> {
        self.figure(&Figure {
            what: format!("cost of one delta, {registrations} registrations"),
            value: cost.as_secs_f64() * 1e6,
            unit: "µs",
            goal: "",
            beside: format!(
                "{:.2} of the first, to stay within 1.20",
                cost.as_secs_f64() / first.as_secs_f64()
            ),
        })
    }

    /// Says how far it is.
    pub(crate) fn progress(&self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(std::io::stderr(), "{text}")?)
    }

    /// Says why there are no figures.
    pub(crate) fn complain(&self, error: &anyhow::Error) {
        // Nobody is left to hear that standard error is closed.
        let _closed = writeln!(std::io::stderr(), "{error:?}");
    }
}

/// Returns the value below which a share of the samples lies.
pub(crate) fn share(samples: &[Duration], permille: usize) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let place = sorted.len().saturating_sub(1) * permille / 1000;
    sorted.get(place).copied().unwrap_or_default()
}

fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
