//! The `savin-agent` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    savin_agent::cli::main(std::env::args_os())
}
