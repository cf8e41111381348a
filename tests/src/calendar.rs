//! A calendar of the programs' own, which a test turns: days pass in a moment for what reads the time of day, and
//! clocks that only count go on as ever.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::program::run;

thread_local! {
    /// How far the calendar that this thread turns is ahead, in seconds.
    static AHEAD_S: Cell<i64> = const { Cell::new(0) };
}

/// Returns what time it is by the calendar that this thread turns: for what acts beside the programs.
#[must_use]
pub fn today() -> Timestamp {
    clock::wall() + SignedDuration::from_secs(AHEAD_S.get())
}

/// What day it is for those programs that are started with it.
#[derive(Debug, Clone)]
pub struct Calendar {
    library: PathBuf,
    file: PathBuf,
}

impl Calendar {
    /// Makes one that shows today, and builds what stands between a program and the system's.
    ///
    /// # Errors
    /// Returns the compiler's error, or the system's.
    pub fn make(folder: &Path) -> anyhow::Result<Self> {
        let calendar = Self {
            library: folder.join("clock.so"),
            file: folder.join("clock"),
        };
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&calendar.library);
        cc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/survival/clock.c"));
        run(cc).context("failed to build a calendar")?;
        AHEAD_S.set(0);
        std::fs::write(&calendar.file, 0_i64.to_ne_bytes()).context("failed to make a calendar")?;
        Ok(calendar)
    }

    /// Lets so much time pass, at once and for whoever runs, too.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn pass(&self, time: SignedDuration) -> anyhow::Result<()> {
        self.turn_to(self.ahead() + time)
    }

    /// Returns how far it is ahead of the system's.
    #[must_use]
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_secs(AHEAD_S.get())
    }

    /// Turns it so far ahead of the system's.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn turn_to(&self, ahead: SignedDuration) -> anyhow::Result<()> {
        AHEAD_S.set(ahead.as_secs());
        // In place, since programs have it mapped.
        std::fs::File::options()
            .write(true)
            .open(&self.file)
            .and_then(|mut file| file.write_all(&AHEAD_S.get().to_ne_bytes()))
            .context("failed to turn a calendar")
    }

    /// Has a program go by it.
    pub(crate) fn hang_in(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("SAVIN_CLOCK", &self.file);
    }
}
