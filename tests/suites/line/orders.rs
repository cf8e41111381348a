//! What a court orders to be sealed or expunged, from the jail's file to page, letter and proof.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_hub::store::testing::contents;
use savin_hub::store::value::Value;
use savin_tests::clock::{monotonic, pause};
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubHome, HubOptions, SourceHome};
use savin_tests::program::run;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;

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
birth_date = "Born"
status = "Status"
[values.status]
IN = "InCustody"
ESC = "Escaped"
"#;

/// Who is held: booking, jacket, name, birth date. The first is expunged, the second sealed, and the last
/// comes after the backup.
const HELD: [[&str; 4]; 4] = [
    ["BK-90417", "PQ77191", "QUIXOTRY, ZEPHYRINE", "1971-11-23"],
    ["BK-90418", "PQ77192", "MUESTRA, THADDEUS", "1985-03-12"],
    ["BK-90419", "PQ77193", "SAMPLE, AVERY", "1990-01-02"],
    ["BK-90420", "PQ77194", "EJEMPLO, PRISCILLA", "1979-07-08"],
];

/// Whatever gives the first away.
const TRACES: [&str; 5] = ["quixotry", "zephyrine", "bk-90417", "pq77191", "1971-11-23"];

/// Lists people with a status each, and waits until the hub has it.
fn list(stage: &Stage, file: &str, listed: &[(usize, &str)]) -> anyhow::Result<()> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Born",
        "Status",
    ];
    let rows = listed.iter().map(|(who, status)| {
        let person = HELD.get(*who).copied().unwrap_or_default();
        let [booking, jacket, name, born] = person;
        [booking, jacket, name, born, status]
    });
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put(file, &csv(&header, rows)?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    Ok(())
}

fn person(stage: &Stage, name: &str) -> anyhow::Result<PersonId> {
    let found = Visitor::new(stage.hub.site()).look_up(name)?;
    let path = found
        .first()
        .with_context(|| format!("{name} is not listed"))?;
    Ok(path.trim_start_matches("/person/").parse()?)
}

/// Says whether anything of somebody is on the site.
fn is_shown(stage: &Stage, name: &str, person: PersonId) -> anyhow::Result<bool> {
    let visitor = Visitor::new(stage.hub.site());
    let page = visitor.open(&format!("/person/{person}"))?;
    let is_there = page.text.to_lowercase().contains(&name.to_lowercase());
    Ok(is_there || !visitor.look_up(name)?.is_empty())
}

/// Waits until a notice is with the mail server, and returns its identifier.
fn accepted(hub: &HubHome) -> anyhow::Result<String> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let printed = hub.cli(&["notices", "--json"])?;
        for line in printed.lines() {
            let notice: serde_json::Value = serde_json::from_str(line)?;
            let word = |name: &str| notice.get(name).and_then(|word| word.as_str());
            if word("state") == Some("accepted") {
                return Ok(word("notice").context("a name")?.to_owned());
            }
        }
        ensure!(monotonic() < deadline, "{printed}");
        pause(Duration::from_millis(100));
    }
}

fn waits(hub: &HubHome) -> anyhow::Result<usize> {
    let tasks = hub.cli(&["tasks", "--kind", "court-order", "--json"])?;
    Ok(tasks.lines().count())
}

fn found_in(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    TRACES.into_iter().find(|trace| text.contains(trace))
}

/// Looks through every table, and every file of the hub.
fn found(stage: &Stage, folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (table, contents) in contents(&stage.hub.registry()?) {
        for value in contents.rows.iter().flatten() {
            if let Value::Text(text) = value
                && let Some(trace) = found_in(text)
            {
                found.push(format!("{table}: {trace}"));
            }
        }
    }
    let mut folders: Vec<PathBuf> = vec![folder.join("hub")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            found.extend(found_in(&text).map(|trace| format!("{}: {trace}", path.display())));
        }
    }
    Ok(found)
}

fn hub_and_jail(folder: &Path, engine: &Engine) -> anyhow::Result<(Stage, String)> {
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
    let key = folder.join("chief.key").display().to_string();
    let add = ["staff", "add", "chief", "--role", "admin", "--output", &key];
    stage.hub.cli(&add)?;
    list(&stage, "1.csv", &[(0, "IN"), (1, "IN"), (2, "IN")])?;
    Ok((stage, key))
}

/// Has the registry made anew beside the running hub, which must be the same, and returns how much is gone by order.
fn made_anew(hub: &HubHome) -> anyhow::Result<u64> {
    let said = hub.cli(&["--json", "replay", "--verify"])?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    let is_equal = said.get("equal").and_then(serde_json::Value::as_bool);
    ensure!(is_equal == Some(true), "{said}");
    let erased = said.get("erased").and_then(serde_json::Value::as_u64);
    erased.context("nothing is said of what is gone")
}

