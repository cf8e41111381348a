//! The command line: what a county's IT person types. Each command is a file of its own.

mod emergency;
mod enroll;
mod holds;
mod mode;
mod output;
mod preview;
mod receipts;
mod replay;
mod run;
mod status;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;
use crate::journal::JournalError;
use output::Output;

/// Ended because nothing is known of what is durable; a supervisor starts the program again.
const EXIT_UNKNOWN: u8 = 75;

/// Ended because the configuration is not usable.
const EXIT_CONFIG: u8 = 78;

/// Streams a jail's custody changes to MDOC's victim notification hub.
///
/// It reads the booking database or the export folder that its configuration names, and never
/// writes to either. Nothing that the profile does not name ever leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "savin-agent", version, propagate_version = true)]
struct Arguments {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        default_value = "/etc/savin-agent/agent.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// What to log: error, warn, info, debug, or module=level.
    #[arg(long, global = true, default_value = "info", value_name = "LEVEL")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this agent with the token that MDOC gave the agency.
    Enroll(enroll::Enroll),
    /// Watch the sources and stream what changes, until stopped.
    Run,
    /// Show what would be sent of each source, without sending anything.
    Preview(preview::Preview),
    /// Play a folder of exports in name order as if each were that day's, without a hub.
    Replay(replay::Replay),
    /// Show how the agent and its sources stand.
    Status,
    /// Show and check the hub's receipts, the proof of timely data under section 2.
    Receipts(receipts::Receipts),
    /// Show the changes that the guard holds until a person has looked.
    Holds,
    /// Let the held changes of a feed pass, in your name.
    ReleaseHold(holds::ReleaseHold),
    /// Forget the held changes of a feed of transactions, in your name.
    DropHold(holds::DropHold),
    /// Say an escape, a release or a recapture when the booking system is down or slow.
    Emergency(emergency::Emergency),
    /// Say that the jail is being evacuated, or that its system is being worked on.
    Mode(mode::Mode),
}

/// Runs the program and returns how it ended: 0 well, 1 failed, 2 wrongly called, 75 start again,
/// 78 wrongly configured.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed terminal is no reason to fail differently.
            let _closed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let output = Output::new(arguments.json);
    match dispatch(&arguments, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.complain(&error);
            exit_code(&error)
        }
    }
}

fn dispatch(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let config = &arguments.config;
    match &arguments.command {
        Command::Enroll(enroll) => enroll.run(config, output),
        Command::Run => run::run(config, &arguments.log),
        Command::Preview(preview) => preview.run(config, output),
        Command::Replay(replay) => replay.run(output),
        Command::Status => status::run(config, output),
        Command::Receipts(receipts) => receipts.run(config, output),
        Command::Holds => holds::list(config, output),
        Command::ReleaseHold(release) => release.run(config, output),
        Command::DropHold(drop) => drop.run(config, output),
        Command::Emergency(emergency) => emergency.run(config, output),
        Command::Mode(mode) => mode.run(config, output),
    }
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        if matches!(cause.downcast_ref(), Some(JournalError::CommitUnknown(_))) {
            return ExitCode::from(EXIT_UNKNOWN);
        }
        if cause.downcast_ref::<ConfigError>().is_some() {
            return ExitCode::from(EXIT_CONFIG);
        }
    }
    ExitCode::FAILURE
}
