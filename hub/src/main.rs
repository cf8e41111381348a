//! The `savin-hub` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    savin_hub::cli::main(std::env::args_os())
}