/// The jail's system still has it, says something new of it, and then removes it.
fn sends_again(stage: &Stage, (folder, expunged): (&Path, PersonId)) -> anyhow::Result<()> {
    list(stage, "3.csv", &[(0, "IN"), (1, "IN"), (2, "ESC")])?;
    ensure!(!is_shown(stage, "Quixotry", expunged)?);
    let left = found(stage, folder)?;
    ensure!(left.is_empty(), "{left:#?}");
    ensure!(waits(&stage.hub)? == 2, "the jail, and whoever had asked");
    list(stage, "4.csv", &[(1, "IN"), (2, "ESC")])?;
    ensure!(waits(&stage.hub)? == 1, "the jail's list has it no longer");
    Ok(())
}

#[test]
fn nothing_is_left_of_whom_a_court_ordered_to_be_expunged_and_the_evidence_holds()
-> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let (stage, key) = hub_and_jail(folder.path(), &engine)?;
        let expunged = person(&stage, "QUIXOTRY")?;
        stage.register("ada@home.example", expunged)?;
        list(&stage, "2.csv", &[(0, "ESC"), (1, "IN"), (2, "IN")])?;
        let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
        letter.context("nobody was told")?;
        let elsewhere = tempfile::tempdir()?;
        let file = elsewhere
            .path()
            .join("notice.evidence")
            .display()
            .to_string();
        let notice = accepted(&stage.hub)?;
        stage
            .hub
            .cli(&["evidence", "export", &notice, "--output", &file])?;
        let keys = stage.hub.cli(&["evidence", "key"])?;
        let public = keys.lines().next().context("no key")?;
        ensure!(
            !found(&stage, folder.path())?.is_empty(),
            "the look finds nothing"
        );

        let who = expunged.to_string();
        let dry = stage.hub.cli(&["expunge", &who, "--json"])?;
        ensure!(
            dry.contains("\"record\":1") && dry.contains("\"subscription\":1"),
            "{dry}"
        );
        ensure!(
            is_shown(&stage, "Quixotry", expunged)?,
            "a dry run changes nothing"
        );
        let order = ["--order", "26-0118", "--court", "Hinds", "--as", &key];
        stage
            .hub
            .cli(&[&["expunge", who.as_str()][..], &order].concat())?;
        ensure!(!is_shown(&stage, "Quixotry", expunged)?);
        let left = found(&stage, folder.path())?;
        ensure!(left.is_empty(), "{left:#?}");

        // Two lists had it.
        ensure!(made_anew(&stage.hub)? == 2);
        sends_again(&stage, (folder.path(), expunged))?;
        ensure!(made_anew(&stage.hub)? == 4, "it changed, and went");
        ensure!(
            stage.mailbox.letters().len() == 1,
            "somebody was told of it"
        );

        let mut verify = programs().hub();
        verify.args(["evidence", "verify", "--key", public, &file]);
        run(verify)?;
        stage.hub.cli(&["evidence", "check"])?;
        let again = elsewhere
            .path()
            .join("again.evidence")
            .display()
            .to_string();
        stage
            .hub
            .cli(&["evidence", "export", &notice, "--output", &again])?;
        let again = std::fs::read_to_string(again)?;
        ensure!(
            found_in(&again).is_none() && again.contains("accepted"),
            "{again}"
        );
        stage.strike()?;
    }
    Ok(())
}

#[test]
fn nobody_is_shown_or_told_what_a_court_ordered_to_be_sealed() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let (stage, key) = hub_and_jail(folder.path(), &engine)?;
        let sealed = person(&stage, "MUESTRA")?;
        stage.register("ada@home.example", sealed)?;
        stage.register("bea@home.example", person(&stage, "SAMPLE")?)?;
        let who = sealed.to_string();
        let by = ["--order", "26-0118", "--court", "Hinds", "--as", &key];
        stage
            .hub
            .cli(&[&["seal", who.as_str()][..], &by].concat())?;
        ensure!(!is_shown(&stage, "Muestra", sealed)?);
        ensure!(waits(&stage.hub)? == 1, "somebody calls whoever had asked");

        // Both escape; of the sealed one nobody hears.
        list(&stage, "2.csv", &[(0, "IN"), (1, "ESC"), (2, "ESC")])?;
        let letter = stage.mailbox.wait_for("bea@home.example", 0, PATIENCE);
        letter.context("nobody was told of the other")?;
        ensure!(stage.mailbox.letters().len() == 1);
        ensure!(!is_shown(&stage, "Muestra", sealed)?);
        let events = || stage.hub.cli(&["events", "--json"]);
        ensure!(!events()?.contains(&who), "{}", events()?);

        stage.hub.cli(&[&["unseal", "1"][..], &by].concat())?;
        ensure!(is_shown(&stage, "Muestra", sealed)?);
        ensure!(events()?.contains(&who), "{}", events()?);
        list(&stage, "3.csv", &[(0, "IN"), (1, "IN"), (2, "ESC")])?;
        let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
        letter.context("nobody was told of the return")?;
        ensure!(made_anew(&stage.hub)? == 0);
        stage.strike()?;
    }
    Ok(())
}

/// Makes a backup under the running hub, and returns its folder.
fn backed_up(hub: &HubHome, to: &Path) -> anyhow::Result<String> {
    let to = to.display().to_string();
    let made = hub.cli(&["--json", "backup", "make", &to])?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let folder = made.get("backup").and_then(|folder| folder.as_str());
    Ok(folder.context("no folder")?.to_owned())
}

