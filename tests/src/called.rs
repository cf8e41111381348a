//! Somebody who is called by telephone: a jail with a person in it, its agent, a hub, and her registration;
//! with what all journeys of calls begin.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::clock::{monotonic, pause};
use crate::demo::county::jails::{Azalea, azalea_feeds};
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions};
use crate::program::{Program, Programs};
use crate::stage::{AGENCY, FACILITY};

/// Her number.
pub const NUMBER: &str = "6015550123";

/// Her PIN.
pub const PIN: &str = "2580";

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(50);

/// Everything that a call needs.
#[derive(Debug)]
pub struct Called {
    /// The hub.
    pub hub: HubHome,
    county: Azalea,
    serving: Option<Program>,
    watching: Program,
}

impl Called {
    /// Sets everything up in a folder, whose `hub` gets what is to be called by, and registers her for
    /// whoever is to be released.
    ///
    /// # Errors
    /// Returns what failed.
    pub fn set(
        folder: &Path,
        programs: &Programs,
        write: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let hub_home = folder.join("hub");
        let hub = HubHome::make(&hub_home, programs, &HubOptions::default())?;
        write(&hub_home)?;
        hub.add_agency(
            AGENCY,
            "Test County Sheriff",
            &[(FACILITY, "Test County Jail")],
        )?;
        let [bookings] = azalea_feeds();
        let feed = FeedHome {
            facility: FACILITY,
            ..bookings
        };
        let home = folder.join("agent");
        let agent = AgentHome::make(&home, programs, &[feed])?;
        let county = Azalea::make(&home)?;
        let serving = hub.serve()?;
        agent.enroll(&hub.token(AGENCY)?)?;
        let watching = agent.start()?;
        let register = [
            "register",
            "--person",
            "Tansy Quillfeather",
            "--by",
            "telephone",
            "--pin",
        ];
        // She can be registered as soon as the first list of the jail is known; that list tells nothing.
        let deadline = monotonic() + PATIENCE;
        while let Err(failure) = hub.cli_with(&register, &format!("{NUMBER}\n{PIN}\n")) {
            ensure!(monotonic() < deadline, "{failure:#}");
            pause(LOOK);
        }
        Ok(Self {
            hub,
            county,
            serving: Some(serving),
            watching,
        })
    }

    /// Lets the person go about whom she asked.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn release(&self) -> anyhow::Result<()> {
        self.county.release("A-1001", "BOND").map(drop)
    }

    /// Waits until the newest notice is as wanted.
    ///
    /// # Errors
    /// Returns what was seen instead.
    pub fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let deadline = monotonic() + PATIENCE;
        loop {
            let shown = self.hub.cli(&["notices", "--limit", "1", "--json"])?;
            let notice: Option<Value> =
                shown.lines().next().map(serde_json::from_str).transpose()?;
            if let Some(notice) = notice.filter(&is_so) {
                return Ok(notice);
            }
            let log = self.serving.as_ref().map(Program::log);
            ensure!(
                monotonic() < deadline,
                "no notice is {what}: {shown}\n{}",
                log.unwrap_or_default()
            );
            pause(LOOK);
        }
    }

    /// Returns the hub that runs.
    ///
    /// # Errors
    /// Returns that none does.
    pub fn serving(&self) -> anyhow::Result<&Program> {
        self.serving.as_ref().context("no hub runs")
    }

    /// Kills the hub, as a power cut does.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let serving = self.serving.take().context("no hub runs")?;
        serving.kill().map(drop)
    }

    /// Starts the hub again.
    ///
    /// # Errors
    /// Returns why it does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        self.serving = Some(self.hub.serve()?);
        Ok(())
    }

    /// Looks for what the hub's log must not tell, her number and PIN among it.
    ///
    /// # Errors
    /// Returns what it tells.
    pub fn keeps_quiet(&self, about: &[&str]) -> anyhow::Result<()> {
        self.serving()?
            .keeps_quiet(&[&[NUMBER, PIN][..], about].concat())
    }

    /// Stops the agent and the hub.
    ///
    /// # Errors
    /// Returns the log of one that does not end well.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let serving = self.serving.take().context("no hub runs")?;
        for program in [self.watching, serving] {
            let log = program.log();
            ensure!(program.stop()?.success(), "{log}");
        }
        Ok(())
    }
}
