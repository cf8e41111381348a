//! Measures the line on this machine and prints one table, each figure beside what the machine itself
//! can do in the same run.
//!
//! ```text
//! cargo bench --package savin-tests
//! cargo bench --package savin-tests --bench line -- ack    # one of ack, export, agent, drain and hub
//! ```

mod ack;
mod agent;
mod drain;
mod export;
mod hub;
mod machine;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use savin_tests::program::Programs;

use machine::Machine;
use table::Table;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let programs = programs()?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let folder = folder.path();
    let machine = Machine::measure(folder)?;
    let mut table = Table::begin(&machine)?;
    let wanted = wanted();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if is_wanted("ack") {
        ack::measure(&sub(folder, "ack")?, &programs, &machine, &mut table)?;
    }
    if is_wanted("export") {
        export::measure(&machine, &mut table)?;
    }
    if is_wanted("agent") {
        agent::measure(&sub(folder, "agent")?, &programs, &mut table)?;
    }
    if is_wanted("drain") {
        drain::measure(&sub(folder, "drain")?, &programs, &mut table)?;
    }
    if is_wanted("hub") {
        hub::measure(&sub(folder, "hub")?, &programs, &machine, &mut table)?;
    }
    table.end()
}

/// Returns which measurements were asked for; `cargo bench` adds an option of its own.
fn wanted() -> Vec<String> {
    std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect()
}

fn sub(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).context("failed to make a folder")?;
    Ok(folder)
}

/// Builds the two programs as they are installed, beside the program of the demo.
fn programs() -> anyhow::Result<Programs> {
    let demo = Path::new(env!("CARGO_BIN_EXE_savin-demo"));
    for (profile, package) in [("agent", "savin-agent"), ("release", "savin-hub")] {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--profile", profile])
            .args(["--package", package])
            .status()
            .context("failed to build the programs")?;
        ensure!(built.success(), "{package} does not build");
    }
    let target = demo
        .ancestors()
        .nth(2)
        .context("the demo lies in a folder")?;
    Ok(Programs::Apart {
        agent: target.join("agent").join("savin-agent"),
        hub: target.join("release").join("savin-hub"),
    })
}
