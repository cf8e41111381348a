//! What proves that somebody was told: one file, checked where there is neither hub nor database.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubHome, HubOptions, SourceHome};
use savin_tests::program::run;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;
use serde_json::Value;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

const PROFILE: &str = r#"
name = "statuses"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = "BookingNumber"
person_number = "InmateNumber"
name = "InmateName"
status = "Status"
[values.status]
IN = "InCustody"
ESC = "Escaped"
"#;

/// Lists three people, the first with a status, and waits until the agent has taken it.
fn list(stage: &Stage, file: &str, status: &str) -> anyhow::Result<()> {
    let header = ["BookingNumber", "InmateNumber", "InmateName", "Status"];
    let rows = (0..3).map(|number| {
        let status = if number == 0 { status } else { "IN" };
        let name = format!("SAMPLE{number}, AVERY");
        [
            format!("B{number}"),
            number.to_string(),
            name,
            status.to_owned(),
        ]
    });
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put(file, &csv(&header, rows)?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    Ok(())
}

/// Brings an escape from the jail's file to a registrant's mailbox.
fn told(folder: &Path, engine: &Engine) -> anyhow::Result<Stage> {
    let feeds = [FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    }];
    let options = HubOptions {
        store: engine.url(),
        ..HubOptions::default()
    };
    let stage = Stage::set(folder, &programs(), options, &feeds)?;
    list(&stage, "1.csv", "IN")?;
    let found = Visitor::new(stage.hub.site()).look_up("SAMPLE0")?;
    let path = found.first().context("somebody is not listed")?;
    let person: PersonId = path.trim_start_matches("/person/").parse()?;
    stage.register("ada@home.example", person)?;
    list(&stage, "2.csv", "ESC")?;
    let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
    letter.context("nobody was told")?;
    Ok(stage)
}

fn lines(printed: &str) -> anyhow::Result<Vec<Value>> {
    Ok(printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// Waits until a notice is with the mail server, and returns its identifier.
fn accepted(hub: &HubHome) -> anyhow::Result<String> {
    let deadline = savin_tests::clock::monotonic() + PATIENCE;
    loop {
        let notices = lines(&hub.cli(&["notices", "--json"])?)?;
        let accepted = notices.iter().find(|notice| notice["state"] == "accepted");
        if let Some(notice) = accepted.and_then(|notice| notice["notice"].as_str()) {
            return Ok(notice.to_owned());
        }
        ensure!(savin_tests::clock::monotonic() < deadline, "{notices:?}");
        savin_tests::clock::pause(Duration::from_millis(100));
    }
}

/// Checks a file with a program that has no settings.
fn verify(folder: &Path, file: &Path, key: &str) -> anyhow::Result<Vec<Value>> {
    let mut command = programs().hub();
    command.current_dir(folder);
    command
        .args(["evidence", "verify", "--json", "--key", key])
        .arg(file);
    lines(&run(command)?)
}

#[test]
fn evidence_of_a_notice_is_checked_offline_and_no_changed_file_passes() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let stage = told(folder.path(), &engine)?;
        let elsewhere = tempfile::tempdir()?;
        let file = elsewhere.path().join("notice.evidence");
        let notice = accepted(&stage.hub)?;
        let output = file.to_str().context("a path")?;
        stage
            .hub
            .cli(&["evidence", "export", &notice, "--output", output])?;
        let keys = stage.hub.cli(&["evidence", "key"])?;
        let key = keys.lines().next().context("no key")?;

        let steps = verify(elsewhere.path(), &file, key)?;
        ensure!(steps.iter().all(|step| step["holds"] == true), "{steps:?}");
        let said = |what: &str| {
            let step = steps.iter().find(|step| step["step"] == what);
            step.and_then(|step| step["said"].as_str())
                .unwrap_or_default()
        };
        ensure!(said("event").starts_with("Escaped is event"), "{steps:?}");
        ensure!(
            said("delta").contains("custody record B0 at TEST-JAIL"),
            "{steps:?}"
        );
        ensure!(said("attempt").contains("accepted"), "{steps:?}");

        let whole = std::fs::read(&file)?;
        for place in (0..whole.len()).step_by(whole.len() / 20) {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&file, changed)?;
            ensure!(
                verify(elsewhere.path(), &file, key).is_err(),
                "byte {place}"
            );
        }
        std::fs::write(&file, whole)?;
        let other = keys.lines().nth(1).context("no second key")?;
        ensure!(verify(elsewhere.path(), &file, other).is_err());

        // What the sheriff files holds likewise.
        let certificate = elsewhere.path().join("test.certificate");
        let output = certificate.to_str().context("a path")?;
        let period = ["--from", "2020-01-01", "--to", "2120-01-01"];
        let call = [&["certificate", "TEST"], &period[..], &["--output", output]].concat();
        stage.hub.cli(&call)?;
        let text = std::fs::read_to_string(&certificate)?;
        ensure!(text.contains("Facility TEST-JAIL:"), "{text}");
        verify(elsewhere.path(), &certificate, key)?;
        std::fs::write(&certificate, text.replace("TEST-JAIL", "BEST-JAIL"))?;
        ensure!(verify(elsewhere.path(), &certificate, key).is_err());

        // The logs are whole, and go on from what somebody outside holds.
        let printed = stage.hub.cli(&["evidence", "checkpoint", "--json"])?;
        for signed in lines(&printed)? {
            let held = elsewhere.path().join("held.checkpoint");
            std::fs::write(&held, signed["note"].as_str().context("a note")?)?;
            let held = held.to_str().context("a path")?;
            stage.hub.cli(&["evidence", "check", "--against", held])?;
        }
        let status = lines(&stage.hub.cli(&["evidence", "status", "--json"])?)?;
        ensure!(
            status.iter().all(|log| log["standing"] == "continues"),
            "{status:?}"
        );
        stage.strike()?;
    }
    Ok(())
}
