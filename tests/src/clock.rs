//! The clocks of suites, benches and the demo: read here and nowhere else in this crate.

use std::time::{Duration, Instant};

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
