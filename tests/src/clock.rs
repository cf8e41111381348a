//! The clocks of suites, benches and the demo: read here and nowhere else in this crate.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;

/// Returns the time of day.
#[must_use]
pub fn wall() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one wall clock of this crate"
    )]
    Timestamp::now()
}

/// Returns the time for deadlines and durations.
#[must_use]
pub fn monotonic() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one monotonic clock of this crate"
    )]
    Instant::now()
}

/// Waits a little before looking again at what another process writes.
pub fn pause(duration: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "another process cannot wake this one; every caller has a deadline or an end"
    )]
    std::thread::sleep(duration);
}

/// Returns how long a process has kept a core busy: what it costs on a machine that does other work too.
///
/// # Errors
/// Returns an error where the system does not tell.
pub fn processor(process: u32) -> anyhow::Result<Duration> {
    // utime and stime (proc(5)).
    ticks(&process.to_string(), [11, 12])
}

/// Returns how long those programs kept a core busy that this one started and that have ended.
///
/// # Errors
/// Returns an error where the system does not tell.
pub fn children() -> anyhow::Result<Duration> {
    // cutime and cstime.
    ticks("self", [13, 14])
}

/// Adds up fields of what the system tells of a process.
fn ticks(process: &str, fields: [usize; 2]) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))
        .context("this system does not tell a program's time")?;
    // What comes before the bracket is the program's name, which may hold blanks.
    let (_, told) = stat.rsplit_once(')').context(stat.clone())?;
    let mut sum = 0;
    for place in fields {
        let field = told.split_whitespace().nth(place);
        sum += field.with_context(|| stat.clone())?.parse::<u64>()?;
    }
    // In the hundredths of a second that Linux counts in.
    Ok(Duration::from_millis(10 * sum))
}
