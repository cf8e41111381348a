//! A hub whose databases were lost and put back from a backup: agents send again what it no longer
//! knows, whoever may have heard says so, and whoever had stopped stays forgotten.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use savin_hub::ids::PersonId;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::words::Language;
use savin_hub::store::vault::trace;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{
    Answer, Command, PlannerCommand, PortalAnswer, PortalCommand, Stops, Ticket,
};
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::mailbox::letter::Letter;
use savin_tests::program::Programs;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::visitor::Visitor;
use serde_json::Value;

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Who is listed, each with whoever asked about them.
const LISTED: [&str; 4] = ["ada", "bea", "cal", "dee"];

/// What a notice says that may come twice.
pub(super) const PERHAPS: &str = "You may have heard this from us before.";

/// What a notice of a release says.
pub(super) const RELEASED: &str = " was released";

const PROFILE: &str = r#"
name = "roster"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
optional = ["scheduled_release_at"]
[columns]
record_number = "BookingNumber"
name = "InmateName"
birth_date = "Born"
status = "Status"
scheduled_release_at = "Out"
[values.status]
IN = "InCustody"
REL = "OutOfCustody(Bond)"
"#;

/// Which databases are put back.
pub(super) const ONLY: [Option<&str>; 3] = [None, Some("vault"), Some("registry")];

#[test]
fn a_restored_hub_tells_what_it_cannot_know_and_says_so_on_sqlite() -> anyhow::Result<()> {
    ONLY.into_iter()
        .try_for_each(|only| restores(&Engine::Files, only))
}

#[test]
fn a_restored_hub_tells_what_it_cannot_know_and_says_so_on_postgresql() -> anyhow::Result<()> {
    ONLY.into_iter()
        .try_for_each(|only| restores(&Engine::server()?, only))
}

fn restores(engine: &Engine, only: Option<&str>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(folder.path(), engine)?;
    list(&stage, 1, 0)?;
    for (number, who) in LISTED.iter().enumerate() {
        stage.register(&address(who), person(&stage, number)?)?;
    }
    list(&stage, 2, 1)?;
    told(&stage, "ada", 0)?;

    let backup = backup(&stage, folder.path())?;
    list(&stage, 3, 2)?;
    let before = told(&stage, "bea", 0)?;
    ensure!(!before.text.contains(PERHAPS), "{}", before.text);
    stop_telling(&stage, "dee")?;

    let mut restore = vec!["--json", "backup", "restore", backup.as_str()];
    restore.extend(only.into_iter().flat_map(|only| ["--only", only]));
    let refused = stage.hub.cli(&restore);
    let refused = refused.err().context("restored under a running hub")?;
    let refused = format!("{refused:#}");
    ensure!(refused.contains("stop the hub"), "{refused}");
    stage.serving.stop()?;
    let dry = stage
        .hub
        .cli(&[restore.as_slice(), &["--dry-run"]].concat())?;
    ensure!(dry.contains("\"restored\":false"), "{dry}");
    let said: Value = serde_json::from_str(&stage.hub.cli(&restore)?)?;
    let gone = said.get("forgotten_since").and_then(Value::as_u64);
    let moved = said.get("moved_to").and_then(Value::as_array);
    // The vault knows what it told: alone, it is asked to forget nothing and tells nothing twice.
    let is_vault_back = only != Some("registry");
    assert_eq!(gone, is_vault_back.then_some(1), "{said}");
    assert_eq!(moved.map(Vec::len), Some(only.map_or(2, |_| 1)), "{said}");
    stage.serving = stage.hub.serve()?;

    if is_vault_back {
        let again = told(&stage, "bea", 1)?;
        ensure!(again.text.contains(PERHAPS), "{}", again.text);
        // So that a mail program shows both as one.
        assert_eq!(again.message_id, before.message_id);
    }
    list(&stage, 4, 4)?;
    let after = told(&stage, "cal", 0)?;
    ensure!(!after.text.contains(PERHAPS), "{}", after.text);
    released(&stage, 4)?;
    let twice = 1 + usize::from(is_vault_back);
    for (who, releases) in [("ada", 1), ("bea", twice), ("cal", 1), ("dee", 0)] {
        let letters = letters_to(&stage, who).into_iter();
        // Dee, who stopped, has the code with which she did, and may have been told that she asked for it.
        let told = letters.filter(|letter| letter.text.contains(RELEASED));
        assert_eq!(told.count(), releases, "{who}");
    }
    let tasks = stage.hub.cli(&["tasks"])?;
    ensure!(tasks.contains("restored:"), "{tasks}");
    stage.strike()
}

