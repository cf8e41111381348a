//! One file that is the demo, the hub and the agent, so that `cargo demo` builds and links once.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1).and_then(|which| which.to_str()) {
        Some("agent") => {
            arguments.remove(0);
            savin_agent::cli::main(arguments)
        }
        Some("hub") => {
            arguments.remove(0);
            savin_hub::cli::main(arguments)
        }
        Some(_) | None => savin_tests::demo::main(arguments),
    }
}
