//! `emergency`: an escape, a release or a recapture said at the jail itself, when the booking system is
//! down or slow.

use std::io::BufRead as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::FeedName;
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::record::subject::PersonName;
use serde_json::json;

use super::holds::open;
use super::mode::time;
use super::output::Output;
use crate::app;
use crate::capture::emergency::{Listed, Statement, listed, say, state_after, withdraw};
use crate::config::Config;
use crate::journal::Journal;
use crate::journal::emergency::{self, Said, Word};
use crate::mapping::names::{NameLayout, split};
use crate::mapping::profile::Mode;

/// How far ahead of the clock a time may be: clocks on walls differ.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Say what the booking system cannot say yet; victims are told at once.
#[derive(Debug, Args)]
pub(super) struct Emergency {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Somebody has escaped, or is missing and may have.
    Escape(EscapeEntry),
    /// Somebody was let go.
    Release(ReleaseEntry),
    /// Whoever had escaped is back.
    Recapture(Entry),
    /// What was said here was not so: whoever was told is told that.
    Withdraw(Entry),
    /// Show what was said here, and whether the booking system says it by now.
    List,
}

/// About whom, and who says it.
#[derive(Debug, Args)]
struct Entry {
    /// The booking's number, as the booking system lists it.
    #[arg(long, value_name = "NUMBER", required_unless_present = "name", conflicts_with_all = ["name", "born"])]
    record: Option<String>,
    /// The name, as "LAST, FIRST", where the number is not at hand.
    #[arg(long, value_name = "NAME", requires = "born")]
    name: Option<String>,
    /// The birth date, as YYYY-MM-DD.
    #[arg(long, value_name = "DATE", requires = "name")]
    born: Option<Date>,
    /// Who says it: kept with it.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
    /// When it happened: a time such as "2026-09-01 18:00" at the jail; now without one.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Only say what would be sent.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before it is sent.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct EscapeEntry {
    #[command(flatten)]
    entry: Entry,
    /// It is not certain: victims are told that the person is missing and may have escaped.
    #[arg(long)]
    suspected: bool,
}

#[derive(Debug, Args)]
struct ReleaseEntry {
    #[command(flatten)]
    entry: Entry,
    /// Why, in the words of `[values.release_reason]`, such as Bond or Mistaken.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Option<ReleaseReason>,
}

fn reason(word: &str) -> Result<ReleaseReason, String> {
    let words = || ReleaseReason::ALL.iter().map(|reason| reason.as_str());
    ReleaseReason::parse(word)
        .ok_or_else(|| format!("one of {}", words().collect::<Vec<_>>().join(", ")))
}

impl Emergency {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let unknown = ReleaseReason::Unknown;
        match &self.what {
            What::Escape(escape) => {
                let word = match escape.suspected {
                    true => Word::Suspicion,
                    false => Word::Escape,
                };
                escape.entry.say(&config, (word, unknown), output)
            }
            What::Recapture(entry) => entry.say(&config, (Word::Recapture, unknown), output),
            What::Release(release) => {
                let reason = release.reason.unwrap_or(unknown);
                release.entry.say(&config, (Word::Release, reason), output)
            }
            What::Withdraw(entry) => entry.withdraw(&config, output),
            What::List => list(&config, output),
        }
    }
}

impl Entry {
    fn say(
        &self,
        config: &Config,
        (word, reason): (Word, ReleaseReason),
        output: &Output,
    ) -> anyhow::Result<()> {
        let mut journal = open(config)?;
        let about = self.find(config, &mut journal)?;
        let at = self.at(config, &about)?;
        let state = state_after(&mut journal, &about, word, reason)?;
        let what = format!(
            "{} of booking {} at {}, {at:.0}, said by {}",
            state,
            about.record.number(),
            about.record.facility,
            self.by
        );
        if !self.is_wanted(&what, output)? {
            return Ok(());
        }
        let signer = config.state.signer(config.state.identity()?.agent()?)?;
        say(
            &mut journal,
            &signer,
            &about,
            (word, reason),
            self.statement(at),
        )?;
        self.done(&about, (word.as_str(), state), output)?;
        if output.is_json() {
            return Ok(());
        }
        output.line(
            "It is signed and kept; the running agent sends it within a second, or as soon as the hub \
             can be reached. Enter it in the booking system too: nobody hears it twice. If it was \
             wrong: `savin-agent emergency withdraw`.",
        )
    }

    fn withdraw(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let mut journal = open(config)?;
        let about = self.find(config, &mut journal)?;
        let at = self.at(config, &about)?;
        let key = about.record.key();
        let said = journal.read(|tx| emergency::of(tx, &key))?;
        let said = said.filter(|said| said.outcome.is_none()).with_context(|| {
            format!(
                "nothing said here of booking {} stands: if the booking system says it, correct it \
                 there",
                about.record.number()
            )
        })?;
        let number = about.record.number();
        let what = format!(
            "{} of booking {number} is taken back by {}",
            said.word.as_str(),
            self.by
        );
        if !self.is_wanted(&what, output)? {
            return Ok(());
        }
        let signer = config.state.signer(config.state.identity()?.agent()?)?;
        let (_, state) = withdraw(&mut journal, &signer, &about, self.statement(at))?;
        self.done(&about, ("withdraw", state), output)?;
        if output.is_json() {
            return Ok(());
        }
        output.line("Whoever was told is told that it was not so.")
    }

