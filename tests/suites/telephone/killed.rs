//! `kill -9` of the hub in the midst of a call, on both engines: while it rings, when the PIN is asked for, while the
//! news is said, and after she has confirmed. At most one call more, none after that, and it is not waited for the
//! lease of whoever is dead.

use anyhow::{Context as _, ensure};
use savin_hub::ids::{NoticeId, RegistrantId};
use savin_hub::store::vault::care;
use savin_shared::event::EventCode;
use savin_tests::clock::{monotonic, pause};
use savin_tests::engine::Engine;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::sipp::{Sipp, Step};
use serde_json::Value;

use crate::hub::{LINES, called, fact, phrase, plan, register, trunks, until};
use crate::place::{LOOK, PATIENCE, port};

/// Longer than any test.
const ON: Step = Step::Wait(600_000);

const PIN: &str = "2580";

/// The call as it goes where nobody dies.
const WHOLE: [Step; 5] = [
    Step::Ring,
    Step::Answer(""),
    Step::Wait(1_000),
    Step::Press("2580#"),
    Step::HungUp,
];

const NOTICES: [&str; 2] = ["notices", "--json"];

/// When the hub is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ringing,
    PinAsked,
    Speaking,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Ringing, Self::PinAsked, Self::Speaking];

    /// What the other end does until then.
    fn steps(self) -> Vec<Step> {
        match self {
            Self::Ringing => vec![Step::Ring, ON],
            Self::PinAsked => vec![Step::Ring, Step::Answer(""), ON],
            Self::Speaking => [&WHOLE[..4], &[ON]].concat(),
        }
    }

    /// Waits until a call is there.
    fn reached(self, hub: &HubHome, peer: &Sipp) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        loop {
            let is_there = match self {
                Self::Ringing => peer.messages().contains("180 Ringing"),
                Self::PinAsked => peer.received("ACK") > 0,
                Self::Speaking => has_right_pin(hub)?,
            };
            if is_there {
                return Ok(());
            }
            ensure!(monotonic() < deadline, "{self:?}: {}", peer.messages());
            pause(LOOK);
        }
    }
}

/// Says whether the right PIN was entered in the first call.
fn has_right_pin(hub: &HubHome) -> anyhow::Result<bool> {
    let rows = until(hub, &NOTICES, |rows| rows.len() == 1)?;
    let row = rows.first().context("one notice")?;
    let id = |field: &str| {
        row.get(field)
            .and_then(Value::as_str)
            .context("an identifier")
    };
    let (who, notice): (RegistrantId, NoticeId) =
        (id("registrant")?.parse()?, id("notice")?.parse()?);
    let store = hub.vault_store()?;
    let (_, right) = store.read_now("PIN", move |tx| care::of_call(tx, who, (notice, 1)))?;
    Ok(right > 0)
}

fn home(engine: &Engine, folder: &std::path::Path, at: u16) -> anyhow::Result<HubHome> {
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let options = HubOptions {
        store: engine.url(),
        ..HubOptions::default()
    };
    let hub = HubHome::make(&folder.join("hub"), &programs, &options)?;
    trunks(folder, &[("first", at)], LINES, &phrase(folder)?)?;
    register(&hub, "601-555-0123", Some(PIN))?;
    Ok(hub)
}

fn is_confirmed(rows: &[Value], many: usize) -> bool {
    rows.len() == many && rows.iter().all(|row| row["state"] == "confirmed")
}

#[test]
fn a_call_that_a_kill_cut_off_is_made_once_more_and_soon() -> anyhow::Result<()> {
    for stage in Stage::ALL {
        for engine in Engine::both()? {
            let folder = tempfile::tempdir()?;
            let at = port();
            let hub = home(&engine, folder.path(), at)?;
            let peer = Sipp::start(folder.path(), at, &stage.steps())?;
            plan(&hub, fact(1, EventCode::Released, 2))?;
            let serving = hub.serve()?;
            stage.reached(&hub, &peer)?;
            serving.kill()?;
            ensure!(called(&peer) == 1, "{stage:?}: {}", peer.messages());
            drop(peer);
            let peer = Sipp::start(folder.path(), at, &WHOLE)?;
            let killed_at = monotonic();
            let serving = hub.serve()?;
            let rows = until(&hub, &NOTICES, |rows| is_confirmed(rows, 1))?;
            let (name, took) = (engine.name(), monotonic() - killed_at);
            ensure!(rows[0]["attempts"] == 2, "{name} {stage:?}: {rows:?}");
            ensure!(called(&peer) == 1, "{stage:?}: {}", peer.messages());
            ensure!(serving.log().contains("was cut off while it told"));
            println!("{name}: killed at {stage:?}, confirmed {took:.1?} after the start");
            let shown = rows[0]["notice"].as_str().context("a name")?;
            let shown = hub.cli(&["notices", "show", shown])?;
            ensure!(
                shown.contains("was cut off") && shown.contains("she has it"),
                "{shown}"
            );
            serving.stop()?;
        }
    }
    Ok(())
}

#[test]
fn no_call_is_made_once_more_that_was_confirmed_before_the_kill() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let at = port();
        let hub = home(&engine, folder.path(), at)?;
        let peer = Sipp::start(folder.path(), at, &WHOLE)?;
        plan(&hub, fact(1, EventCode::Released, 2))?;
        let serving = hub.serve()?;
        until(&hub, &NOTICES, |rows| is_confirmed(rows, 1))?;
        serving.kill()?;
        // What is told next shows that everything was taken up that would be.
        plan(&hub, fact(2, EventCode::Recaptured, 2))?;
        let serving = hub.serve()?;
        until(&hub, &NOTICES, |rows| is_confirmed(rows, 2))?;
        ensure!(called(&peer) == 2, "{}: {}", engine.name(), peer.messages());
        serving.stop()?;
    }
    Ok(())
}
