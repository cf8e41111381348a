//! Letters, held against what reads them: poppler for the windows and the tags, qpdf for the file, zbar
//! for the reader's code, zint and reportlab for the post's barcode, a checker of PDF/UA, another reading
//! of Publication 28, and CUPS for the way to the printer.
//!
//! Pages are left in `target/tmp/letters`, to be looked at.

mod address;
mod barcode;
mod page;
mod paper;
mod post;
mod print;
mod sample;
mod tags;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// Where pages are left.
fn folder() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("letters");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs a program to its end and returns what it printed.
fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let program = program.as_ref();
    let name = program.to_string_lossy();
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{name} is needed; tests/run installs it"))?;
    anyhow::ensure!(
        output.status.success(),
        "{name} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(output.stdout)
}

/// Runs a script of the Python that `tests/run` prepares.
fn python(script: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let python = std::env::var_os("SAVIN_TEST_PYTHON")
        .context("SAVIN_TEST_PYTHON is unset; start these tests with tests/run")?;
    let arguments = ["-c", script].into_iter().chain(arguments.iter().copied());
    Ok(String::from_utf8(run(
        python,
        &arguments.collect::<Vec<_>>(),
    )?)?)
}
