//! How big the agent is, in memory and on the disk, and how much of the wire a delta takes.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_agent::journal::{Journal, spool};
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::ids::Seq;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::program::{Program, Programs};
use savin_tests::source::ExportFolder;
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::export::{PROFILE, list};
use crate::table::Table;

const ROWS: usize = 10_000;
const BATCH_DELTAS_MIN: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures.
pub(crate) fn measure(folder: &Path, programs: &Programs, table: &mut Table) -> anyhow::Result<()> {
    let feed = FeedHome {
        name: "bench",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    };
    let stage = Stage::set(folder, programs, HubOptions::default(), &[feed])?;
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let mut end = Seq::ZERO;
    for moved in [0, 200] {
        let at = lists.put(&format!("list{moved}.csv"), &list(ROWS, moved)?)?;
        end = Standing::settled(&stage.agent, "bench", at, PATIENCE)?
            .end
            .seq;
    }
    ensure!(end.0 == ROWS as u64 + 200, "{end:?}");
    let (now, most) = (
        memory(&stage.watching, "VmRSS")?,
        memory(&stage.watching, "VmHWM")?,
    );
    table.row(
        "agent's memory, 10,000 rows listed",
        &format!("{now:.1} MB, at most {most:.1} MB"),
        "20 MB",
        "",
    )?;
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
    wire(&stage, table)?;
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
