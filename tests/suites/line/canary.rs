//! The daily test of the line: a booking that nobody has made comes out at the monitored line, and
//! nowhere else.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use savin_hub::store::registry::{agent, feed};
use savin_shared::event::EventCode;
use savin_shared::frame::heartbeat::FeedBeat;
use savin_shared::ids::{FacilityCode, FeedName};
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::engine::Engine;
use savin_tests::home::{AgentHome, FeedHome, HubOptions, SourceHome};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::visitor::Visitor;
use serde_json::Value;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

const MONITOR: &str = "line@mdoc.example";

fn feeds() -> [FeedHome; 1] {
    [FeedHome {
        name: "movements",
        facility: FACILITY,
        profile: include_str!("../../demo/catalpa-movements.toml").to_owned(),
        source: SourceHome::Folder("movements"),
    }]
}

#[test]
fn the_daily_test_comes_out_at_the_monitored_line_and_nowhere_else() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let options = HubOptions {
            store: engine.url(),
            canary: Some(MONITOR),
            ..HubOptions::default()
        };
        let mut stage = Stage::set(folder.path(), &programs(), options, &feeds())?;
        stage.agent.test_line()?;
        let before = stage.watching.stop()?;
        ensure!(before.success(), "the agent ended with {before}");
        stage.watching = stage.agent.start()?;
        let mut tail = stage.tail()?;
        let booked = tail.wait_for(PATIENCE, |known| known.code == EventCode::Booked);
        // Even whoever asked for the very person is not told: it is nobody's release.
        let person = booked.with_context(|| engine.name())?.person;
        stage.register("ada@home.example", person)?;
        tail.wait_for(PATIENCE, |known| known.code == EventCode::Released)?;

        let letters = stage.mailbox.ledger().wait(PATIENCE, |letters| {
            (!letters.is_empty()).then(|| letters.to_vec())
        });
        let letters = letters.context("nothing came out")?;
        ensure!(letters.len() == 1, "{letters:?}");
        let letter = letters.first().context("no letter")?;
        ensure!(letter.to == MONITOR, "{}", letter.to);
        let words = "This is the daily test of the line from Test County Jail.";
        ensure!(letter.text.contains(words), "{}", letter.text);

        let visitor = Visitor::new(stage.hub.site());
        for name in ["canary", "synthetic"] {
            ensure!(visitor.look_up(name)?.is_empty(), "{name} is shown");
        }
        let test = test_of(&stage, "TEST")?;
        let text = |name: &str| test.get(name).and_then(Value::as_str).map(str::to_owned);
        ensure!(text("state").as_deref() == Some("good"), "{test}");
        let (made_at, came_out_at) = (text("came_out_made_at"), text("came_out_at"));
        let time = |text: Option<String>| -> anyhow::Result<Timestamp> {
            Ok(text.context("no time")?.parse()?)
        };
        ensure!(time(made_at)? <= time(came_out_at)?, "{test}");
        let status = stage.agent.cli(&["status"])?;
        ensure!(status.contains("daily test    done at"), "{status}");

        a_test_that_does_not_come_out_calls_a_person(&stage, folder.path())?;
        ensure!(stage.mailbox.ledger().all().len() == 1);
        stage.strike()?;
    }
    Ok(())
}

/// Waits until the hub says how the test of an agency stands.
fn test_of(stage: &Stage, agency: &str) -> anyhow::Result<Value> {
    let deadline = monotonic() + PATIENCE;
    loop {
        for line in stage.hub.cli(&["canary", "--json"])?.lines() {
            let test: Value = serde_json::from_str(line)?;
            let is_known = test.get("came_out_at").is_some_and(|at| !at.is_null());
            if test.get("agency").and_then(Value::as_str) == Some(agency) && is_known {
                return Ok(test);
            }
        }
        ensure!(monotonic() < deadline, "{agency} has no test");
        pause(Duration::from_millis(100));
    }
}

/// Another agency tests its line since three days, and nothing of it has come out.
fn a_test_that_does_not_come_out_calls_a_person(
    stage: &Stage,
    folder: &std::path::Path,
) -> anyhow::Result<()> {
    stage.hub.add_agency(
        "MUTE",
        "Mute County Sheriff",
        &[("MUTE-JAIL", "Mute County Jail")],
    )?;
    let mute = AgentHome::make(&folder.join("mute"), &programs(), &[])?;
    mute.enroll(&stage.hub.token("MUTE")?)?;
    let now = wall();
    let armed_at = now.checked_sub(SignedDuration::from_hours(72))?;
    let beat = FeedBeat {
        feed: FeedName::new("canary")?,
        facility: FacilityCode::new("MUTE-JAIL")?,
        as_of_us: None,
        source_changed_us: Some(armed_at.as_microsecond()),
        rows: 0,
        held: None,
    };
    stage.hub.registry()?.write_now("mute", move |tx| {
        let agents = agent::all(tx)?;
        let mute = agents.iter().find(|agent| agent.agency.as_str() == "MUTE");
        let mute = mute.map(|agent| agent.agent);
        mute.map_or(Ok(()), |mute| {
            feed::put(tx, mute, std::slice::from_ref(&beat), now)
        })
    })?;
    let status = stage.hub.cli(&["status"])?;
    ensure!(status.contains("CANARY LATE for 1"), "{status}");
    let deadline = monotonic() + PATIENCE;
    loop {
        let tasks = stage.hub.cli(&["tasks", "--kind", "canary-late"])?;
        if tasks.contains("The daily test of MUTE") {
            return Ok(());
        }
        ensure!(monotonic() < deadline, "nobody was called: {tasks}");
        pause(Duration::from_millis(200));
    }
}
