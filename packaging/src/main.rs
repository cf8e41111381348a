//! Builds the packages: `cargo run -p savin-packaging -- deb` and `-- rpm`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use savin_packaging::build::Arguments;

fn main() -> ExitCode {
    match Arguments::parse().run() {
        Ok(packages) => {
            for package in packages {
                // A closed terminal changes nothing about what was built.
                let _closed = writeln!(io::stdout().lock(), "{}", package.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            // There is nobody left to tell when standard error is closed.
            let _closed = writeln!(io::stderr().lock(), "savin-packaging: {error:#}");
            ExitCode::FAILURE
        }
    }
}
