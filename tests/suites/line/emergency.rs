//! What a jail says itself when its booking system is slow or the hub is away: told within seconds, and
//! once, though the booking system says it later.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_shared::event::EventCode;
use savin_tests::clock::monotonic;
use savin_tests::home::{AgentHome, FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, people};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::tail::Tail;
use savin_tests::visitor::Visitor;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

/// How soon somebody is told of an escape that was said at the jail.
const SOON: Duration = Duration::from_secs(15);

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

/// Lists two people with their statuses, and waits until the agent has taken it.
fn list(stage: &Stage, file: &str, statuses: [&str; 2]) -> anyhow::Result<()> {
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put(file, &people((0..2).zip(statuses))?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    Ok(())
}

fn person(stage: &Stage, name: &str) -> anyhow::Result<PersonId> {
    let found = Visitor::new(stage.hub.site()).look_up(name)?;
    let path = found.first().context("somebody is not listed")?;
    let person = path.trim_start_matches("/person/");
    person
        .parse()
        .with_context(|| format!("{person} is nobody"))
}

fn say(agent: &AgentHome, arguments: &[&str]) -> anyhow::Result<String> {
    let fixed = ["--by", "Sgt. Sample", "--yes"];
    agent.cli(&[&["emergency"], arguments, &fixed].concat())
}

#[test]
fn an_escape_said_at_the_jail_is_told_at_once_and_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let feeds = [FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    }];
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;
    list(&stage, "1.csv", ["IN", "IN"])?;
    stage.register("ada@home.example", person(&stage, "SAMPLE0")?)?;
    stage.register("bea@home.example", person(&stage, "SAMPLE1")?)?;
    let mut tail = stage.tail()?;

    let dry = say(&stage.agent, &["escape", "--record", "B0", "--dry-run"])?;
    ensure!(
        dry.contains("Would be sent: Escaped of booking B0"),
        "{dry}"
    );
    let said_at = monotonic();
    say(
        &stage.agent,
        &["escape", "--name", "sample0, avery", "--born", "1990-02-03"],
    )?;
    let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
    ensure!(letter.context("nobody was told")?.text.contains("escaped"));
    ensure!(
        said_at.elapsed() < SOON,
        "told after {:?}",
        said_at.elapsed()
    );
    tail.wait_for(PATIENCE, |known| known.code == EventCode::Escaped)?;

    // The booking system says it later, and nobody hears it twice.
    list(&stage, "2.csv", ["ESC", "IN"])?;
    let listed = stage.agent.cli(&["emergency", "list", "--json"])?;
    ensure!(listed.contains("\"outcome\":\"agreed\""), "{listed}");

    // The hub is away: what is said is kept, and told when it is back.
    let Stage {
        mailbox,
        hub,
        agent,
        serving,
        watching,
    } = stage;
    serving.stop()?;
    say(&agent, &["recapture", "--record", "B0"])?;
    let stage = Stage {
        serving: hub.serve()?,
        mailbox,
        hub,
        agent,
        watching,
    };
    tail.wait_for(PATIENCE, |known| known.code == EventCode::Recaptured)?;
    let letter = stage.mailbox.wait_for("ada@home.example", 1, PATIENCE);
    letter.context("nobody was told of the return")?;
    list(&stage, "3.csv", ["IN", "IN"])?;

    corrects_what_was_not_so(&stage, &mut tail)?;

    each_was_told_once(&stage, &tail)?;
    stage.strike()
}

#[test]
fn what_a_system_says_while_it_is_worked_on_waits_and_can_be_taken_without_news()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let feeds = [FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    }];
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;
    list(&stage, "1.csv", ["IN", "IN"])?;
    stage.register("ada@home.example", person(&stage, "SAMPLE0")?)?;
    let mut tail = stage.tail()?;
    let by = ["--feed", "roster", "--by", "Dana Clerk"];
    let maintenance = [&["mode", "maintenance", "--until", "12h"], by.as_slice()].concat();
    let said = stage.agent.cli(&maintenance)?;
    ensure!(
        said.contains("MAINTENANCE") && said.contains("Dana Clerk"),
        "{said}"
    );
    list(&stage, "2.csv", ["ESC", "IN"])?;
    let status = stage.agent.cli(&["status"])?;
    ensure!(
        status.contains("MAINTENANCE") && status.contains("held since"),
        "{status}"
    );
    let said = stage
        .agent
        .cli(&[&["mode", "normal"], by.as_slice()].concat())?;
    ensure!(said.contains("1 changes wait"), "{said}");
    let release = [
        "release-hold",
        "roster",
        "--by",
        "Dana Clerk",
        "--without-news",
    ];
    stage.agent.cli(&release)?;
    // It is known at the hub, where a person looks at it, and nobody was told.
    tail.wait_for(PATIENCE, |known| known.code == EventCode::Escaped)?;
    let hub = stage.hub.cli(&["status"])?;
    ensure!(hub.contains("1 events were told to nobody"), "{hub}");
    ensure!(stage.mailbox.letters().is_empty());
    stage.strike()
}

fn corrects_what_was_not_so(stage: &Stage, tail: &mut Tail) -> anyhow::Result<()> {
    say(&stage.agent, &["escape", "--record", "B1"])?;
    stage
        .mailbox
        .wait_for("bea@home.example", 0, PATIENCE)
        .context("nobody was told")?;
    say(&stage.agent, &["withdraw", "--record", "B1"])?;
    tail.wait_for(PATIENCE, |known| known.code == EventCode::Correction)?;
    let letter = stage.mailbox.wait_for("bea@home.example", 1, PATIENCE);
    let letter = letter.context("nobody was told that it was not so")?;
    ensure!(letter.text.contains("not so"), "{}", letter.text);
    Ok(())
}

fn each_was_told_once(stage: &Stage, tail: &Tail) -> anyhow::Result<()> {
    let count = |code| -> anyhow::Result<u64> {
        let counts = tail.count()?;
        Ok(counts
            .iter()
            .find(|(known, _)| *known == code)
            .map_or(0, |(_, count)| *count))
    };
    ensure!(count(EventCode::Escaped)? == 2 && count(EventCode::Recaptured)? == 1);
    let to = |address: &str| {
        let letters = stage.mailbox.letters();
        letters
            .iter()
            .filter(|letter| letter.to.contains(address))
            .count()
    };
    ensure!(
        to("ada") == 2 && to("bea") == 2,
        "{} and {}",
        to("ada"),
        to("bea")
    );
    Ok(())
}
