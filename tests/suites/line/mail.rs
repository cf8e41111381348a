//! From a release to a letter: through Postfix, and through a server that misbehaves.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_shared::event::EventCode;
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::mailbox::{Fault, Misdeed, Step};
use savin_tests::postfix::{Mailboxes, Postfix};
use savin_tests::program::run_with;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;
use serde_json::Value;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

/// A first try, the minute before the second, and room for a slow machine.
const SECOND_TRY: Duration = Duration::from_secs(150);

fn feeds() -> [FeedHome; 2] {
    [
        FeedHome {
            name: "roster",
            facility: FACILITY,
            profile: include_str!("../../demo/catalpa-roster.toml").to_owned(),
            source: SourceHome::Folder("lists"),
        },
        FeedHome {
            name: "movements",
            facility: FACILITY,
            profile: include_str!("../../demo/catalpa-movements.toml").to_owned(),
            source: SourceHome::Folder("movements"),
        },
    ]
}

/// Lists people in the jail, and returns who they are to the hub.
fn listed(stage: &Stage, count: usize) -> anyhow::Result<Vec<PersonId>> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Housing",
        "BookedOn",
    ];
    let rows = (0..count).map(|number| {
        [
            format!("B{number}"),
            format!("{number}"),
            format!("SAMPLE{number}, AVERY"),
            "A-1".to_owned(),
            "2026-06-01 08:00:00".to_owned(),
        ]
    });
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put("list.csv", &csv(&header, rows)?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    let visitor = Visitor::new(stage.hub.site());
    (0..count)
        .map(|number| {
            let found = visitor.look_up(&format!("SAMPLE{number}"))?;
            let path = found.first().context("somebody is not listed")?;
            let person = path.trim_start_matches("/person/");
            person
                .parse()
                .with_context(|| format!("{person} is nobody"))
        })
        .collect()
}

/// Has the jail write that people moved, by their places in its list.
fn moved(stage: &Stage, file: &str, movement: &str, who: Range<usize>) -> anyhow::Result<()> {
    let header = ["BookingNumber", "Movement", "At", "Reason"];
    let rows = who.map(|number| {
        [
            format!("B{number}"),
            movement.to_owned(),
            "2026-06-02 09:30:00".to_owned(),
            "BOND".to_owned(),
        ]
    });
    let movements = ExportFolder::new(stage.agent.folder().join("movements"));
    movements.put(file, &csv(&header, rows)?).map(|_| ())
}

/// Releases everybody who was listed.
fn release(stage: &Stage, count: usize) -> anyhow::Result<()> {
    moved(stage, "movements.csv", "RELEASE", 0..count)?;
    let mut tail = stage.tail()?;
    for _ in 0..count {
        tail.wait_for(PATIENCE, |known| known.code == EventCode::Released)?;
    }
    Ok(())
}

/// Returns every notice about a release, with its state, number of tries and the server's last answer.
fn notices(stage: &Stage) -> anyhow::Result<Vec<(String, u64, String)>> {
    let printed = stage.hub.cli(&["notices", "--json"])?;
    let mut notices = Vec::new();
    for line in printed.lines() {
        let notice: Value = serde_json::from_str(line)?;
        let value = |name: &str| notice.get(name).cloned().unwrap_or_default();
        let text = |name: &str| value(name).as_str().unwrap_or_default().to_owned();
        let attempts = value("attempts").as_u64().unwrap_or_default();
        notices.push((text("state"), attempts, text("answer")));
    }
    Ok(notices)
}

#[test]
fn postfix_delivers_what_the_hub_hands_it() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        // Not in a folder that is anybody's own: Postfix's processes are several users.
        let folder = tempfile::Builder::new()
            .prefix("savin")
            .tempdir_in("/var/tmp")?;
        let mailboxes = Mailboxes {
            taken: &["ada@home.example"],
            failing: &[],
        };
        let postfix = Postfix::start(folder.path(), &mailboxes)?;
        let options = HubOptions {
            store: engine.url(),
            mail_port: Some(postfix.port()),
            signs: true,
            ..HubOptions::default()
        };
        let stage = Stage::set(&folder.path().join("stage"), &programs(), options, &feeds())?;
        let people = listed(&stage, 1)?;
        stage.register("ada@home.example", people[0])?;
        release(&stage, 1)?;

        let letter = postfix
            .wait_for("ada", PATIENCE)
            .with_context(|| engine.name())?;
        let words = "The person you asked about was released";
        for part in [&letter.text, &letter.html] {
            ensure!(part.contains(words), "{part}");
            ensure!(
                !part.contains("SAMPLE0") && !part.contains("Sample0"),
                "{part}"
            );
        }
        ensure!(
            !letter.subject.to_lowercase().contains("releas"),
            "{}",
            letter.subject
        );
        let raw = String::from_utf8_lossy(&letter.raw);
        for header in [
            "Auto-Submitted: auto-generated",
            "Received: from",
            "Message-ID: <",
        ] {
            ensure!(raw.contains(header), "no {header} in:\n{raw}");
        }
        let printed = stage.hub.cli(&["mail", "dkim"])?;
        let record = printed.lines().next().context("no record is shown")?;
        ensure!(signature_holds(&letter.raw, record)?, "not signed:\n{raw}");
        let forged = raw.replacen("was released", "was relaased", 1);
        ensure!(forged != raw, "nothing was changed in:\n{raw}");
        ensure!(!signature_holds(forged.as_bytes(), record)?, "{forged}");
        let told = notices(&stage)?;
        ensure!(
            matches!(told.as_slice(), [(state, 1, outcome)]
                if state == "accepted" && outcome.contains("queued as")),
            "{told:?}"
        );
        turns_e_mail_off(&stage, &raw)?;
        nothing_is_said_of_her(folder.path())?;
        stage.strike()?;
    }
    Ok(())
}