/// Puts the checkpoint of another log into a backup, which then does not hold, and takes it out again.
fn holds_no_other_checkpoint(hub: &HubHome, backup: &str) -> anyhow::Result<()> {
    let [own, other] = ["registry", "vault"].map(|log| format!("{backup}/{log}.checkpoint"));
    let kept = std::fs::read(&own)?;
    std::fs::copy(&other, &own)?;
    let refused = hub.cli(&["backup", "verify", backup]).err();
    let refused = format!(
        "{:#}",
        refused.context("a checkpoint of another log holds")?
    );
    ensure!(refused.contains("the backup does not hold"), "{refused}");
    Ok(std::fs::write(&own, kept)?)
}

/// Stops the hub, puts a backup back, removes what stood there before, and starts the hub again.
fn put_back(mut stage: Stage, backup: &str) -> anyhow::Result<Stage> {
    stage.serving.stop()?;
    let said = stage.hub.cli(&["--json", "backup", "restore", backup])?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    let lacking = said
        .get("orders_lacking")
        .and_then(serde_json::Value::as_u64);
    ensure!(lacking == Some(3), "{said}");
    let moved = said.get("moved_to").and_then(serde_json::Value::as_array);
    for moved in moved
        .into_iter()
        .flatten()
        .filter_map(|moved| moved.as_str())
    {
        for part in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{moved}{part}"));
            if file.is_file() {
                std::fs::remove_file(file)?;
            }
        }
    }
    stage.serving = stage.hub.serve()?;
    Ok(stage)
}

#[test]
fn what_a_court_ordered_after_a_backup_stands_when_that_backup_is_put_back() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let backups = tempfile::tempdir()?;
        let (stage, key) = hub_and_jail(folder.path(), &engine)?;
        let (expunged, sealed) = (person(&stage, "QUIXOTRY")?, person(&stage, "MUESTRA")?);
        stage.register("ada@home.example", expunged)?;
        stage.register("bea@home.example", sealed)?;
        stage.register("cal@home.example", person(&stage, "SAMPLE")?)?;
        stage.hub.cli(&["evidence", "checkpoint"])?;
        let backup = backed_up(&stage.hub, backups.path())?;
        list(
            &stage,
            "2.csv",
            &[(0, "IN"), (1, "IN"), (2, "IN"), (3, "IN")],
        )?;
        let later = person(&stage, "EJEMPLO")?;
        for (what, who) in [("seal", sealed), ("seal", later), ("expunge", expunged)] {
            let (who, by) = (who.to_string(), ["--court", "Hinds", "--as", &key]);
            stage
                .hub
                .cli(&[&[what, &who, "--order", "26-0118"][..], &by].concat())?;
        }
        stage.hub.cli(&["evidence", "checkpoint"])?;
        let verified = stage.hub.cli(&["backup", "verify", &backup])?;
        ensure!(verified.contains("It lacks 3 entries"), "{verified}");
        let behind = "were signed and published here since: putting it back goes back behind that";
        ensure!(verified.contains(behind), "{verified}");
        // A dump is compared once a server has read it.
        let is_compared = verified.contains("are what was signed when it was made");
        ensure!(is_compared == engine.url().is_none(), "{verified}");
        holds_no_other_checkpoint(&stage.hub, &backup)?;
        let journal = folder.path().join("hub/data/orders.journal");
        let journal = std::fs::read_to_string(journal)?.to_lowercase();
        for who in ["quixotry", "muestra", "bk-904", "26-0118", "hinds"] {
            ensure!(!journal.contains(who), "the journal tells {who}");
        }

        let stage = put_back(stage, &backup)?;
        let stays = |stage: &Stage| -> anyhow::Result<()> {
            for (who, id) in [
                ("Quixotry", expunged),
                ("Muestra", sealed),
                ("Ejemplo", later),
            ] {
                ensure!(!is_shown(stage, who, id)?, "{who} is back");
            }
            let left = found(stage, folder.path())?;
            ensure!(left.is_empty(), "{left:#?}");
            Ok(())
        };
        stays(&stage)?;
        // The jail sends again what the hub no longer knows, and says something new of everybody.
        list(
            &stage,
            "3.csv",
            &[(0, "ESC"), (1, "ESC"), (2, "ESC"), (3, "ESC")],
        )?;
        let letter = stage.mailbox.wait_for("cal@home.example", 0, PATIENCE);
        letter.context("nobody was told of the other")?;
        stays(&stage)?;
        ensure!(
            stage.mailbox.letters().len() == 1,
            "somebody was told of what a court sealed"
        );
        stage.hub.cli(&["evidence", "check"])?;
        ensure!(made_anew(&stage.hub)? > 0);
        stage.hub.cli(&[
            "unseal", "2", "--order", "26-0200", "--court", "Hinds", "--as", &key,
        ])?;
        person(&stage, "EJEMPLO")?;
        stage.strike()?;
    }
    Ok(())
}
