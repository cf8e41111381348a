//! One jail with a roster and a file of movements: the explicit word of either goes out at once, the
//! list that follows later says nothing twice, and what only the list knows is never a release.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);
const LISTED: [&str; 5] = ["booking_no", "jacket_no", "inmate", "status", "cell"];
const MOVED: [&str; 4] = ["booking_no", "movement", "moved_at", "reason"];

const ROSTER: &str = r#"
name = "roster"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = "booking_no"
person_number = "jacket_no"
name = "inmate"
status = "status"
location = "cell"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
"#;

/// The feeds of the jail.
fn feeds() -> [FeedHome; 2] {
    let profile = |name: &str| savin_packaging::AGENT_PROFILES.iter().find(|p| p.0 == name);
    let movements = profile("movements.toml").map_or("", |(_, text)| text);
    [
        FeedHome {
            name: "roster",
            facility: FACILITY,
            profile: ROSTER.to_owned(),
            source: SourceHome::Folder("lists"),
        },
        FeedHome {
            name: "movements",
            facility: FACILITY,
            profile: movements.to_owned(),
            source: SourceHome::Folder("moves"),
        },
    ]
}

/// The jail's two folders.
struct Jail {
    lists: ExportFolder,
    moves: ExportFolder,
    files: u32,
}

impl Jail {
    /// Writes a list of bookings with status and cell, and waits until the hub has it.
    fn list(&mut self, stage: &Stage, rows: &[(u32, &str, &str)]) -> anyhow::Result<()> {
        let rows = rows.iter().map(|(number, status, cell)| {
            [
                format!("B{number}"),
                format!("{number}"),
                format!("SAMPLE{number}, AVERY"),
                (*status).to_owned(),
                (*cell).to_owned(),
            ]
        });
        let name = self.next();
        let at = self.lists.put(&name, &csv(&LISTED, rows)?)?;
        settled(stage, "roster", at)
    }

    /// Writes a movement and waits until the hub has it.
    fn moves(&mut self, stage: &Stage, number: u32, movement: [&str; 2]) -> anyhow::Result<()> {
        let [movement, reason] = movement;
        let row = [
            format!("B{number}"),
            movement.to_owned(),
            // Each at a time of its own: two movements at one moment are one.
            format!("2026-06-01 08:00:{:02}", self.files % 60),
            reason.to_owned(),
        ];
        let name = self.next();
        let at = self.moves.put(&name, &csv(&MOVED, [row])?)?;
        settled(stage, "movements", at)
    }

    fn next(&mut self) -> String {
        self.files += 1;
        format!("{:03}.csv", self.files)
    }
}

fn settled(stage: &Stage, feed: &str, since: Timestamp) -> anyhow::Result<()> {
    let standing = Standing::settled(&stage.agent, feed, since, PATIENCE)?;
    ensure!(
        standing.refusal.is_none() && standing.hold.is_none(),
        "{standing:?}"
    );
    Ok(())
}

#[test]
fn a_roster_and_movements_of_one_jail_tell_each_fact_once() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let options = HubOptions {
            store: engine.url(),
            ..HubOptions::default()
        };
        let stage = Stage::set(folder.path(), &programs(), options, &feeds())?;
        tell_each_fact_once(&stage).with_context(|| engine.name())?;
        stage.strike()?;
    }
    Ok(())
}

fn tell_each_fact_once(stage: &Stage) -> anyhow::Result<()> {
    let home = stage.agent.folder();
    let mut jail = Jail {
        lists: ExportFolder::new(home.join("lists")),
        moves: ExportFolder::new(home.join("moves")),
        files: 0,
    };
    let mut tail = stage.tail()?;
    let mut told = |what: &str, wanted: &[(u32, EventCode)]| -> anyhow::Result<()> {
        let known = tail.fresh()?;
        let found: Vec<_> = known.into_iter().map(|k| (k.name, k.code)).collect();
        let name = |number: u32| format!("Avery Sample{number}");
        let wanted = wanted.iter().map(|(number, code)| (name(*number), *code));
        let wanted: Vec<_> = wanted.collect();
        ensure!(found == wanted, "{what}: {found:?} instead of {wanted:?}");
        Ok(())
    };
    let held = |numbers: &[u32]| -> Vec<_> { numbers.iter().map(|n| (*n, "IN", "A-1")).collect() };

    jail.list(stage, &held(&[1, 2, 3, 4]))?;
    told("a first list is no news", &[])?;
    jail.moves(stage, 1, ["RELEASE", "BOND"])?;
    told(
        "a movement, while the list still has the person",
        &[(1, EventCode::Released)],
    )?;
    let mut late = held(&[2, 3, 4]);
    late.push((1, "IN", "A-2"));
    jail.list(stage, &late)?;
    told("the list has not followed, and a cell in it changed", &[])?;
    jail.list(stage, &held(&[2, 3, 4]))?;
    told("the list follows", &[])?;
    jail.list(stage, &held(&[3, 4]))?;
    told(
        "somebody is only missing",
        &[(2, EventCode::NoLongerListed)],
    )?;
    jail.moves(stage, 2, ["RELEASE", "TIME"])?;
    told("the movement says it at last", &[(2, EventCode::Released)])?;
    jail.list(stage, &[(3, "REL", "A-1"), (4, "IN", "A-1")])?;
    told(
        "the list is the first to say it",
        &[(3, EventCode::Released)],
    )?;
    jail.moves(stage, 3, ["RELEASE", "ROR"])?;
    told("the movement adds a reason", &[])?;
    jail.moves(stage, 4, ["ESCAPE", ""])?;
    told("an escape", &[(4, EventCode::Escaped)])?;
    jail.list(stage, &[(4, "IN", "A-3")])?;
    told("the list does not know of it", &[])?;
    jail.moves(stage, 4, ["RETURN", ""])?;
    told("the return", &[(4, EventCode::Recaptured)])
}
