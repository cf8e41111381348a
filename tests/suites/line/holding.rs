//! What the guard holds, from the jail's export to the hub: a person at the jail lets single records pass,
//! and a feed that decays day by day is seen at the hub.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::ToSpan as _;
use jiff::civil::Date;
use savin_hub::ids::PersonId;
use savin_shared::event::EventCode;
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, people};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Days on which one of 35 leaves every second day, and another comes: enough to know what is usual.
const USUAL_DAYS: u32 = 60;

/// Days within which a list that loses two a day must be held.
const DECAY_DAYS: u32 = 8;

const PROFILE: &str = r#"
name = "statuses"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
export_date = "%Y%m%d"
[columns]
record_number = "BookingNumber"
person_number = "InmateNumber"
name = "InmateName"
birth_date = "Born"
status = "Status"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
"#;

fn stage(folder: &std::path::Path) -> anyhow::Result<(Stage, ExportFolder)> {
    let feeds = [FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    }];
    let stage = Stage::set(folder, &programs(), HubOptions::default(), &feeds)?;
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    Ok((stage, lists))
}

#[test]
fn one_record_of_a_held_export_passes_alone_and_is_told_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (stage, lists) = stage(folder.path())?;
    let take = |file: &str, ended: u32, listed: u32| {
        let status = |number| if number <= ended { "REL" } else { "IN" };
        let rows = (1..=listed).map(|number| (number, status(number)));
        let at = lists.put(file, &people(rows)?)?;
        Standing::settled(&stage.agent, "roster", at, PATIENCE)
    };
    take("1.csv", 0, 80)?;
    let found = Visitor::new(stage.hub.site()).look_up("SAMPLE25")?;
    let path = found.first().context("somebody is not listed")?;
    let person: PersonId = path.trim_start_matches("/person/").parse()?;
    stage.register("ada@home.example", person)?;
    let mut tail = stage.tail()?;

    // Thirty are let go at once: twenty are told, and ten wait.
    let held = take("2.csv", 30, 80)?;
    ensure!(held.hold.is_some(), "nothing waits: {held:?}");
    let holds = stage.agent.cli(&["holds", "--json"])?;
    ensure!(
        holds.contains("\"code\":\"mass-release\"") && holds.contains("\"B25\""),
        "{holds}"
    );
    let release = |record: &str, more: &[&str]| {
        let fixed = ["release-hold", "roster", "--by", "Sgt. Sample", "--record"];
        stage
            .agent
            .cli(&[&fixed, [record].as_slice(), more].concat())
    };
    let dry = release("B25", &["--dry-run"])?;
    ensure!(dry.contains("1 changes would pass"), "{dry}");
    let Err(wrong) = release("B99", &[]) else {
        bail!("what does not wait passed");
    };
    let wrong = format!("{wrong:#}");
    ensure!(wrong.contains("nothing of record B99 waits"), "{wrong}");
    ensure!(stage.mailbox.letters().is_empty());

    let said = release("B25", &[])?;
    ensure!(said.contains("1 changes pass"), "{said}");
    tail.wait_for(PATIENCE, |known| {
        known.name.to_lowercase().contains("sample25")
    })?;
    let letter = stage.mailbox.wait_for("ada@home.example", 0, PATIENCE);
    let letter = letter.context("nobody was told of the release")?;
    ensure!(letter.text.contains("released"), "{}", letter.text);

    // The rest goes on waiting through further exports, and what passed is not told again.
    let later = take("3.csv", 30, 81)?;
    ensure!(later.hold.is_some(), "the others wait no more: {later:?}");
    let holds = stage.agent.cli(&["holds", "--json"])?;
    ensure!(
        holds.contains("\"changes\":9,") && !holds.contains("\"B25\""),
        "{holds}"
    );
    ensure!(holds.contains("\"by\":\"Sgt. Sample\""), "{holds}");
    tail.wait_for(PATIENCE, |known| {
        known.name.to_lowercase().contains("sample81")
    })?;
    let counts = tail.count()?;
    let released = counts.iter().find(|(code, _)| *code == EventCode::Released);
    assert_eq!(released.map(|(_, count)| *count), Some(21), "{counts:?}");
    assert_eq!(stage.mailbox.letters().len(), 1);
    stage.strike()
}

#[test]
fn a_list_that_loses_rows_day_by_day_is_seen_at_the_hub() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (stage, lists) = stage(folder.path())?;
    let days = i32::try_from(USUAL_DAYS + DECAY_DAYS)?;
    let today = wall().to_zoned(jiff::tz::TimeZone::UTC).date();
    let first: Date = today.checked_sub(days.days())?;
    let take = |day: u32, listed: std::ops::Range<u32>| {
        let date = first.checked_add(i32::try_from(day)?.days())?;
        let file = format!("{}.csv", date.strftime("%Y%m%d"));
        let at = lists.put(&file, &people(listed.map(|number| (number, "IN")))?)?;
        Standing::settled(&stage.agent, "roster", at, PATIENCE)
    };
    for day in 0..USUAL_DAYS {
        let standing = take(day, day / 2..day / 2 + 35)?;
        ensure!(standing.hold.is_none(), "day {day}: {standing:?}");
    }
    // No single day shows what it loses now.
    let last = (USUAL_DAYS - 1) / 2;
    let mut listed = last..last + 35;
    let decayed = (0..DECAY_DAYS).find_map(|day| {
        listed.start += 2;
        let standing = take(USUAL_DAYS + day, listed.clone());
        let is_held = standing.as_ref().map_or(true, |known| known.hold.is_some());
        is_held.then_some(standing)
    });
    decayed.context("nothing was held")??;
    let holds = stage.agent.cli(&["holds", "--json"])?;
    ensure!(holds.contains("\"code\":\"slow-drift\""), "{holds}");

    // The hub hears it with the next sign of life.
    let deadline = monotonic() + PATIENCE;
    loop {
        let status = stage.hub.cli(&["status"])?;
        if status.contains("held: slow-drift") {
            break;
        }
        ensure!(monotonic() < deadline, "not seen:\n{status}");
        pause(LOOK);
    }
    ensure!(stage.mailbox.letters().is_empty());
    stage.strike()
}
