//! From a row in a jail's list to a letter at the print service, and back by the post.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use savin_hub::ids::PersonId;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::postal::{PostalAddress, PostalLines};
use savin_hub::vault::command::{Choices, Command, StaffCommand, Subscribed};
use savin_shared::event::EventCode;
use savin_shared::pii::Pii;
use savin_tests::clock::{monotonic, pause};
use savin_tests::cups::Cups;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::program::Programs;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

fn feeds() -> [FeedHome; 2] {
    let feed = |name, profile: &str, folder| FeedHome {
        name,
        facility: FACILITY,
        profile: profile.to_owned(),
        source: SourceHome::Folder(folder),
    };
    [
        feed(
            "roster",
            include_str!("../../demo/catalpa-roster.toml"),
            "lists",
        ),
        feed(
            "movements",
            include_str!("../../demo/catalpa-movements.toml"),
            "movements",
        ),
    ]
}

/// Lists one person in the jail, and returns who that is to the hub.
fn listed(stage: &Stage) -> anyhow::Result<PersonId> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Housing",
        "BookedOn",
    ];
    let row = ["B1", "1", "SAMPLE, AVERY", "A-1", "2026-06-01 08:00:00"];
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put("list.csv", &csv(&header, [row.map(str::to_owned)])?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    let found = Visitor::new(stage.hub.site()).look_up("SAMPLE")?;
    let path = found.first().context("nobody is listed")?;
    path.trim_start_matches("/person/")
        .parse()
        .ok()
        .context("nobody's page")
}

fn register(stage: &Stage, person: PersonId) -> anyhow::Result<()> {
    let part = |text: &str| Pii::new(text.to_owned());
    let lines = PostalLines {
        name: part("R. Reader"),
        street: part("12 Elm St"),
        city: part("Jackson"),
        state: part("MS"),
        zip: part("39201"),
        ..PostalLines::default()
    };
    let register = StaffCommand::Register {
        contacts: vec![Contact::Letter(PostalAddress::parse(&lines)?)],
        to: None,
        about: Subscribed {
            person,
            label: "A.S.".to_owned(),
        },
        choices: Choices::default(),
    };
    stage.hub.vault()?.handle(Command::Staff(register))?;
    Ok(())
}

/// Runs a command with `--json` and returns what its one line says under a name.
fn said(stage: &Stage, arguments: &[&str], name: &str) -> anyhow::Result<Value> {
    let printed = stage.hub.cli(&[arguments, &["--json"]].concat())?;
    let line = printed.lines().next().context("nothing was said")?;
    let value: Value = serde_json::from_str(line)?;
    Ok(value.get(name).cloned().unwrap_or_default())
}

#[test]
fn a_release_becomes_a_letter_that_is_printed_mailed_and_comes_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let home = tempfile::tempdir()?;
    let cups = Cups::start(home.path())?;
    let options = HubOptions {
        letters: Some(cups.printer("letters")?),
        ..HubOptions::default()
    };
    let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
    let stage = Stage::set(folder.path(), &programs, options, &feeds())?;
    register(&stage, listed(&stage)?)?;
    let header = ["BookingNumber", "Movement", "At", "Reason"];
    let row = ["B1", "RELEASE", "2026-06-02 09:30:00", "BOND"];
    let movements = ExportFolder::new(stage.agent.folder().join("movements"));
    movements.put("movements.csv", &csv(&header, [row.map(str::to_owned)])?)?;
    stage
        .tail()?
        .wait_for(PATIENCE, |known| known.code == EventCode::Released)?;
    let deadline = monotonic() + PATIENCE;
    while stage
        .hub
        .cli(&["letters", "batch", "--dry-run", "--json"])?
        .is_empty()
    {
        ensure!(monotonic() < deadline, "no letter was planned");
        pause(Duration::from_millis(200));
    }

    let key = folder.path().join("desk.key");
    let key = key.to_str().context("a plain path")?;
    stage
        .hub
        .cli(&["staff", "add", "desk", "--role", "admin", "--output", key])?;
    let batch = said(&stage, &["letters", "batch", "--as", key], "batch")?;
    let batch = batch.as_str().context("a batch")?;
    let job = said(&stage, &["letters", "print", batch, "--as", key], "job")?;
    let job = job.as_i64().and_then(|job| i32::try_from(job).ok());
    let page = folder.path().join("printed.pdf");
    std::fs::write(&page, cups.sent(job.context("a job")?)?)?;
    let text = crate::run(
        "pdftotext",
        &["-raw", page.to_str().context("a path")?, "-"],
    )?;
    let text = String::from_utf8(text)?;
    for words in [
        "R. Reader",
        "12 Elm St",
        "was released",
        "What you can do",
        "call 911",
    ] {
        ensure!(text.contains(words), "{words:?} is not in {text}");
    }
    ensure!(
        !text.contains("AVERY") && !text.contains("Avery"),
        "a name: {text}"
    );

    let number = said(&stage, &["letters", "list"], "letter")?;
    let number = number.as_str().context("a number")?;
    for (command, state) in [
        ("printed", "printed"),
        ("mailed", "mailed"),
        ("returned", "refused"),
    ] {
        stage.hub.cli(&["letters", command, number, "--as", key])?;
        let found = said(&stage, &["letters", "list"], "state")?;
        if found != state {
            bail!("after {command} it is {found}");
        }
    }
    stage.strike()
}