#[test]
fn a_person_first_known_after_the_registrys_backup_is_told_of_under_another_number_on_sqlite()
-> anyhow::Result<()> {
    finds_again(&Engine::Files)
}

#[test]
fn a_person_first_known_after_the_registrys_backup_is_told_of_under_another_number_on_postgresql()
-> anyhow::Result<()> {
    finds_again(&Engine::server()?)
}

/// Somebody is booked and asked about after the backup; the registry alone is put back, their record comes again,
/// and they are released.
fn finds_again(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(folder.path(), engine)?;
    let first = LISTED.len() - 1;
    list_first(&stage, 1, first, 0)?;
    person(&stage, 0)?;
    let backup = backup(&stage, folder.path())?;
    list(&stage, 2, 0)?;
    let before = person(&stage, first)?;
    stage.register(&address("eve"), before)?;
    traced(&stage)?;

    stage.serving.stop()?;
    let restore = ["backup", "restore", backup.as_str(), "--only", "registry"];
    stage.hub.cli(&restore)?;
    stage.serving = stage.hub.serve()?;
    let after = person(&stage, first)?;
    ensure!(before != after, "the record came under the same number");
    list(&stage, 3, LISTED.len())?;
    let letter = told(&stage, "eve", 0)?;
    ensure!(!letter.text.contains(PERHAPS), "{}", letter.text);
    let log = stage.serving.log();
    ensure!(log.contains("not known to the registry"), "{log}");
    let tasks = stage.hub.cli(&["tasks"])?;
    ensure!(!tasks.contains("She asked about"), "{tasks}");
    stage.strike()
}

/// Waits until the vault knows by which records whoever somebody asked about is known.
pub(super) fn traced(stage: &Stage) -> anyhow::Result<()> {
    let vault = stage.hub.vault_store()?;
    let deadline = monotonic() + PATIENCE;
    loop {
        let known = vault.read_now("traced", |tx| {
            let asked: Vec<_> = trace::all_asked(tx)?.into_iter().collect();
            trace::of_persons(tx, &asked)
        })?;
        if known.iter().all(|records| !records.is_empty()) {
            return Ok(());
        }
        ensure!(monotonic() < deadline, "{}", stage.serving.log());
        pause(Duration::from_millis(50));
    }
}

pub(super) fn set(folder: &Path, engine: &Engine) -> anyhow::Result<Stage> {
    let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
    set_by(folder, engine, &programs)
}

/// The same by other programs.
pub(super) fn set_by(folder: &Path, engine: &Engine, programs: &Programs) -> anyhow::Result<Stage> {
    let feed = FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    };
    let options = HubOptions {
        store: engine.url(),
        ..HubOptions::default()
    };
    Stage::set(folder, programs, options, &[feed])
}

pub(super) fn address(who: &str) -> String {
    format!("{who}@home.example")
}

/// Lists everybody, the first few as released.
pub(super) fn list(stage: &Stage, file: usize, released: usize) -> anyhow::Result<()> {
    list_first(stage, file, LISTED.len(), released)
}

/// Lists the first of them.
fn list_first(stage: &Stage, file: usize, many: usize, released: usize) -> anyhow::Result<()> {
    let header = ["BookingNumber", "InmateName", "Born", "Status"];
    let rows = (0..many).map(|number| {
        let status = if number < released { "REL" } else { "IN" };
        [
            format!("B{number}"),
            format!("SAMPLE{number}, AVERY"),
            format!("199{number}-02-03"),
            status.to_owned(),
        ]
    });
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    lists.put(&format!("{file}.csv"), &csv(&header, rows)?)?;
    Ok(())
}

