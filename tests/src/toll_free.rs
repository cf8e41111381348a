//! The toll-free number of a running hub with a jail behind it, whichever way its calls come: over a trunk or by a
//! carrier.

pub mod spoken;
pub mod transcript;

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use tempfile::TempDir;

use self::spoken::Said;
use crate::clock::{monotonic, pause};
use crate::demo::county::jails::{Azalea, azalea_feeds};
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions};
use crate::program::{Program, Programs};
use crate::stage::{AGENCY, FACILITY};
use crate::visitor::Visitor;

/// How long anything may take that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what another process does.
pub const LOOK: Duration = Duration::from_millis(50);

/// A number as it is pressed, and as it is called.
pub type Number = (&'static str, &'static str);

/// The number of whoever signs up.
pub const HERS: Number = ("6015550123#", "+16015550123");

/// Another one of hers.
pub const OTHER: Number = ("6015550199#", "+16015550199");

/// The number that her telephone shows.
pub const SHOWN: &str = "6015550177";

/// A hub that says what it says by a voice that writes it down, and a jail with Tansy Quillfeather in it.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    /// The hub.
    pub hub: HubHome,
    /// The jail's database.
    pub county: Azalea,
    /// What the hub's voice was asked to say.
    pub said: Said,
    /// The hub's program.
    pub serving: Program,
    watching: Program,
}

impl Stage {
    /// Begins with a hub. `write` adds to its configuration in a folder the ways of its calls and the settings of
    /// its voice, which it is given.
    ///
    /// # Errors
    /// Returns what failed.
    pub fn begin(
        programs: &Programs,
        options: &HubOptions,
        write: impl FnOnce(&Path, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let hub = HubHome::make(&folder.path().join("hub"), programs, options)?;
        let (voice, said) = spoken::voice(folder.path())?;
        write(folder.path(), &voice)?;
        hub.add_agency(
            AGENCY,
            "Test County Sheriff",
            &[(FACILITY, "Test County Jail")],
        )?;
        let serving = hub.serve()?;
        let (watching, county) = jail(folder.path(), programs, &hub)?;
        Ok(Self {
            folder,
            hub,
            county,
            said,
            serving,
            watching,
        })
    }

    /// Stops everything, and sees that the log told nothing.
    ///
    /// # Errors
    /// Returns what it told, or which program does not end well.
    pub fn end(self, secrets: &[&str]) -> anyhow::Result<()> {
        let pressed = ["6015550123", "6015550199", SHOWN, "Quillfeather"];
        self.serving
            .keeps_quiet(&[&pressed[..], secrets].concat())?;
        for program in [self.watching, self.serving] {
            let log = program.log();
            ensure!(program.stop()?.success(), "{log}");
        }
        drop(self.folder);
        Ok(())
    }
}

/// Sets a jail with somebody in it, and waits until the hub knows.
///
/// # Errors
/// Returns what failed.
pub fn jail(
    folder: &Path,
    programs: &Programs,
    hub: &HubHome,
) -> anyhow::Result<(Program, Azalea)> {
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let home = folder.join("agent");
    let agent = AgentHome::make(&home, programs, &[feed])?;
    let county = Azalea::make(&home)?;
    agent.enroll(&hub.token(AGENCY)?)?;
    let watching = agent.start()?;
    let visitor = Visitor::new(hub.site());
    let deadline = monotonic() + PATIENCE;
    while visitor.look_up("Quillfeather")?.is_empty() {
        ensure!(monotonic() < deadline, "nobody is listed");
        pause(Duration::from_millis(200));
    }
    Ok((watching, county))
}
