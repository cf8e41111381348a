//! A file of an earlier day comes again in a jail so small that the guard lets it pass: what it says of
//! releases was told before, and is not told again.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_shared::event::EventCode;
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::tail::Tail;
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
released_at = "ReleasedOn"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
"#;

/// Writes bookings, each with its person's number; some have ended.
fn list(bookings: &[(u32, u32)], ended: &[u32]) -> anyhow::Result<String> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Born",
        "Status",
        "ReleasedOn",
    ];
    let rows = bookings.iter().map(|(booking, person)| {
        let (status, released) = match ended.contains(booking) {
            true => ("REL", "06/01/2026 09:30"),
            false => ("IN", ""),
        };
        [
            format!("B{booking}"),
            format!("{person}"),
            format!("SAMPLE{person}, AVERY"),
            format!("02/03/19{}", 60 + person),
            status.to_owned(),
            released.to_owned(),
        ]
    });
    csv(&header, rows)
}

#[test]
fn a_release_that_an_old_file_says_again_is_told_once() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        tell_once(&engine).with_context(|| engine.name())?;
    }
    Ok(())
}

fn tell_once(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
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
    let stage = Stage::set(folder.path(), &programs(), options, &feeds)?;
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let take = |file: &str, text: &str| {
        let at = lists.put(file, text)?;
        Standing::settled(&stage.agent, "roster", at, PATIENCE)
    };
    let all: Vec<(u32, u32)> = (1..=12).map(|number| (number, number)).collect();
    take("1.csv", &list(&all, &[])?)?;
    let found = Visitor::new(stage.hub.site()).look_up("SAMPLE3")?;
    let person = found.first().context("somebody is not listed")?;
    let person = person.trim_start_matches("/person/");
    stage.register("ada@home.example", person.parse()?)?;
    let mut tail = stage.tail()?;

    let old = list(&all, &[3, 4])?;
    take("2.csv", &old)?;
    let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
    letter.context("nobody was told of the release")?;
    // The list drops them.
    let rest: Vec<(u32, u32)> = all
        .iter()
        .filter(|(booking, _)| ![3, 4].contains(booking))
        .copied()
        .collect();
    let before = take("3.csv", &list(&rest, &[])?)?;
    assert_eq!(released(&tail)?, 2);

    // The file of the second day comes again, as if it were today's, and then the right one.
    let standing = take("4.csv", &old)?;
    ensure!(standing.hold.is_none(), "the guard held it: {standing:?}");
    ensure!(
        standing.end.seq > before.end.seq,
        "nothing of it was told: {standing:?}"
    );
    take("5.csv", &list(&rest, &[])?)?;
    // What comes after them has been told, so that everything before it has been decided.
    take("6.csv", &list(&rest, &[1])?)?;
    tail.wait_for(PATIENCE, |known| {
        known.code == EventCode::Released && known.name.to_lowercase().contains("sample1")
    })?;
    assert_eq!(released(&tail)?, 3);
    let letters = stage.mailbox.letters();
    let told = letters
        .iter()
        .filter(|letter| letter.to == "ada@home.example" && letter.text.contains("released"));
    assert_eq!(told.count(), 1, "{letters:?}");
    stage.strike()
}

fn released(tail: &Tail) -> anyhow::Result<u64> {
    let counts = tail.count()?;
    let released = counts.iter().find(|(code, _)| *code == EventCode::Released);
    Ok(released.map_or(0, |(_, count)| *count))
}
