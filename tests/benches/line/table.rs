//! The table of figures, written as they come.

use std::io::Write as _;
use std::time::Duration;

use crate::machine::Machine;

/// The table.
#[derive(Debug)]
pub(crate) struct Table;

impl Table {
    /// Writes the head, and what the machine itself can do.
    pub(crate) fn begin(machine: &Machine) -> anyhow::Result<Self> {
        let mut table = Self;
        line("| what | measured | to reach | beside |")?;
        line("|---|---|---|---|")?;
        let sync = format!(
            "p50 {}, p99 {}",
            millis(machine.sync),
            millis(machine.sync_p99)
        );
        table.row("4 KiB written and fdatasync", &sync, "", "")?;
        table.row(
            "UDP round trip on loopback",
            &format!("p50 {}", millis(machine.trip)),
            "",
            "",
        )?;
        let hash = format!("{:.0} MB/s", machine.hash_mb_s);
        table.row("SHA-256", &hash, "", "")?;
        Ok(table)
    }

    /// Writes a row.
    pub(crate) fn row(
        &mut self,
        what: &str,
        measured: &str,
        to_reach: &str,
        beside: &str,
    ) -> anyhow::Result<()> {
        line(&format!("| {what} | {measured} | {to_reach} | {beside} |"))
    }

    /// Ends it.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        line("")
    }
}

/// Says why there is no table.
pub(crate) fn complain(error: &anyhow::Error) {
    // Nobody is left to hear that standard error is closed.
    let _closed = writeln!(std::io::stderr(), "{error:?}");
}

/// Writes a duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
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
