//! What the agent tells the county's people: `doctor`, `wire-log`, `support-bundle`.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::AZALEA_PEOPLE;
use serde_json::Value;

use crate::{PATIENCE, Place};

fn lines(text: &[u8]) -> anyhow::Result<Vec<Value>> {
    let text = String::from_utf8_lossy(text);
    let values = text.lines().map(serde_json::from_str);
    values.collect::<Result<_, _>>().context("not JSON")
}

fn status_of<'a>(findings: &'a [Value], check: &str) -> &'a str {
    let found = findings
        .iter()
        .find(|f| f.get("check") == Some(&check.into()));
    found
        .and_then(|f| f.get("status")?.as_str())
        .unwrap_or("none")
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let agent = place.start(&[])?;
    place.receipted(2)?;
    let well = place.ask(&["doctor", "--json"])?;
    let findings = lines(&well.stdout)?;
    for check in [
        "configuration",
        "identity",
        "certificate",
        "agent",
        "state folder",
        "hub name",
        "hub by UDP",
        "clock",
        "source",
        "feed",
        "spool",
        "hub's receipt",
    ] {
        ensure!(
            status_of(&findings, check) == "ok",
            "{check}: {findings:#?}"
        );
    }
    ensure!(well.status.success());

    ensure!(agent.stop()?.success());
    place.close()?;
    let open = place.state().join("batch.key");
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    std::fs::remove_file(place.agent.folder().join("booking.sqlite"))?;
    let ill = place.ask(&["doctor", "--json"])?;
    let findings = lines(&ill.stdout)?;
    for check in ["state folder", "hub by UDP", "hub by TCP", "source"] {
        ensure!(
            status_of(&findings, check) == "fail",
            "{check}: {findings:#?}"
        );
    }
    ensure!(status_of(&findings, "agent") == "warn", "{findings:#?}");
    ensure!(ill.status.code() == Some(1));
    // Everything that failed says what to do, and what is of the network says it to the network team.
    for finding in &findings {
        let is_fail = finding.get("status") == Some(&"fail".into());
        ensure!(!is_fail || finding.get("action").is_some(), "{finding}");
    }
    let table = String::from_utf8_lossy(&place.ask(&["doctor"])?.stdout).into_owned();
    let sentence = format!(
        "Please allow outgoing UDP from this machine to {}",
        place.hub.agents
    );
    ensure!(table.contains(&sentence), "{table}");
    Ok(())
}

#[test]
fn the_wire_log_shows_every_record_with_its_receipt_and_masks_names() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let agent = place.start(&[])?;
    place.receipted(2)?;
    place.county.release("A-1001", "BOND")?;
    place.receipted(3)?;

    let all = lines(&place.ask(&["wire-log", "--json"])?.stdout)?;
    let (end, sent) = all.split_last().context("nothing was printed")?;
    ensure!(end.get("shown") == Some(&3.into()), "{end}");
    ensure!(end.get("waiting") == Some(&0.into()), "{end}");
    for line in sent {
        let verified = line.pointer("/receipt/verified");
        ensure!(verified == Some(&true.into()), "{line}");
    }
    let release = sent.last().context("a release")?;
    let state = release.pointer("/fields/state");
    ensure!(state == Some(&"OutOfCustody(Bond)".into()), "{release}");

    let ask = |arguments: &[&str]| -> anyhow::Result<String> {
        let output = place.ask(arguments)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let masked = ask(&["wire-log"])?;
    ensure!(
        masked.contains("A-1001") && !masked.contains("Quillfeather"),
        "{masked}"
    );
    ensure!(masked.contains("verified"), "{masked}");
    let open = ask(&["wire-log", "--reveal", "--record", "A-1001"])?;
    ensure!(
        open.contains("Quillfeather") && !open.contains("A-1002"),
        "{open}"
    );
    for nothing in [
        ["wire-log", "--feed", "another"],
        ["wire-log", "--since", "2999-01-01"],
    ] {
        let said = ask(&nothing)?;
        ensure!(said.contains("0 changes shown"), "{said}");
    }
    ensure!(agent.stop()?.success());
    place.close()?;
    Ok(())
}

