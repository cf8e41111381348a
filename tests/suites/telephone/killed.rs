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
        let told = told(hub)?;
        let deadline = monotonic() + PATIENCE;
        loop {
            let is_there = match self {
                Self::Ringing => peer.messages().contains("180 Ringing"),
                Self::PinAsked => peer.received("ACK") > 0,
                Self::Speaking => has_right_pin(hub, told)?,
            };
            if is_there {
                return Ok(());
            }
            ensure!(monotonic() < deadline, "{self:?}: {}", peer.messages());
            pause(LOOK);
        }
    }
}

/// Says whether the right PIN was entered in the first call of a notice.
fn has_right_pin(hub: &HubHome, (who, notice): (RegistrantId, NoticeId)) -> anyhow::Result<bool> {
    let store = hub.vault_store()?;
    let (_, right) = store.read_now("PIN", move |tx| care::of_call(tx, who, (notice, 1)))?;
    Ok(right > 0)
}

/// Returns of the only notice whose it is and which.
fn told(hub: &HubHome) -> anyhow::Result<(RegistrantId, NoticeId)> {
    let rows = until(hub, &NOTICES, |rows| rows.len() == 1)?;
    let row = rows.first().context("one notice")?;
    let id = |field: &str| {
        row.get(field)
            .and_then(Value::as_str)
            .context("an identifier")
    };
    Ok((id("registrant")?.parse()?, id("notice")?.parse()?))
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

/// Kills a hub at a stage of the call, starts it again, and sees that she is called once more and has it.
fn cut_off(engine: &Engine, stage: Stage) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let at = port();
    let hub = home(engine, folder.path(), at)?;
    let peer = Sipp::start(folder.path(), at, &stage.steps())?;
    plan(&hub, fact(1, EventCode::Released, 2))?;
    let serving = hub.serve()?;
    stage.reached(&hub, &peer)?;
    serving.kill()?;
    ensure!(called(&peer) == 1, "{}", peer.messages());
    drop(peer);
    let peer = Sipp::start(folder.path(), at, &WHOLE)?;
    let serving = hub.serve()?;
    let rows = until(&hub, &NOTICES, |rows| is_confirmed(rows, 1))?;
    let row = rows.first().context("one notice")?;
    let field = |name: &str| row.get(name).context("a field");
    ensure!(field("attempts")? == 2, "{rows:?}");
    ensure!(called(&peer) == 1, "{}", peer.messages());
    ensure!(serving.log().contains("was cut off while it told"));
    let shown = field("notice")?.as_str().context("a name")?;
    let shown = hub.cli(&["notices", "show", shown])?;
    ensure!(
        shown.contains("was cut off") && shown.contains("she has it"),
        "{shown}"
    );
    serving.stop()?;
    Ok(())
}

/// Kills hubs on both engines at a stage.
fn cut_off_at(stage: Stage) -> anyhow::Result<()> {
    Engine::each(|engine| cut_off(engine, stage))
}

#[test]
fn a_call_that_a_kill_cut_off_while_it_rang_is_made_once_more_and_soon() -> anyhow::Result<()> {
    cut_off_at(Stage::Ringing)
}

#[test]
fn a_call_that_a_kill_cut_off_before_the_pin_is_made_once_more_and_soon() -> anyhow::Result<()> {
    cut_off_at(Stage::PinAsked)
}

#[test]
fn a_call_that_a_kill_cut_off_in_its_news_is_made_once_more_and_soon() -> anyhow::Result<()> {
    cut_off_at(Stage::Speaking)
}

#[test]
fn no_call_is_made_once_more_that_was_confirmed_before_the_kill() -> anyhow::Result<()> {
    Engine::each(|engine| {
        let folder = tempfile::tempdir()?;
        let at = port();
        let hub = home(engine, folder.path(), at)?;
        let peer = Sipp::start(folder.path(), at, &WHOLE)?;
        plan(&hub, fact(1, EventCode::Released, 2))?;
        let serving = hub.serve()?;
        until(&hub, &NOTICES, |rows| is_confirmed(rows, 1))?;
        serving.kill()?;
        // What is told next shows that everything was taken up that would be.
        plan(&hub, fact(2, EventCode::Recaptured, 2))?;
        let serving = hub.serve()?;
        until(&hub, &NOTICES, |rows| is_confirmed(rows, 2))?;
        ensure!(called(&peer) == 2, "{}", peer.messages());
        serving.stop()?;
        Ok(())
    })
}
