//! Measures a hub of a whole state: registrations and people in custody by the hundred thousand, built
//! through the hub's own intake, planner and vault from generated people with a frozen seed.
//!
//! ```text
//! cargo bench -p savin-tests --bench scale
//! cargo bench -p savin-tests --bench scale -- --held 30000 --registrations 3000,10000 --deltas 3000 --json
//! cargo bench -p savin-tests --bench scale -- --postgres postgres://savin@127.0.0.1/savin
//! ```
//!
//! Files are filled where `--fill-in` says, in memory by default, and copied to a disk before they are
//! measured: a registration of its own is a commit of its own, and a million of these on a disk take an
//! hour that shows nothing. A server is filled as it stands.

mod county;
mod hub;
mod looking;
mod measuring;
mod replaying;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;

use county::County;
use hub::{Hub, Place};
use report::{Figure, Report};

/// What is measured.
#[derive(Debug, Parser)]
#[command(about = "Measures a hub of a whole state")]
struct Options {
    /// People in custody.
    #[arg(long, default_value_t = 300_000)]
    held: usize,
    /// Registrations at which everything is measured, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    registrations: Vec<usize>,
    /// Changes that are applied and matched at each of them, each about somebody of whom one registrant
    /// is told.
    #[arg(long, default_value_t = 10_000)]
    deltas: usize,
    /// Look-ups of each kind.
    #[arg(long, default_value_t = 5_000)]
    look_ups: usize,
    /// Events that the log is grown to before it is taken again; 0 leaves that out.
    #[arg(long, default_value_t = 1_000_000)]
    replay: u64,
    /// A PostgreSQL server with an empty database, instead of SQLite files.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Where files are filled.
    #[arg(long, default_value = "/dev/shm")]
    fill_in: PathBuf,
    /// Write objects instead of a table.
    #[arg(long)]
    json: bool,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The seed of everything.
const SEED: u64 = 2026;

fn main() -> ExitCode {
    let options = Options::parse();
    let mut report = Report::new(options.json);
    match measure(&options, &mut report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report.complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let slices = options.deltas * options.registrations.len();
    ensure!(
        slices <= options.held,
        "{} people are changed, and {} are held",
        slices,
        options.held
    );
    ensure!(
        options.registrations.first() >= Some(&options.deltas),
        "everybody who is changed has a registrant: at least {} registrations",
        options.deltas
    );
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let memory = tempfile::tempdir_in(&options.fill_in)
        .with_context(|| format!("failed to make a folder in {}", options.fill_in.display()))?;
    let filled = match &options.postgres {
        Some(url) => Place::Server {
            url: url.clone(),
            keys: disk.path().to_owned(),
        },
        None => Place::Folder(memory.path().to_owned()),
    };
    report.begin(&filled)?;
    let mut county = County::make(options.held, SEED)?;
    fill(&filled, &mut county, report)?;
    let mut registered = 0;
    let mut costs = Vec::new();
    for (number, registrations) in options.registrations.iter().enumerate() {
        let hub = Hub::open(&filled)?;
        let slices = (options.deltas, options.registrations.len());
        hub.register(&county, registered..*registrations, slices, report)?;
        registered = *registrations;
        hub.close()?;
        let measured = measured_place(&filled, disk.path(), number)?;
        let slice = number * options.deltas..(number + 1) * options.deltas;
        let told = hub::told(&county, &slice, (registered, slices.0 * slices.1));
        let told = u64::try_from(told)?;
        let changes = (slice, registered, told);
        let cost = measuring::changes(&measured, &mut county, changes, report)?;
        costs.push(cost);
        report.ratio(registered, cost, costs.first().copied().unwrap_or(cost))?;
        if number + 1 == options.registrations.len() {
            looking::look_ups(&measured, &county, options.look_ups, report)?;
            looking::evidence(&measured, report)?;
            replaying::replay(
                &measured,
                &mut county,
                (disk.path(), options.replay),
                report,
            )?;
        }
        county.forget_changes(&measured, &filled);
    }
    Ok(())
}

/// Lists everybody who is held, as each jail's first roster.
fn fill(place: &Place, county: &mut County, report: &mut Report) -> anyhow::Result<()> {
    let hub = Hub::open(place)?;
    county.enrol(&hub)?;
    let held = county.held();
    measuring::bookings(&hub, county, 0..held, report)?;
    hub.plan_all()?;
    county.learn_persons(&hub)?;
    let doubted = county.doubted();
    report.figure(&Figure {
        what: format!("of {held} people of whom it is in doubt who they are"),
        value: doubted as f64,
        unit: "people",
        goal: "",
        beside: format!("{:.6} of them", doubted as f64 / held as f64),
    })?;
    report.figure(&Figure {
        what: format!("of {held} people that lie with somebody else"),
        value: county.strayed() as f64,
        unit: "people",
        goal: "0",
        beside: "somebody else's registrants would be told of them".to_owned(),
    })?;
    hub.close()
}

/// Returns where to measure: a copy of the files on a disk, or the server itself.
fn measured_place(filled: &Place, disk: &Path, number: usize) -> anyhow::Result<Place> {
    let Place::Folder(folder) = filled else {
        return Ok(filled.clone());
    };
    let to = disk.join(number.to_string());
    std::fs::create_dir(&to)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))
            .context("failed to copy a file to the disk")?;
    }
    Ok(Place::Folder(to))
}
