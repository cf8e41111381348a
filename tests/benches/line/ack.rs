//! From a change in the jail's database to the hub's durable word on the agent, with the real
//! programs.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_tests::clock::pause;
use savin_tests::demo::county::jails::{Azalea, Person, azalea_feeds};
use savin_tests::home::{FeedHome, HubOptions};
use savin_tests::program::{Program, Programs};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::machine::{Commits, Disk, Machine};
use crate::table::{Table, millis, share};

/// What the agent says when it begins to read, and when the hub has answered.
const BEGIN: &str = "Reading the source";
const END: &str = "Acknowledged";
const LEVEL: &str = "info,savin_agent=trace";

const ROUNDS: usize = 200;
const PEOPLE: usize = 48;
const PATIENCE: Duration = Duration::from_secs(30);

/// How long changes took.
#[derive(Debug, Default)]
struct Took {
    to_capture: Vec<Duration>,
    to_ack: Vec<Duration>,
    sync: Vec<Duration>,
    commits: Vec<Duration>,
}

/// Measures.
pub(crate) fn measure(
    folder: &Path,
    programs: &Programs,
    machine: &Machine,
    table: &mut Table,
) -> anyhow::Result<()> {
    let home = folder.join("agent");
    std::fs::create_dir(&home)?;
    let azalea = Azalea::make(&home)?;
    for number in 0..PEOPLE {
        let number = number.to_string();
        azalea.book(&Person::of([
            &number,
            &format!("J{number}"),
            "Sample",
            "Avery",
        ]))?;
    }
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let mut stage = Stage::set(folder, programs, HubOptions::default(), &[feed])?;
    Standing::settled(&stage.agent, "bookings", Timestamp::MIN, PATIENCE)?;
    stage.watching.stop()?;
    stage.watching = stage.agent.start_logging(LEVEL)?;
    stage.watching.wait_for("Connected to the hub", PATIENCE)?;

    let mut disk = Disk::open(folder)?;
    let mut commits = Commits::open(folder)?;
    let statuses = ["LEAVE", "IN"];
    for (rows, name) in [(1, "1 row"), (PEOPLE + 2, "50 rows")] {
        let mut took = Took::default();
        for round in 0..ROUNDS {
            let status = statuses.get(round % 2).copied().unwrap_or_default();
            let known = stage.watching.count(END);
            let changed = if rows == 1 {
                azalea.status("0", status)?
            } else {
                azalea.status_of_all(status)?
            };
            ensure!(
                stage.watching.has_said(END, known + 1, PATIENCE),
                "no answer"
            );
            let (began, ended) = times(&stage.watching)?;
            took.to_capture.push(between(changed, began));
            took.to_ack.push(between(began, ended));
            took.sync.push(disk.sync()?);
            took.commits.push(commits.commit(rows)?);
            // So that changes fall anywhere between two looks.
            pause(Duration::from_millis(7 * (round as u64 % 29)));
        }
        report(name, &took, machine, table)?;
    }
    stage.strike()
}

fn report(name: &str, took: &Took, machine: &Machine, table: &mut Table) -> anyhow::Result<()> {
    let (p50, p99) = (share(&took.to_ack, 500), share(&took.to_ack, 990));
    let (sync, commits) = (share(&took.sync, 500), share(&took.commits, 500));
    let ratio = p50.as_secs_f64() / (sync + machine.trip).as_secs_f64();
    table.row(
        &format!("start of capture to durable answer, {name}"),
        &format!("p50 {}, p99 {}", millis(p50), millis(p99)),
        "2.5 x (fdatasync + round trip)",
        &format!(
            "{ratio:.1} x, in turn with fdatasync p50 {} and two bare SQLite commits p50 {}",
            millis(sync),
            millis(commits)
        ),
    )?;
    let (p50, p99) = (share(&took.to_capture, 500), share(&took.to_capture, 990));
    table.row(
        &format!("change to start of capture, {name}"),
        &format!("p50 {}, p99 {}", millis(p50), millis(p99)),
        "",
        "polled every 200 ms",
    )
}

/// Returns when the agent last began to read before it was last answered, and when that was.
fn times(agent: &Program) -> anyhow::Result<(Timestamp, Timestamp)> {
    let log = agent.log();
    let lines: Vec<&str> = log.lines().collect();
    let last = |lines: &[&str], text: &str| lines.iter().rposition(|line| line.contains(text));
    let end = last(&lines, END).context("no answer")?;
    let before = lines.get(..end).unwrap_or_default();
    let begin = last(before, BEGIN).context("no beginning")?;
    let time = |place: usize| -> anyhow::Result<Timestamp> {
        let line = lines.get(place).context("no line")?;
        let word = line.split_whitespace().next().context("an empty line")?;
        word.parse().with_context(|| format!("no time in {line:?}"))
    };
    Ok((time(begin)?, time(end)?))
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}
