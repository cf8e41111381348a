//! Measures how soon ten thousand are told of one event, by the real programs: the agent of a jail, the hub,
//! a mail server (`smtp-sink` of Postfix) and telephones (sipp) on the same machine, with three escapes in
//! the midst of it; how soon they hear that it was not so; how soon a telephone rings after a single release;
//! and how fast letters are made.
//!
//! ```text
//! cargo bench -p savin-tests --bench burst
//! cargo bench -p savin-tests --bench burst -- --emails 2000 --calls 50 --postgres
//! ```
//!
//! Wants root, as sipp does; `--postgres` wants the tests' server (`SAVIN_TEST_POSTGRES`).

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use savin_hub::notification::bounds::Kept;
use savin_hub::notification::channel::Channel;
use savin_tests::burst::{Burst, Seen, Size, Told, releases};
use savin_tests::clock::{children, monotonic, processor};
use savin_tests::engine::Engine;
use savin_tests::program::Programs;

/// What is measured.
#[derive(Debug, Parser)]
#[command(about = "Measures how soon ten thousand are told of one event")]
struct Options {
    /// Registrants who are told by e-mail.
    #[arg(long, default_value_t = 10_000)]
    emails: usize,
    /// Registrants who are called.
    #[arg(long, default_value_t = 200)]
    calls: usize,
    /// Registrants who get a letter: planned, and made by the batch command afterwards.
    #[arg(long, default_value_t = 2_000)]
    letters: usize,
    /// Releases one after the other before all that, each of which one registrant is called; 0 leaves
    /// that out.
    #[arg(long, default_value_t = 100)]
    releases: usize,
    /// Lines of the trunk, of which some are kept for escapes.
    #[arg(long, default_value_t = 20)]
    lines: u32,
    /// Calls that the trunk lets begin in a second.
    #[arg(long, default_value_t = 4)]
    calls_per_second: u32,
    /// Messages that the mail server is handed at once; the usual number without one.
    #[arg(long)]
    mails_at_once: Option<u32>,
    /// Seconds that the mail server takes for a message.
    #[arg(long, default_value_t = 0)]
    mail_delay: u32,
    /// On the tests' PostgreSQL server, instead of SQLite files.
    #[arg(long)]
    postgres: bool,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How long the programs may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(900);

/// The first of the ports for sipp and the hub.
const PORT: u16 = 23_300;

/// The first port of their sound.
const SOUND_PORT: u16 = 40_000;

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to hear that standard error is closed.
            let _closed = writeln!(std::io::stderr(), "{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let engine = if options.postgres {
        Engine::server()?
    } else {
        Engine::Files
    };
    line(&format!("| {} | measured | to reach |", engine.name()))?;
    line("|---|---|---|")?;
    if options.releases > 0 {
        let home = folder.path().join("releases");
        one_by_one(&home, &programs, &engine, options.releases)?;
    }
    let home = folder.path().join("burst");
    let folder = home.as_path();
    std::fs::create_dir_all(folder)?;
    let engine = if options.postgres {
        Engine::server()?
    } else {
        Engine::Files
    };
    let size = Size {
        emails: options.emails,
        calls: options.calls,
        letters: options.letters,
        escape_emails: 5,
        mails_at_once: options.mails_at_once,
        mail_delay_s: options.mail_delay,
        lines: options.lines,
        calls_per_second: options.calls_per_second,
        port: PORT,
        sound_port: SOUND_PORT,
        patience: PATIENCE,
    };
    let burst = Burst::set(folder, &programs, &engine, size)?;
    let busy = processor(burst.process())?;
    let seen = burst.run()?;
    let busy = processor(burst.process())?.saturating_sub(busy);
    let mailed = burst.mailed();
    let once = mailed.values().filter(|many| **many == 1).count();
    ensure!(
        once == mailed.len() && once == size.emails + 15,
        "{once} of {} were written to once",
        mailed.len()
    );
    report(&size, &seen, busy)?;
    let key = folder.join("desk.key");
    let key = key.to_str().context("a plain path")?;
    let add = ["staff", "add", "desk", "--role", "admin", "--output", key];
    burst.hub.cli(&add)?;
    if size.letters > 0 {
        letters(&burst, key)?;
    }
    taken_back(&burst, key)?;
    burst.strike()
}

/// Has so many let go one after the other.
fn one_by_one(
    home: &Path,
    programs: &Programs,
    engine: &Engine,
    many: usize,
) -> anyhow::Result<()> {
    let waited = releases(home, programs, engine, (many, PORT + 20))?;
    let at = |hundredths: usize| {
        let place = waited.len().saturating_sub(1) * hundredths / 100;
        waited.get(place).copied().unwrap_or_default().as_secs_f64()
    };
    row(
        &format!(
            "a file with a release to the first INVITE, {} of them",
            waited.len()
        ),
        &format!(
            "p50 {:.2} s, p99 {:.2} s, worst {:.2} s",
            at(50),
            at(99),
            at(100)
        ),
        "p99 5 s",
    )
}

