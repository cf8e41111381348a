//! Files that a court gives to the hub itself: tried, taken, told, proven by a receipt, and taken back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_shared::hash::unhex;
use savin_shared::receipt;
use savin_shared::sign::VerifyingKey;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::mailbox::Mailbox;
use savin_tests::visitor::Visitor;
use serde_json::Value;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

const HEADER: &str =
    "Event ID,Case Number,Defendant,MDOC Number,Date Time,Type,Status,Victim Name\n";

/// A calendar event of an invented defendant.
fn event(number: u32, day: u32) -> String {
    format!(
        "C-{number},26-{number},\"SAMPLE{number}, AVERY\",K{number},07/{day:02}/2033 09:00,Plea,Set,\n"
    )
}

struct Court {
    hub: HubHome,
    folder: PathBuf,
    key: String,
}

impl Court {
    fn new(hub: HubHome, folder: &Path) -> anyhow::Result<Self> {
        hub.add_agency(
            "COURT",
            "Hinds Circuit Court",
            &[("COURT-HINDS", "Hinds Circuit Court")],
        )?;
        let key = folder.join("admin.key").display().to_string();
        hub.cli(&[
            "staff", "add", "c.sample", "--role", "admin", "--output", &key,
        ])?;
        Ok(Self {
            hub,
            folder: folder.to_owned(),
            key,
        })
    }

    fn put(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }

    fn import(&self, file: &str, more: &[&str]) -> anyhow::Result<String> {
        let fixed = ["import", file, "--kind", "court", "--agency", "COURT"];
        self.hub.cli(&[&fixed, more].concat())
    }

    fn take(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let file = self.put(name, text)?;
        self.import(&file, &["--as", &self.key])
    }
}

/// Returns what a command complained about that must not do what it is asked.
fn refused(outcome: anyhow::Result<String>) -> anyhow::Result<String> {
    match outcome {
        Ok(said) => anyhow::bail!("it was done: {said}"),
        Err(complaint) => Ok(format!("{complaint:#}")),
    }
}

fn person(hub: &HubHome, name: &str) -> anyhow::Result<PersonId> {
    let found = Visitor::new(hub.site()).look_up(name)?;
    let path = found.first().context("somebody is not listed")?;
    let person = path.trim_start_matches("/person/");
    person
        .parse()
        .with_context(|| format!("{person} is nobody"))
}

#[test]
fn a_courts_calendar_is_tried_taken_told_and_taken_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mailbox = Mailbox::start()?;
    let options = HubOptions {
        mail_port: Some(mailbox.port()),
        ..HubOptions::default()
    };
    let hub = HubHome::make(&folder.path().join("hub"), &programs(), &options)?;
    let serving = hub.serve()?;
    let court = Court::new(hub, folder.path())?;

    let first: String = (1..=5).map(|number| event(number, number)).collect();
    let first = format!("{HEADER}{first}");
    let file = court.put("first.csv", &first)?;
    let tried = court.import(&file, &["--dry-run", "--tell-first"])?;
    ensure!(
        tried.contains("C-1, C-2") && tried.contains("Nothing was stored"),
        "{tried}"
    );
    ensure!(court.hub.cli(&["events", "--json"])?.trim().is_empty());
    let unsigned = refused(court.import(&file, &[]))?;
    ensure!(unsigned.contains("--as KEYFILE"), "{unsigned}");
    let said = court.take("first.csv", &first)?;
    ensure!(said.contains("sets what is known"), "{said}");
    court
        .hub
        .register("ada@home.example", person(&court.hub, "SAMPLE1")?)?;

    // One date is moved, one is new, and one row cannot be read: it is named, and its record stays.
    let moved = format!("{HEADER}{}{}{}", event(1, 21), event(2, 2), event(6, 6));
    let bad = ",26-3,,K3,07/03/2033 09:00,Plea,Set,\n";
    let said = court.take("second.csv", &format!("{moved}{}{bad}", event(4, 4)))?;
    ensure!(
        said.contains("second.csv: line 6, field record_number"),
        "{said}"
    );
    ensure!(
        said.contains("CourtEventChanged") && said.contains("stay listed"),
        "{said}"
    );
    let letter = mailbox.wait_for("ada@home.example", 0, PATIENCE);
    let letter = letter.context("nobody was told")?.text;
    ensure!(
        letter.contains("was moved") && letter.contains("July 21, 2033"),
        "{letter}"
    );

    // A file that is cut to less than half stops, and nothing of it is taken.
    let cut = refused(court.take("cut.csv", &format!("{HEADER}{}", event(1, 21))))?;
    ensure!(
        cut.contains("lists 1 records") && cut.contains("--accept-smaller"),
        "{cut}"
    );

    proves_an_import(&court)?;
    takes_back(&court, &mailbox)?;
    let status = serving.stop()?;
    ensure!(status.success(), "the hub ended with {status}");
    Ok(())
}

fn proves_an_import(court: &Court) -> anyhow::Result<()> {
    let listed = court.hub.cli(&["import", "list", "--json"])?;
    ensure!(listed.lines().count() == 2, "{listed}");
    let proof: Value = serde_json::from_str(&court.hub.cli(&["import", "receipt", "2"])?)?;
    let bytes = |name: &str| -> anyhow::Result<Vec<u8>> {
        let text = proof
            .get(name)
            .and_then(Value::as_str)
            .context("a receipt lacks a field")?;
        unhex(text).context("a receipt's field is not hexadecimal")
    };
    let receipt = receipt::decode(&bytes("receipt")?)?;
    let key = <[u8; 32]>::try_from(bytes("hub_key")?)
        .ok()
        .context("a key has 32 bytes")?;
    receipt.verify(&VerifyingKey(key))?;
    let proven = (
        proof.get("file"),
        proof.get("last_delta").and_then(Value::as_u64),
    );
    let expected = (
        Some(&Value::from("second.csv")),
        Some(receipt.position.seq.0),
    );
    ensure!(proven == expected, "{proof}");
    Ok(())
}

fn takes_back(court: &Court, mailbox: &Mailbox) -> anyhow::Result<()> {
    let new = format!(
        "{HEADER}{}{}{}{}",
        event(1, 21),
        event(2, 2),
        event(4, 4),
        event(6, 6)
    );
    let extra = "C-9,26-9,\"SAMPLE1, AVERY\",K1,07/09/2033 09:00,Trial,Set,\n";
    court.take("third.csv", &format!("{new}{extra}"))?;
    let letter = mailbox.wait_for("ada@home.example", 1, PATIENCE);
    let letter = letter.context("nobody was told of the new date")?.text;
    ensure!(letter.contains("was set"), "{letter}");
    let undo = ["import", "undo", "3", "--reason", "the wrong docket"];
    let tried = court.hub.cli(&[&undo[..], &["--dry-run"]].concat())?;
    ensure!(
        tried.contains("Correction") && tried.contains("Nothing was stored"),
        "{tried}"
    );
    court
        .hub
        .cli(&[&undo[..], &["--as", &court.key]].concat())?;
    let letter = mailbox.wait_for("ada@home.example", 2, PATIENCE);
    let letter = letter
        .context("nobody was told that it was a mistake")?
        .text;
    ensure!(letter.contains("entered by mistake"), "{letter}");
    ensure!(
        !letter.contains("called off") && !letter.contains("cancel"),
        "{letter}"
    );
    let again = refused(court.hub.cli(&[&undo[..], &["--as", &court.key]].concat()))?;
    ensure!(again.contains("import 4 undid it"), "{again}");
    Ok(())
}
