//! The command line: what MDOC's operators type. Each command is a file of its own.

mod agency;
mod agents;
mod backup;
mod call;
mod canary;
mod cases;
mod certificate;
mod check;
mod clocks;
mod contacts;
mod correct;
mod court_order;
mod duty;
mod events;
mod evidence;
mod freshness;
mod import;
mod letters;
mod mail;
mod notices;
mod output;
mod persons;
mod recipients;
mod register;
mod replay;
mod report;
mod rules;
mod serve;
mod signing;
mod staff;
mod status;
mod tasks;
#[cfg(test)]
mod testing;
mod trunks;
mod voice;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::{Config, ConfigError};
use crate::store::StoreError;
use output::Output;

/// Ended because nothing is known of what is durable, or because a thread of the store is gone; a
/// supervisor starts the program again.
const EXIT_UNKNOWN: u8 = 75;

/// Ended because the configuration is not usable.
const EXIT_CONFIG: u8 = 78;

/// Keeps the statewide registry and tells registered victims what changes.
#[derive(Debug, Parser)]
#[command(name = "savin-hub", version, propagate_version = true)]
struct Arguments {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        default_value = "/etc/savin-hub/hub.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// The database server, before what the configuration says; without either, files beside it.
    #[arg(long, global = true, value_name = "URL")]
    store: Option<String>,
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
    /// Take in, tell, and serve the public site, until stopped.
    Serve,
    /// Say whether the configuration, and the tables that it names, can be used.
    Check,
    /// Add agencies and give out enrolment tokens.
    #[command(subcommand)]
    Agency(agency::AgencyCommand),
    /// Show the enrolled agents, and reinstate or revoke one.
    Agents(agents::Agents),
    /// Register somebody whose address staff has verified, as from the paper form.
    Register(register::Register),
    /// Show, order and remove where a registrant is told.
    #[command(subcommand)]
    Contacts(contacts::ContactsCommand),
    /// Attach court cases and protective orders to registrants.
    #[command(subcommand)]
    Cases(cases::CasesCommand),
    /// Show notices by pseudonym, the newest first.
    Notices(notices::Notices),
    /// Make letters, print them, and scan what was mailed or came back.
    #[command(subcommand)]
    Letters(letters::LettersCommand),
    /// Show what became known, the newest last.
    Events(events::Events),
    /// Keep the list of the offices that are told before a release, and show what they were told.
    #[command(subcommand)]
    Recipients(recipients::RecipientsCommand),
    /// Report what nobody may overlook: hearings, deadlines, notices, feeds and daily tests.
    Report(report::Report),
    /// Show the statutory deadlines that run, and those that were missed.
    Clocks(clocks::Clocks),
    /// Take in a file of a court, the Parole Board, the sex offender registry, or of protective orders.
    Import(import::Import),
    /// Show, propose, replay and activate changes of what is told, and by when.
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Make the key that signs messages, and say what the DNS is to say of it.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Show whether each telephone trunk carries calls, asked now.
    Trunks,
    /// Call a telephone in your own hand, to hear what a trunk does.
    Call(call::Call),
    /// Take back what was told: exactly those who were told hear that it is not so.
    Correct(correct::Correct),
    /// Keep a person or records from every page and notice, by a court's order.
    Seal(court_order::Seal),
    /// Destroy a person or records, by a court's order.
    Expunge(court_order::Expunge),
    /// Show again what an order sealed.
    Unseal(court_order::Unseal),
    /// Add, show and remove members of staff, who sign what they decide.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Show who is known and who may be the same, join persons and take them apart.
    #[command(subcommand)]
    Persons(persons::PersonsCommand),
    /// Show what waits for a person, and settle it.
    Tasks(tasks::Tasks),
    /// Copy both databases while the hub runs, check a copy, and put one back.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Show whether each agency's daily test comes out at the end of the line.
    Canary,
    /// Show who is on duty now, and when nobody is.
    Duty,
    /// Certify what an agency sent within a period, and how soon it was durable and told.
    Certificate(certificate::Certificate),
    /// Show, sign and check the logs of what was sent, decided and told.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCli),
    /// Make the registry anew from the log, and compare it with what it is.
    Replay(replay::Replay),
    /// Show how fresh what is known of each facility is.
    Freshness(freshness::Freshness),
    /// Render, list and hear what calls say.
    #[command(subcommand)]
    Voice(voice::VoiceCommand),
    /// Show how things stand.
    Status,
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
    if let Command::Evidence(command) = &arguments.command
        && let Some(outcome) = command.run_alone(output)
    {
        return outcome;
    }
    let config = Config::load(&arguments.config, arguments.store.as_deref())?;
    match &arguments.command {
        Command::Serve => serve::run(config, &arguments.log),
        Command::Check => check::run(&config, output),
        Command::Agency(command) => command.run(&config, output),
        Command::Agents(agents) => agents.run(&config, output),
        Command::Register(register) => register.run(&config, output),
        Command::Contacts(command) => command.run(&config, output),
        Command::Cases(command) => command.run(&config, output),
        Command::Notices(notices) => notices.run(&config, output),
        Command::Letters(command) => command.run(&config, output),
        Command::Events(events) => events.run(&config, output),
        Command::Recipients(command) => command.run(&config, output),
        Command::Report(report) => report.run(&config, output),
        Command::Clocks(clocks) => clocks.run(&config, output),
        Command::Import(import) => import.run(&config, output),
        Command::Mail(command) => command.run(&config, output),
        Command::Trunks => trunks::run(&config, output),
        Command::Call(call) => call.run(&config, output),
        Command::Rules(command) => command.run(&config, output),
        Command::Correct(correct) => correct.run(&config, output),
        Command::Seal(seal) => seal.run(&config, output),
        Command::Expunge(expunge) => expunge.run(&config, output),
        Command::Unseal(unseal) => unseal.run(&config, output),
        Command::Staff(command) => command.run(&config, output),
        Command::Persons(command) => command.run(&config, output),
        Command::Tasks(tasks) => tasks.run(&config, output),
        Command::Backup(command) => command.run(&config, output),
        Command::Canary => canary::run(&config, output),
        Command::Duty => duty::run(&config, output),
        Command::Certificate(certificate) => certificate.run(&config, output),
        Command::Evidence(command) => command.run(&config, output),
        Command::Replay(replay) => replay.run(&config, output),
        Command::Freshness(freshness) => freshness.run(&config, output),
        Command::Voice(command) => command.run(&config, output),
        Command::Status => status::run(&config, output),
    }
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        if let Some(StoreError::CommitUnknown(_) | StoreError::Closed) = cause.downcast_ref() {
            return ExitCode::from(EXIT_UNKNOWN);
        }
        if cause.downcast_ref::<ConfigError>().is_some() {
            return ExitCode::from(EXIT_CONFIG);
        }
    }
    ExitCode::FAILURE
}
