//! `cargo demo`: the whole line, from a jail's row to a letter, in an invented county.

pub mod county;
mod life;
mod play;
mod story;
mod table;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

use county::County;
use play::Play;
use story::Story;

/// Shows the whole line in an invented county: booking database and export folder, three agents,
/// hub, public site, mailbox.
#[derive(Debug, Parser)]
#[command(name = "cargo demo --", version)]
struct Arguments {
    /// Play one scenario to its end, print how long each step took, and end.
    #[arg(long)]
    once: bool,
    /// Print JSON instead of a table.
    #[arg(long, requires = "once")]
    json: bool,
    /// Keep everything in this folder, which must be new or empty, and leave it there.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Keep the hub's data on this database server, `postgres://…`, instead of in files.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Play the exports in this folder, in the order of their names, instead.
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "mapping",
        conflicts_with = "once"
    )]
    play: Option<PathBuf>,
    /// The profile that says what their columns mean.
    #[arg(long, value_name = "FILE", requires = "play")]
    mapping: Option<PathBuf>,
    /// Plant so many explicit releases in a second source, of people in the last export.
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    plant: usize,
}

/// Runs the demo and returns how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed terminal is no reason to fail differently.
            let _closed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed terminal is no reason to fail differently.
            let _closed = writeln!(io::stderr().lock(), "demo: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("failed to make a folder")?;
    let folder = match &arguments.keep {
        Some(folder) => {
            std::fs::create_dir_all(folder).context("failed to make the folder")?;
            folder.canonicalize().context("failed to find the folder")?
        }
        None => temporary.path().to_owned(),
    };
    let programs = county::programs()?;
    if let (Some(exports), Some(mapping)) = (&arguments.play, &arguments.mapping) {
        let play = Play {
            exports,
            mapping,
            plant: arguments.plant,
            store: arguments.store.as_deref(),
        };
        return play::run(&folder, &programs, &play);
    }
    if !arguments.json {
        line(
            "An invented county life: no real person, place or number. Starting a hub and three agents …",
        )?;
    }
    let store = arguments.store.as_deref();
    if arguments.once {
        let mut county = County::start(&folder, &programs, store, false)?;
        once(&mut county, arguments.json)?;
        return county.stop();
    }
    let stop = life::signals()?;
    let mut county = County::start(&folder, &programs, store, true)?;
    life::live(&mut county, &stop)?;
    county.stop()
}

fn once(county: &mut County, json: bool) -> anyhow::Result<()> {
    let story = Story::begin(county, |text| if json { Ok(()) } else { line(text) })?;
    let (passages, page) = story.play()?;
    if json {
        return table::objects(&passages);
    }
    table::print(&passages)?;
    line(&format!(
        "The public page of {} says: {page}",
        story::WISHES[0].0
    ))
}

/// Prints a line.
fn line(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").context("failed to print")?;
    out.flush().context("failed to print")
}