/// Takes back what everybody was told.
fn taken_back(burst: &Burst, key: &str) -> anyhow::Result<()> {
    let seen = burst.take_back(key)?;
    row(
        &format!(
            "taken back: the last of {} e-mails begun, and taken, after the decision",
            seen.mailed
        ),
        &format!(
            "{:.1} s, {:.1} s",
            seen.last.0.as_secs_f64(),
            seen.last.1.as_secs_f64()
        ),
        "begun within 60 s",
    )?;
    row(
        "row of an escape right after the decision to the mail server, worst",
        &format!("{:.2} s", seen.escape.as_secs_f64()),
        "5 s",
    )
}

/// Makes the letters by the command that staff has.
fn letters(burst: &Burst, key: &str) -> anyhow::Result<()> {
    let hub = &burst.hub;
    let (busy, begun) = (children()?, monotonic());
    let said = hub.cli(&["letters", "batch", "--as", key, "--json"])?;
    let (busy, lasted) = (children()?.saturating_sub(busy), begun.elapsed());
    let mut made = 0;
    for batch in said.lines() {
        let batch: serde_json::Value = serde_json::from_str(batch)?;
        let letters = batch.get("letters").and_then(serde_json::Value::as_u64);
        made += letters.context("a number")?;
    }
    row(
        &format!("{made} letters by the batch command, claimed, drawn, hashed, durable and noted"),
        &format!(
            "{:.0} a second of a core, {:.0} a second",
            made as f64 / busy.as_secs_f64(),
            made as f64 / lasted.as_secs_f64()
        ),
        "200 a core",
    )
}

fn report(size: &Size, seen: &Seen, busy: Duration) -> anyhow::Result<()> {
    row(
        "all of one event planned, after its row changed",
        &format!(
            "{:.2} s, {} notices",
            seen.planned_after.as_secs_f64(),
            size.emails + size.calls + size.letters
        ),
        "60 s",
    )?;
    let mails: Vec<&Told> = seen.of(false, Channel::Email).collect();
    let began = waits(&mails, Told::waited);
    let over = waits(&mails, Told::over_after);
    let last = |all: &[Duration]| all.last().copied().unwrap_or_default().as_secs_f64();
    row(
        &format!("the last of {} e-mails begun, and taken", mails.len()),
        &format!("{:.1} s, {:.1} s", last(&began), last(&over)),
        "60 s",
    )?;
    let calls: Vec<&Told> = seen.of(false, Channel::Telephone).collect();
    let ordinary = size.lines - Kept::Usual.of(size.lines);
    let confirmed = calls
        .iter()
        .filter(|call| call.state == "confirmed")
        .count();
    row(
        &format!("calls confirmed by their PIN, over {ordinary} lines"),
        &format!("{confirmed} of {}", calls.len()),
        "all",
    )?;
    row(
        "lines busy while calls waited",
        &format!(
            "{:.1} of {ordinary}",
            busy_lines(&calls).context("no calls")?
        ),
        "all",
    )?;
    for (channel, what) in [
        (Channel::Email, "row of an escape to the mail server, worst"),
        (Channel::Telephone, "row of an escape to its INVITE, worst"),
    ] {
        let escapes: Vec<&Told> = seen.of(true, channel).collect();
        let waited = waits(&escapes, Told::waited);
        ensure!(
            waited.len() == escapes.len(),
            "an escape was not told: {escapes:?}"
        );
        let behind = escapes.iter().map(|one| seen.waited_behind(one)).min();
        let measured = format!(
            "{:.2} s, past {} that waited",
            last(&waited),
            behind.unwrap_or(0)
        );
        row(what, &measured, "5 s")?;
    }
    row(
        "the hub's processor time",
        &format!("{:.1} s", busy.as_secs_f64()),
        "",
    )
}

/// Returns how long each took, ascending; those are left out of whom it is not known.
fn waits(told: &[&Told], of: impl Fn(&Told) -> Option<Duration>) -> Vec<Duration> {
    let mut waits: Vec<_> = told.iter().filter_map(|one| of(one)).collect();
    waits.sort_unstable();
    waits
}

/// Returns how many calls were under way on average until the last one was claimed.
fn busy_lines(calls: &[&Told]) -> Option<f64> {
    let began = |call: &&Told| call.began.map(|(_, at)| at);
    let (first, last) = (
        calls.iter().filter_map(began).min()?,
        calls.iter().filter_map(began).max()?,
    );
    let window = last.duration_since(first).as_secs_f64();
    let busy: f64 = calls
        .iter()
        .filter_map(|call| Some((began(call)?, call.over_at?)))
        .map(|(from, to)| to.min(last).duration_since(from).as_secs_f64())
        .sum();
    Some(busy / window)
}

fn row(what: &str, measured: &str, to_reach: &str) -> anyhow::Result<()> {
    line(&format!("| {what} | {measured} | {to_reach} |"))
}

fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
