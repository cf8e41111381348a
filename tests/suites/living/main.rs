//! Living with the agent on a county's server: what it says of itself, to people and to the service
//! manager, and what it does when the disk is full, read-only or broken.

mod disk;
mod notify;
mod service;
mod telling;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::{Azalea, Person, azalea_feeds};
use savin_tests::home::{AgentHome, FeedHome, HubHome, HubOptions};
use savin_tests::program::{Program, Programs, run};
use savin_tests::stage::{AGENCY, FACILITY};
use tempfile::TempDir;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A hub, and an agent that is enrolled and does not run yet, with a booking database beside it.
struct Place {
    folder: TempDir,
    programs: Programs,
    hub: HubHome,
    serving: Option<Program>,
    agent: AgentHome,
    county: Azalea,
}

impl Place {
    /// Makes everything; `prepare` gets the agent's state folder before anything lies in it.
    fn make(prepare: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
        let hub = HubHome::make(
            &folder.path().join("hub"),
            &programs,
            &HubOptions::default(),
        )?;
        let name = "Test County Sheriff";
        hub.add_agency(AGENCY, name, &[(FACILITY, "Test County Jail")])?;
        let [bookings] = azalea_feeds();
        let feed = FeedHome {
            facility: FACILITY,
            ..bookings
        };
        let home = folder.path().join("agent");
        let agent = AgentHome::make(&home, &programs, &[feed])?;
        let county = Azalea::make(&home)?;
        let state = home.join("state");
        std::fs::create_dir(&state)?;
        prepare(&state)?;
        let mut chmod = Command::new("chmod");
        chmod.arg("0700").arg(&state);
        run(chmod)?;
        let serving = hub.serve()?;
        agent.enroll(&hub.token(AGENCY)?)?;
        Ok(Self {
            folder,
            programs,
            hub,
            serving: Some(serving),
            agent,
            county,
        })
    }

    /// Stops the hub.
    fn close(&mut self) -> anyhow::Result<()> {
        let serving = self.serving.take().context("the hub is closed")?;
        ensure!(serving.stop()?.success());
        Ok(())
    }

    fn state(&self) -> PathBuf {
        self.agent.folder().join("state")
    }

    /// Starts the agent with these in its environment.
    fn start(&self, environment: &[(&str, &Path)]) -> anyhow::Result<Program> {
        let mut command = self.command(&["run"]);
        command.envs(environment.iter().copied());
        Program::start(command, Some(&self.agent.folder().join("agent.log")))
    }

    /// Runs one of the agent's commands, whether it succeeds or not.
    fn ask(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = self.command(arguments);
        command.output().context("failed to start the agent")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.programs.agent();
        let config = self.agent.folder().join("agent.toml");
        command.arg("--config").arg(config).args(arguments);
        command
    }

    /// Books somebody.
    fn book(&self, number: usize) -> anyhow::Result<()> {
        self.county.book(&Person::of([
            &format!("N-{number}"),
            &format!("NJ-{number}"),
            &format!("Sample{number}"),
            "Avery",
        ]))?;
        Ok(())
    }

    /// Waits until the hub has given a receipt for so many changes.
    fn receipted(&self, deltas: u64) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        loop {
            let output = self.ask(&["status", "--json"])?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let acknowledged = serde_json::from_str::<serde_json::Value>(&text)
                .ok()
                .and_then(|status| status.get("acknowledged")?.as_u64());
            if acknowledged.is_some_and(|acknowledged| acknowledged >= deltas) {
                return Ok(());
            }
            ensure!(monotonic() < deadline, "not {deltas} receipted: {text}");
            pause(Duration::from_millis(50));
        }
    }
}

/// Builds what stands between the agent and the disk.
fn shim(folder: &Path) -> anyhow::Result<PathBuf> {
    let library = folder.join("disk.so");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library);
    cc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/living/disk.c"));
    cc.arg("-ldl");
    run(cc)?;
    Ok(library)
}
