//! An agent whose hub was away for a month: how long it takes until the hub has what was kept.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::ToSpan as _;
use savin_hub::store::registry::{log, position};
use savin_shared::envelope::{SealedBatch, portable};
use savin_shared::ids::Seq;

use crate::clock::{monotonic, pause, wall};
use crate::home::{AgentHome, FeedHome, HubOptions, SourceHome};
use crate::program::{Program, Programs};
use crate::source::ExportFolder;
use crate::stage::{FACILITY, Stage};
use crate::standing::Standing;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(300);

const PROFILE: &str = r#"
name = "drain"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
export_date = "%Y%m%d"

[columns]
record_number = "Booking"
person_number = "Jacket"
name = "Name"
booked_at = "Booked"
location = "Cell"
"#;

/// What was drained.
#[derive(Debug, Clone, Copy)]
pub struct Drained {
    /// Deltas that waited.
    pub deltas: u64,
    /// How long they took, from the start of the hub, with the time until the agent dialled.
    pub took: Duration,
    /// How long they took from the greeting.
    pub sending: Duration,
}

/// Lets an agent take exports while its hub is away, everybody in another cell in each of them, and
/// measures until the hub has it all; fails if anything is lost, or comes twice.
///
/// # Errors
/// Returns what did not happen.
pub fn drain(
    folder: &Path,
    programs: &Programs,
    transport: &str,
    (exports, rows): (i32, usize),
) -> anyhow::Result<Drained> {
    let feed = FeedHome {
        name: "drain",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    };
    let mut stage = Stage::set(folder, programs, HubOptions::default(), &[feed])?;
    stage.watching.stop()?;
    stage
        .agent
        .reach_hub(&format!("transport = \"{transport}\""))?;
    stage.watching = stage.agent.start()?;
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let today = wall().to_zoned(jiff::tz::TimeZone::UTC).date();
    let put = |number: i32| -> anyhow::Result<_> {
        // The last of the exports is of yesterday, and the first of a month ago.
        let day = today.checked_sub((1 + (exports - number) * 29 / exports).days())?;
        let name = format!("LIST_{}.csv", day.strftime("%Y%m%d"));
        lists.put(&name, &list(rows, number)?)
    };
    let at = put(0)?;
    let first = Standing::settled(&stage.agent, "drain", at, PATIENCE)?;
    stage.serving.stop()?;
    for number in 1..=exports {
        put(number)?;
        let wanted = first.end.seq.0 + rows as u64 * u64::try_from(number)?;
        grown(&stage.agent, &stage.watching, wanted)?;
    }
    let kept = Standing::look(&stage.agent, "drain")?.context("no journal")?;
    let waiting = kept.end.seq.0 - kept.acked.0;
    ensure!(
        kept.hold.is_none() && kept.refusal.is_none(),
        "something is held: {kept:?}"
    );

    let began = monotonic();
    stage.serving = stage.hub.serve()?;
    stage.serving.wait_for(
        &format!("line.transport=\"{transport}\""),
        Duration::from_secs(90),
    )?;
    let greeted = began.elapsed();
    let took = acknowledged(&stage, began)?;
    the_hub_has_each_once(&stage, &kept)?;
    stage.strike()?;
    Ok(Drained {
        deltas: waiting,
        took,
        sending: took.saturating_sub(greeted),
    })
}

fn list(rows: usize, number: i32) -> anyhow::Result<String> {
    let mut text = "Booking,Jacket,Name,Booked,Cell\n".to_owned();
    for row in 0..rows {
        writeln!(
            text,
            "26-{row:06},J{row:05},\"SAMPLE{row}, AVERY\",2026-01-02 08:{:02}:00,C{number}-{}",
            row % 60,
            row % 80
        )?;
    }
    Ok(text)
}

fn grown(agent: &AgentHome, watching: &Program, wanted: u64) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let standing = Standing::look(agent, "drain")?.context("no journal")?;
        if standing.end.seq.0 >= wanted {
            return Ok(());
        }
        ensure!(
            monotonic() < deadline,
            "an export was not taken: {standing:?}\n{}",
            watching.log()
        );
        pause(Duration::from_millis(20));
    }
}

fn acknowledged(stage: &Stage, began: Instant) -> anyhow::Result<Duration> {
    loop {
        let standing = Standing::look(&stage.agent, "drain")?.context("no journal")?;
        if standing.acked == standing.end.seq {
            return Ok(began.elapsed());
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "not drained: {standing:?}\n{}",
            stage.watching.log()
        );
        pause(Duration::from_millis(50));
    }
}

/// Looks through the hub's log: every number once, in order, to the end of the agent's chain, and the
/// same list at both ends.
fn the_hub_has_each_once(stage: &Stage, kept: &Standing) -> anyhow::Result<()> {
    let (agent, end) = (kept.agent, kept.end);
    let (durable, logged) = stage.hub.registry()?.read_now("compare", move |tx| {
        Ok((
            position::load(tx, agent)?,
            log::batches(tx, agent, end.epoch, Seq::ZERO, 1_000_000)?,
        ))
    })?;
    let durable = durable.context("the hub has nothing")?;
    ensure!(
        durable.position == end && durable.digest.root() == kept.digest,
        "the hub stands at {:?}, the agent at {end:?}",
        durable.position
    );
    let mut last = Seq::ZERO;
    for bytes in &logged {
        let batch: SealedBatch = portable::decode(bytes)?;
        ensure!(
            batch.header.span.first == last.next(),
            "{:?} follows {last:?}",
            batch.header.span
        );
        last = batch.header.span.last;
    }
    ensure!(last == end.seq, "the log ends at {last:?}");
    Ok(())
}

/// Says how fast that was.
impl std::fmt::Display for Drained {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} deltas in {:.1} s, {:.1} s of it since the greeting",
            self.deltas,
            self.took.as_secs_f64(),
            self.sending.as_secs_f64()
        )
    }
}
