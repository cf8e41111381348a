//! The whole line with the real programs, on both engines: from a row to a letter.

mod canary;
#[cfg(unix)]
mod databases;
mod demo;
mod emergency;
mod evidence;
mod exports;
mod holding;
mod import;
mod mail;
mod mapping;
mod mirror;
mod older;
mod orders;
mod packaging;
mod refusals;
mod roster;
mod together;
mod transport;

use std::path::Path;

use savin_tests::program::Programs;

/// Returns the program that is agent and hub.
fn programs() -> Programs {
    Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned())
}
