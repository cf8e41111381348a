//! The command line: what a county's IT person types. Each command is a file of its own.

mod capture;
mod check;
mod doctor;
mod emergency;
mod enroll;
mod holds;
mod init;
mod mask;
mod mode;
mod output;
mod preview;
mod reading;
mod receipts;
mod replay;
mod run;
mod service;
mod status;
mod support_bundle;
mod trial;
mod wire_log;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

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
    /// Write a profile and an agent.toml for a sample export, and show why.
    Init(init::Init),
    /// Check the configuration, the profiles with their examples, and the sources.
    Check(check::Check),
    /// Run the example rows of a profile.
    Test(check::Test),
    /// Enrol this agent with the token that MDOC gave the agency.
    Enroll(enroll::Enroll),
    /// Watch the sources and stream what changes, until stopped.
    Run,
    /// Show what would be sent of each source, without sending anything.
    Preview(preview::Preview),
    /// Explain what the agent would make of one file, without storing or sending anything.
    Capture(capture::Capture),
    /// Play a folder of exports in name order as if each were that day's, without a hub.
    Replay(replay::Replay),
    /// Show how the agent and its sources stand.
    Status(status::Show),
    /// Look for what keeps the agent from its work, and say what to do.
    Doctor,
    /// Show and check the hub's receipts, the proof of timely data under section 2.
    Receipts(receipts::Receipts),
    /// Show every record that was ever sent, masked, with the receipt that covers it.
    WireLog(wire_log::WireLog),
    /// Write what somebody who helps must see, without anything about anybody.
    SupportBundle(support_bundle::SupportBundle),
    /// Run the agent as a service of systemd.
    Service(service::Service),
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

/// Describes every command, for manual pages and completions.
#[must_use]
pub fn describe() -> clap::Command {
    Arguments::command()
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
        Command::Init(init) => init.run(output),
        Command::Check(check) => check.run(config, output),
        Command::Test(test) => test.run(config, output),
        Command::Enroll(enroll) => enroll.run(config, output),
        Command::Run => run::run(config, &arguments.log),
        Command::Preview(preview) => preview.run(config, output),
        Command::Capture(capture) => capture.run(config, output),
        Command::Replay(replay) => replay.run(output),
        Command::Status(show) => show.run(config, output),
        Command::Doctor => doctor::run(config, output),
        Command::Receipts(receipts) => receipts.run(config, output),
        Command::WireLog(log) => log.run(config, output),
        Command::SupportBundle(bundle) => bundle.run(config, output),
        Command::Service(service) => service.run(config, output),
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