#[test]
fn what_postfix_sends_back_is_found_and_nothing_else_is_believed() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("savin")
        .tempdir_in("/var/tmp")?;
    let mailboxes = Mailboxes {
        taken: &["ada@home.example", "bounce@information.example"],
        failing: &[("gone@home.example", "5.1.1 nobody of that name")],
    };
    let postfix = Postfix::start(folder.path(), &mailboxes)?;
    let returns = postfix.maildir("bounce");
    let options = HubOptions {
        mail_port: Some(postfix.port()),
        returns: Some(returns.clone()),
        ..HubOptions::default()
    };
    let stage = Stage::set(&folder.path().join("stage"), &programs(), options, &feeds())?;
    let people = listed(&stage, 1)?;
    for name in ["ada", "gone"] {
        stage.register(&format!("{name}@home.example"), people[0])?;
    }
    release(&stage, 1)?;
    let letter = postfix.wait_for("ada", PATIENCE)?;
    let told = until(&stage, |told| {
        let states: Vec<&str> = told.iter().map(|(state, ..)| state.as_str()).collect();
        states.contains(&"refused") && states.contains(&"accepted")
    })?;
    ensure!(told.len() == 2, "{told:?}");

    // A forged report on hers, and a word from a person: the one changes nothing, the other waits.
    let raw = String::from_utf8_lossy(&letter.raw);
    let back = raw
        .lines()
        .find_map(|line| line.strip_prefix("Return-Path: <"))
        .and_then(|address| address.split('@').next())
        .context("the letter says not where it comes back")?;
    let tail = back.rsplit('-').next().unwrap_or_default();
    let forged = back.replace(tail, &"0".repeat(tail.len()));
    let report = include_str!("../../templates/bounce.eml").replace("MARKED", &forged);
    std::fs::write(returns.join("new/1.forged"), report)?;
    let thanks = format!("To: {back}@information.example\r\nSubject: Thanks\r\n\r\nThank you.\r\n");
    std::fs::write(returns.join("new/2.person"), thanks)?;
    let deadline = savin_tests::clock::monotonic() + PATIENCE;
    while std::fs::read_dir(returns.join("new"))?.next().is_some() {
        ensure!(savin_tests::clock::monotonic() < deadline, "not read");
        savin_tests::clock::pause(Duration::from_millis(50));
    }
    ensure!(
        returns.join("cur/2.person:2,S").exists(),
        "a person's word is lost"
    );
    ensure!(
        !returns.join("cur/1.forged:2,S").exists(),
        "a report was left"
    );
    let after = notices(&stage)?;
    ensure!(after == told, "{told:?} became {after:?}");
    stage.strike()
}

/// Opens the link in a letter, which changes nothing, and posts to it as a mail program does: a person
/// is asked how else she may be told.
fn turns_e_mail_off(stage: &Stage, raw: &str) -> anyhow::Result<()> {
    let unfolded = raw.replace("\r\n ", " ").replace("\n ", " ");
    let link = unfolded
        .lines()
        .find_map(|line| line.strip_prefix("List-Unsubscribe: <"))
        .context("the letter has no link")?;
    let path = link.trim().trim_end_matches('>');
    let path = path.strip_prefix(stage.hub.site()).context("elsewhere")?;
    let visitor = Visitor::new(stage.hub.site());
    let tasks = || stage.hub.cli(&["tasks", "--kind", "unreachable", "--json"]);
    let asked = visitor.open(path)?;
    ensure!(asked.text.contains("Turn off e-mail?"), "{}", asked.text);
    ensure!(tasks()?.trim().is_empty(), "opening it did something");
    let done = visitor.send(path, &[("List-Unsubscribe", "One-Click")])?;
    ensure!(done.text.contains("E-mail is off"), "{}", done.text);
    let asked = tasks()?;
    ensure!(asked.contains("turned e-mail off"), "{asked}");
    Ok(())
}

/// Asks a library that others wrote whether a letter's signature holds.
fn signature_holds(letter: &[u8], record: &str) -> anyhow::Result<bool> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/mail/verify.py");
    let letter = String::from_utf8(letter.to_vec())?;
    let mut verify = Command::new("/usr/bin/python3");
    verify.arg(script).arg(record);
    Ok(run_with(verify, &letter)?.trim() == "True")
}