/// What a bundle holds.
const PARTS: [&str; 10] = [
    "about.txt",
    "doctor.json",
    "status.json",
    "journal.json",
    "agent.toml",
    "profiles/bookings.toml",
    "log.txt",
    "the last line",
    "where last_name <> '[removed]'",
    "chain_head",
];

#[test]
fn the_support_bundle_holds_nothing_about_anybody() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let agent = place.start(&[])?;
    place.receipted(2)?;
    ensure!(agent.stop()?.success());
    // Somebody who was released is known from what was sent; somebody types a name where none belongs.
    let config = place.agent.folder().join("agent.toml");
    let mut text = std::fs::read_to_string(&config)?;
    text.push_str("# Tansy Quillfeather is the one to test with\n");
    let query = "SELECT * FROM booking";
    text = text.replace(
        query,
        "SELECT * FROM booking WHERE last_name <> 'QUILLFEATHER'",
    );
    std::fs::write(&config, text)?;
    let log = place.agent.folder().join("agent.log");
    let mut lines = std::fs::read_to_string(&log)?;
    lines.push_str("2026-11-24 WARN row of COBBLEPOT-REYES not taken\n");
    lines.push_str("2026-11-24 WARN record A-1002 not taken\n");
    lines.push_str("2026-11-24 INFO the last line\n");
    std::fs::write(&log, &lines)?;

    let bundle = place.folder.path().join("bundle.zip");
    let paths = [&bundle, &log].map(|path| path.to_string_lossy().into_owned());
    let [file, log] = paths.each_ref().map(String::as_str);
    let arguments = ["support-bundle", "-o", file, "--log-file", log];
    let dry = place.ask(&[arguments.as_slice(), &["--dry-run"]].concat())?;
    let dry = String::from_utf8_lossy(&dry.stdout).into_owned();
    ensure!(
        dry.contains("doctor.json") && dry.contains("Nothing was written"),
        "{dry}"
    );
    ensure!(!bundle.exists());
    let wrote = place.ask(&arguments)?;
    ensure!(
        wrote.status.success(),
        "{}",
        String::from_utf8_lossy(&wrote.stderr)
    );

    let bytes = std::fs::read(&bundle)?;
    let held = String::from_utf8_lossy(&bytes).to_lowercase();
    for part in PARTS {
        ensure!(held.contains(part), "no {part} in:\n{held}");
    }
    let seed = std::fs::read_to_string(place.state().join("batch.key"))?;
    let mut canaries = vec![seed.trim().to_owned(), "not taken".to_owned()];
    for [record, number, surname, given] in AZALEA_PEOPLE {
        canaries.extend([record, number, given].map(str::to_owned));
        canaries.extend(surname.split('-').map(str::to_owned));
    }
    for canary in canaries {
        ensure!(
            !held.contains(&canary.to_lowercase()),
            "{canary} in:\n{held}"
        );
    }
    let again = place.ask(&arguments)?;
    ensure!(
        !again.status.success(),
        "a file that was there was written over"
    );
    place.close()?;
    Ok(())
}

#[test]
fn status_goes_on_showing_until_it_is_stopped() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let agent = place.start(&[])?;
    place.receipted(2)?;
    let shown = place.folder.path().join("shown");
    let mut command = place.command(&["status", "--watch", "--json"]);
    command.stdout(std::fs::File::create(&shown)?);
    let mut watching = command.spawn()?;
    let deadline = monotonic() + PATIENCE;
    let wait_for = |word: &str| -> anyhow::Result<()> {
        while !std::fs::read_to_string(&shown)?.contains(word) {
            ensure!(monotonic() < deadline, "{word} was not shown");
            pause(Duration::from_millis(50));
        }
        Ok(())
    };
    let seen = wait_for("\"acknowledged\":2").and_then(|()| {
        place.book(1)?;
        wait_for("\"acknowledged\":3")
    });
    watching.kill()?;
    watching.wait()?;
    seen?;
    ensure!(agent.stop()?.success());
    place.close()?;
    Ok(())
}