    /// Says what would be sent, and asks.
    fn is_wanted(&self, what: &str, output: &Output) -> anyhow::Result<bool> {
        if self.dry_run {
            if output.is_json() {
                output.object(&json!({ "would_send": what }))?;
            } else {
                output.line(&format!("Would be sent: {what}."))?;
            }
            return Ok(false);
        }
        if self.yes {
            return Ok(true);
        }
        output.line(&format!(
            "This tells victims at once: {what}.\nType yes to send it:"
        ))?;
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .context("failed to read the answer")?;
        if answer.trim().eq_ignore_ascii_case("yes") {
            return Ok(true);
        }
        bail!("nothing was sent: answer yes, or give --yes");
    }

    fn done(
        &self,
        about: &Listed,
        (word, state): (&str, CustodyState),
        output: &Output,
    ) -> anyhow::Result<()> {
        let number = about.record.number();
        if output.is_json() {
            return output.object(&json!({
                "record": number.as_str(), "facility": about.record.facility, "said": word,
                "state": state.to_string(), "by": self.by,
            }));
        }
        output.line(&format!(
            "Said of booking {number}: {word}; its state is {state}."
        ))
    }

    fn statement(&self, at: Timestamp) -> Statement<'_> {
        let world = app::world();
        Statement {
            by: &self.by,
            at,
            now: (world.wall)(),
            secret: (world.random)(),
        }
    }

    fn at(&self, config: &Config, about: &Listed) -> anyhow::Result<Timestamp> {
        let now = (app::world().wall)();
        let Some(text) = &self.at else { return Ok(now) };
        let mut feeds = config.feeds.iter().map(|configured| &configured.feed);
        let feed = feeds.find(|feed| feed.name == about.feed);
        let at = feed
            .and_then(|feed| time(text, feed))
            .with_context(|| format!("--at {text:?} is no time: write \"2026-09-01 18:00\""))?;
        if at.duration_since(now) > AHEAD {
            bail!("--at {text:?} has not come: it is {now:.0}");
        }
        Ok(at)
    }

    /// Finds the one record that is meant.
    fn find(&self, config: &Config, journal: &mut Journal) -> anyhow::Result<Listed> {
        let mut found: Vec<Listed> = Vec::new();
        for known in listed(journal, &feeds(config))? {
            let is_twice = found
                .iter()
                .any(|one| one.record.key() == known.record.key());
            if self.means(&known)? && !is_twice {
                found.push(known);
            }
        }
        if found.len() > 1 {
            let numbers: Vec<_> = found
                .iter()
                .map(|one| one.record.number().as_str())
                .collect();
            bail!(
                "{} bookings fit: {}; say which with --record",
                found.len(),
                numbers.join(", ")
            );
        }
        found.pop().context(
            "no booking fits that this agent has listed: look into `savin-agent preview` for its \
             number, or call MDOC's operators if the person was never booked",
        )
    }

    fn means(&self, known: &Listed) -> anyhow::Result<bool> {
        if let Some(number) = &self.record {
            return Ok(known.record.number().as_str() == number.trim());
        }
        let wanted = self
            .name
            .as_deref()
            .context("give --record, or --name and --born")?;
        let wanted = split(NameLayout::LastFirst, wanted);
        let subject = &known.record.subject;
        let born = subject.birth_date.as_ref().map(|born| *born.reveal());
        let mut names = subject.name.iter().chain(&subject.aliases);
        Ok(born == self.born && names.any(|name| is_same(name, &wanted)))
    }
}

/// Compares surname and given name, whatever their case.
fn is_same(name: &PersonName, wanted: &PersonName) -> bool {
    let given = |name: &PersonName| {
        let given = name
            .given
            .as_ref()
            .map(|given| given.reveal().to_lowercase());
        given.unwrap_or_default()
    };
    let surname = |name: &PersonName| name.surname.reveal().to_lowercase();
    surname(name) == surname(wanted) && given(name) == given(wanted)
}

/// Returns the feeds that may list whoever is meant, those that list everybody first.
fn feeds(config: &Config) -> Vec<FeedName> {
    let mut feeds: Vec<_> = config
        .feeds
        .iter()
        .map(|configured| &configured.feed)
        .collect();
    feeds.sort_by_key(|feed| feed.profile.mode != Mode::Roster);
    feeds.into_iter().map(|feed| feed.name.clone()).collect()
}

fn list(config: &Config, output: &Output) -> anyhow::Result<()> {
    let mut journal = Journal::look(&config.state.journal())?;
    let said = journal.read(emergency::all)?;
    if output.is_json() {
        for said in &said {
            output.object(&json!({
                "record": said.key.number.as_str(), "said": said.word.as_str(), "by": said.by,
                "at": said.at, "feed": said.feed,
                "outcome": said.outcome.map(|(outcome, _)| outcome.as_str()),
                "ended_at": said.outcome.map(|(_, at)| at),
            }))?;
        }
        return Ok(());
    }
    if said.is_empty() {
        return output.line("Nothing was said here.");
    }
    let row = |said: &Said| {
        vec![
            said.key.number.to_string(),
            said.word.as_str().to_owned(),
            said.by.clone(),
            format!("{:.0}", said.at),
            standing(said),
        ]
    };
    let header = ["booking", "said", "by", "when", "state"];
    output.table(&header, said.iter().map(row).collect())
}

fn standing(said: &Said) -> String {
    match said.outcome {
        None => "waits until the booking system says the same".to_owned(),
        Some((outcome, at)) => format!("{} at {at:.0}", outcome.as_str()),
    }
}