/// The programs' logs name neither her address nor the person.
fn nothing_is_said_of_her(folder: &Path) -> anyhow::Result<()> {
    for log in ["stage/hub/hub.log", "stage/agent/agent.log"] {
        let text = std::fs::read_to_string(folder.join(log))?;
        ensure!(text.contains("started"), "{log} is not the log");
        for word in ["home.example", "SAMPLE", "Sample"] {
            ensure!(!text.contains(word), "{log} says {word}:\n{text}");
        }
    }
    Ok(())
}

#[test]
fn tries_again_what_may_be_otherwise_later_and_leaves_what_is_final() -> anyhow::Result<()> {
    const PASSING: [(Step, Misdeed); 5] = [
        (Step::Greeting, Misdeed::Answer("421 4.3.2 not now")),
        (Step::Hello, Misdeed::HangUp),
        (Step::Sender, Misdeed::Answer("535 5.7.8 who are you")),
        (Step::Recipient, Misdeed::Answer("450 4.2.1 greylisted")),
        (Step::Data, Misdeed::Answer("452 4.3.1 disk full")),
    ];
    let folder = tempfile::tempdir()?;
    let options = HubOptions::default();
    let stage = Stage::set(folder.path(), &programs(), options, &feeds())?;
    let count = PASSING.len() + 2;
    for (number, person) in listed(&stage, count)?.into_iter().enumerate() {
        stage.register(&format!("registrant{number}@home.example"), person)?;
    }
    // One fault each, whoever comes first; the last two: final, and taken without a word of it.
    let last = [
        (
            Step::Recipient,
            Misdeed::Answer("550 5.1.1 nobody of that name"),
        ),
        (Step::Message, Misdeed::KeepAndHangUp),
    ];
    let faults = PASSING.into_iter().chain(last);
    stage
        .mailbox
        .misbehave(faults.map(|(step, misdeed)| Fault { step, misdeed }));
    release(&stage, count)?;

    let letters = stage.mailbox.ledger().wait(SECOND_TRY, |letters| {
        let ids: std::collections::BTreeSet<&str> = letters
            .iter()
            .map(|letter| letter.message_id.as_str())
            .collect();
        // All but the one who does not exist, and one of them twice.
        (ids.len() == count - 1 && letters.len() == count).then(|| letters.to_vec())
    });
    let letters = letters.with_context(|| format!("{:?}", notices(&stage)))?;
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in &letters {
        *copies.entry(&letter.message_id).or_default() += 1;
    }
    let mut counts: Vec<usize> = copies.into_values().collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 1, 1, 1, 2]);
    let told = settled(&stage, count)?;
    let refused: Vec<_> = told
        .iter()
        .filter(|(state, ..)| state == "refused")
        .collect();
    ensure!(
        matches!(refused.as_slice(), [(_, 1, outcome)] if outcome.contains("550")),
        "{told:?}"
    );
    let twice = told
        .iter()
        .filter(|(state, tries, _)| state == "accepted" && *tries == 2);
    assert_eq!(twice.count(), count - 1, "{told:?}");
    stage.strike()
}

#[test]
fn an_escape_does_not_wait_behind_mail_that_a_server_holds_up() -> anyhow::Result<()> {
    const HELD_UP: usize = 6;
    let folder = tempfile::tempdir()?;
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds())?;
    let people = listed(&stage, HELD_UP + 1)?;
    for (number, person) in people.into_iter().enumerate() {
        stage.register(&format!("registrant{number}@home.example"), person)?;
    }
    let frozen = Fault {
        step: Step::Sender,
        misdeed: Misdeed::Freeze,
    };
    stage.mailbox.misbehave(vec![frozen; HELD_UP]);
    release(&stage, HELD_UP)?;
    until(&stage, |told| {
        let under_way = told.iter().filter(|(state, ..)| state == "trying");
        under_way.count() == HELD_UP
    })?;
    moved(&stage, "escape.csv", "ESCAPE", HELD_UP..HELD_UP + 1)?;
    // The server says nothing for the 30 seconds after which the hub gives a try up.
    let to = format!("registrant{HELD_UP}@home.example");
    let letter = stage.mailbox.wait_for(&to, 0, Duration::from_secs(15));
    letter.with_context(|| format!("{:?}", notices(&stage)))?;
    stage.strike()
}

/// Waits until no notice is under way any more.
fn settled(stage: &Stage, count: usize) -> anyhow::Result<Vec<(String, u64, String)>> {
    let is_over = |state: &str| state == "accepted" || state == "refused";
    until(stage, |told| {
        told.len() == count && told.iter().all(|(state, ..)| is_over(state))
    })
}

/// Waits until the notices stand so.
fn until(
    stage: &Stage,
    holds: impl Fn(&[(String, u64, String)]) -> bool,
) -> anyhow::Result<Vec<(String, u64, String)>> {
    let deadline = savin_tests::clock::monotonic() + PATIENCE;
    loop {
        let told = notices(stage)?;
        if holds(&told) {
            return Ok(told);
        }
        ensure!(savin_tests::clock::monotonic() < deadline, "{told:?}");
        savin_tests::clock::pause(Duration::from_millis(50));
    }
}