pub(super) fn person(stage: &Stage, number: usize) -> anyhow::Result<PersonId> {
    let visitor = Visitor::new(stage.hub.site());
    let deadline = monotonic() + PATIENCE;
    loop {
        if let [path] = visitor.look_up(&format!("SAMPLE{number}"))?.as_slice() {
            return Ok(path.trim_start_matches("/person/").parse()?);
        }
        ensure!(monotonic() < deadline, "SAMPLE{number} is not listed");
        pause(Duration::from_millis(50));
    }
}

pub(super) fn told(stage: &Stage, who: &str, known: usize) -> anyhow::Result<Letter> {
    let letter = stage.mailbox.wait_for(&address(who), known, PATIENCE);
    letter.with_context(|| format!("{who} was not told:\n{}", stage.serving.log()))
}

/// Waits until so many releases are known.
pub(super) fn released(stage: &Stage, many: u64) -> anyhow::Result<()> {
    let tail = stage.tail()?;
    let deadline = monotonic() + PATIENCE;
    loop {
        let counts = tail.count()?;
        if counts.contains(&(EventCode::Released, many)) {
            return Ok(());
        }
        ensure!(monotonic() < deadline, "{counts:?}");
        pause(Duration::from_millis(50));
    }
}

/// Makes a backup under the running hub, checks it, and returns its folder.
pub(super) fn backup(stage: &Stage, folder: &Path) -> anyhow::Result<String> {
    let to = folder.join("backups");
    let to = to.to_str().context("a folder's name")?;
    let made = stage.hub.cli(&["--json", "backup", "make", to])?;
    let made: Value = serde_json::from_str(&made)?;
    let backup = made.get("backup").and_then(Value::as_str);
    let backup = backup.context("no folder")?.to_owned();
    let checked = stage.hub.cli(&["backup", "verify", &backup])?;
    ensure!(checked.contains("Sound"), "{checked}");
    ensure!(
        !PathBuf::from(&backup).join("vault.keys").exists(),
        "keys lie beside the vault"
    );
    Ok(backup)
}

/// Does what she does on the site: asks for a code, gives it, and stops; and lets the three days pass for which that
/// goes on.
fn stop_telling(stage: &Stage, who: &str) -> anyhow::Result<()> {
    let vault = stage.hub.vault()?;
    ask_to_stop(&vault, session(stage, &vault, who)?)?;
    let later = stage.hub.vault_at(days_later)?;
    later.handle(Command::Planner(PlannerCommand::Escalate))?;
    Ok(())
}

/// Has everything stop that she is told.
pub(super) fn ask_to_stop(vault: &Vault, session: Ticket) -> anyhow::Result<()> {
    let stop = PortalCommand::Stop {
        session,
        what: Stops::Everything,
        pin: None,
    };
    let answer = vault.handle(Command::Portal(stop))?;
    ensure!(
        matches!(answer, Answer::Portal(PortalAnswer::Done)),
        "{answer:?}"
    );
    Ok(())
}

/// Begins a session by the code that comes to her address.
pub(super) fn session(stage: &Stage, vault: &Vault, who: &str) -> anyhow::Result<Ticket> {
    let known = letters_to(stage, who).len();
    let begin = PortalCommand::BeginAccess {
        address: EmailAddress::parse(&address(who))?,
        language: Language::En,
    };
    let ticket_of_code = ticket(vault, begin)?;
    let code = told(stage, who, known)?
        .code()
        .context("no code in the letter")?;
    let confirm = PortalCommand::ConfirmAccess {
        ticket: ticket_of_code,
        code: Secret::new(code),
    };
    ticket(vault, confirm)
}

/// Returns what came to somebody.
pub(super) fn letters_to(stage: &Stage, who: &str) -> Vec<Letter> {
    let to = address(who);
    let letters = stage.mailbox.letters().into_iter();
    letters.filter(|letter| letter.to == to).collect()
}

fn days_later() -> Timestamp {
    wall() + SignedDuration::from_hours(73)
}

pub(super) fn ticket(vault: &Vault, command: PortalCommand) -> anyhow::Result<Ticket> {
    let answer = vault.handle(Command::Portal(command))?;
    let Answer::Portal(PortalAnswer::Begun(ticket) | PortalAnswer::Session(ticket)) = answer else {
        bail!("the vault gave no ticket")
    };
    Ok(ticket)
}
