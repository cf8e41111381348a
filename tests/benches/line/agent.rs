//! How big the agent is, in memory and on the disk, and how much of the wire a delta takes.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_agent::journal::{Journal, spool};
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::ids::Seq;
use savin_tests::clock::{monotonic, pause, processor};
use savin_tests::demo::county::jails::{Azalea, Person, azalea_feeds};
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::program::{Program, Programs};
use savin_tests::source::ExportFolder;
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::export::{PROFILE, list};
use crate::table::Table;

const ROWS: usize = 10_000;
const ROWS_LARGE: usize = 100_000;
const ROWS_IDLE: usize = 2_000;
const IDLE: Duration = Duration::from_secs(20);
const BATCH_DELTAS_MIN: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures.
pub(crate) fn measure(folder: &Path, programs: &Programs, table: &mut Table) -> anyhow::Result<()> {
    listed(&folder.join("small"), programs, ROWS, "20 MB", table)?;
    listed(&folder.join("large"), programs, ROWS_LARGE, "60 MB", table)?;
    idle(&folder.join("idle"), programs, table)?;
    let files = [
        ("agent", programs.agent_file()),
        ("hub", programs.hub_file()),
    ];
    for (program, path) in files {
        let bytes = std::fs::metadata(path)
            .with_context(|| path.display().to_string())?
            .len();
        let size = format!("{:.1} MB", bytes as f64 / 1e6);
        table.row(&format!("savin-{program}, the file"), &size, "", "")?;
    }
    Ok(())
}

/// Lets the agent take a list and then, started anew, another in which one row of fifty differs.
fn listed(
    folder: &Path,
    programs: &Programs,
    rows: usize,
    to_reach: &str,
    table: &mut Table,
) -> anyhow::Result<()> {
    std::fs::create_dir(folder)?;
    let feed = FeedHome {
        name: "bench",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    };
    let mut stage = Stage::set(folder, programs, HubOptions::default(), &[feed])?;
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let mut figures = Vec::new();
    for moved in [0, rows / 50] {
        lists.put(&format!("list{moved:06}.csv"), &list(rows, moved)?)?;
        acknowledged(&stage, Seq((rows + moved) as u64))?;
        figures.push(memory(&stage.watching, "VmRSS")?);
        figures.push(memory(&stage.watching, "VmHWM")?);
        if moved == 0 {
            stage.watching.stop()?;
            stage.watching = stage.agent.start()?;
        }
    }
    let &[first, first_most, then, then_most] = figures.as_slice() else {
        anyhow::bail!("{figures:?}");
    };
    table.row(
        &format!("agent's memory after a list of {rows} rows, one in fifty of them changed"),
        &format!("{then:.1} MB, at most {then_most:.1} MB"),
        to_reach,
        &format!("after the first list ever, all new: {first:.1} MB, at most {first_most:.1} MB"),
    )?;
    if rows == ROWS {
        wire(&stage, table)?;
    }
    stage.strike()
}

/// Waits until the hub has everything up to a delta.
fn acknowledged(stage: &Stage, last: Seq) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let standing = Standing::look(&stage.agent, "bench")?;
        if standing.as_ref().is_some_and(|s| s.acked == last) {
            return Ok(());
        }
        ensure!(
            monotonic() < deadline,
            "{last:?} is not there: {standing:?}"
        );
        pause(Duration::from_millis(10));
    }
}

/// Lets the agent watch a booking database in which nothing happens.
fn idle(folder: &Path, programs: &Programs, table: &mut Table) -> anyhow::Result<()> {
    let home = folder.join("agent");
    std::fs::create_dir_all(&home)?;
    let azalea = Azalea::make(&home)?;
    for number in 0..ROWS_IDLE {
        let (number, jacket) = (format!("B{number}"), format!("J{number}"));
        azalea.book(&Person::of([&number, &jacket, "Sample", "Avery"]))?;
    }
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let stage = Stage::set(folder, programs, HubOptions::default(), &[feed])?;
    Standing::settled(&stage.agent, "bookings", Timestamp::MIN, PATIENCE)?;
    let before = processor(stage.watching.id())?.as_secs_f64();
    pause(IDLE);
    let used = processor(stage.watching.id())?.as_secs_f64() - before;
    table.row(
        &format!("agent's share of a core, {ROWS_IDLE} rows in a database at rest"),
        &format!("{:.2}%", 100.0 * used / IDLE.as_secs_f64()),
        "1%",
        "polled every 200 ms",
    )?;
    stage.strike()
}

fn wire(stage: &Stage, table: &mut Table) -> anyhow::Result<()> {
    let standing = Standing::look(&stage.agent, "bench")?.context("no journal")?;
    let mut journal = Journal::look(&stage.agent.journal())?;
    let epoch = standing.end.epoch;
    let batches = journal.read(|tx| spool::after(tx, epoch, Seq::ZERO, 10_000))?;
    let (mut bytes, mut deltas) = (0, 0);
    for batch in batches {
        let count = batch.header.deltas();
        if count >= BATCH_DELTAS_MIN {
            deltas += count;
            bytes += Frame::Batch(Box::new(batch)).encode(Codec::Bincode2)?.len();
        }
    }
    table.row(
        "a delta on the wire, in batches of 50 and more",
        &format!("{:.1} bytes", bytes as f64 / deltas as f64),
        "80 bytes",
        &format!("{deltas} deltas of 12 columns"),
    )
}

/// Returns a figure of a program's memory in MB.
fn memory(program: &Program, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id()))
        .context("this system does not tell a program's memory")?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
    let kibibytes: f64 = kibibytes.with_context(|| name.to_owned())?.parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}
