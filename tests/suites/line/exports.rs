//! Exports that are not whole change nothing, and the agent says why.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_shared::event::EventCode;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);
const HEADER: [&str; 5] = [
    "BookingNumber",
    "InmateNumber",
    "InmateName",
    "Housing",
    "BookedOn",
];

fn roster(numbers: impl IntoIterator<Item = u32>) -> anyhow::Result<String> {
    let rows = numbers.into_iter().map(|number| {
        [
            format!("B{number}"),
            format!("{number}"),
            format!("SAMPLE{number}, AVERY"),
            "A-1".to_owned(),
            "2026-06-01 08:00:00".to_owned(),
        ]
    });
    csv(&HEADER, rows)
}

/// Returns exports that are not whole, each with a word of what the agent must say about it.
fn damaged(whole: &str) -> anyhow::Result<[(&'static str, String, &'static str); 7]> {
    let middle = whole.get(..whole.len() / 2).context("ASCII")?;
    Ok([
        ("002-truncated.csv", middle.to_owned(), ""),
        ("003-torn.csv", whole.replacen("B7,7,", "B7,7,\"", 1), ""),
        (
            "004-longer.csv",
            whole.replacen("B9,9,", "B9,9,9,", 1),
            "line",
        ),
        ("005-header.csv", roster([])?, "no row"),
        ("006-empty.csv", String::new(), "empty"),
        (
            "007-binary.csv",
            "PK\u{3}\u{4}\0\0\0\0not a table".to_owned(),
            "",
        ),
        (
            "008-columns.csv",
            whole.replacen("BookingNumber", "Booking", 1),
            "BookingNumber",
        ),
    ])
}

#[test]
fn a_bad_export_changes_nothing_and_says_why() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let feed = FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: include_str!("../../demo/catalpa-roster.toml").to_owned(),
        source: SourceHome::Folder("exports"),
    };
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &[feed])?;
    let exports = ExportFolder::new(stage.agent.folder().join("exports"));
    let mut tail = stage.tail()?;

    let whole = roster(1..=40)?;
    let at = exports.put("001.csv", &whole)?;
    let first = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    assert_eq!(first.end.seq.0, 40);
    assert_eq!(first.refusal, None);

    for (name, content, word) in damaged(&whole)? {
        let at = exports.put(name, &content)?;
        let standing = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
        assert_eq!(standing.end, first.end, "{name} changed the journal");
        assert_eq!(
            standing.digest, first.digest,
            "{name} changed what is listed"
        );
        let why = standing
            .refusal
            .or(standing.hold)
            .with_context(|| format!("{name}: not a word"))?;
        ensure!(
            why.to_lowercase().contains(&word.to_lowercase()),
            "{name}: {why}"
        );
        let shown = stage.agent.cli(&["status", "--json"])?;
        ensure!(
            shown.contains(&why.replace('"', "\\\"")),
            "{name}: status does not say {why}:\n{shown}"
        );
    }

    // The same again says nothing; a file that is still being written is not read.
    let at = exports.put("009-again.csv", &whole)?;
    let again = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    assert_eq!((again.end, again.refusal), (first.end, None));
    std::fs::write(
        stage.agent.folder().join("exports/010.csv.part"),
        roster(1..=3)?,
    )?;

    // And the next whole one goes on from the last whole one.
    let at = exports.put(
        "011.csv",
        &roster((1..=40).filter(|number| *number != 5).chain([41]))?,
    )?;
    let next = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    assert_eq!(next.end.seq.0, 42);
    let known = tail.fresh()?;
    let codes: Vec<EventCode> = known.iter().map(|known| known.code).collect();
    ensure!(
        codes.len() == 2
            && codes.contains(&EventCode::Booked)
            && codes.contains(&EventCode::NoLongerListed),
        "{codes:?}"
    );
    stage.strike()
}
