//! `holds`, `release-hold` and `drop-hold`: changes that wait for a person, and the person's decision.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use savin_shared::ids::{Epoch, RecordNumber};
use serde_json::{Value, json};

use super::output::Output;
use crate::app;
use crate::capture::Feed;
use crate::capture::release::{Decider, Which, drop_held, level, release};
use crate::config::Config;
use crate::guard::doubts_export;
use crate::journal::hold::Decision;
use crate::journal::{Journal, hold};
use crate::mapping::profile::Mode;

/// How many of the last decisions about a feed are shown.
const DECISIONS: u32 = 10;

pub(super) fn list(config: &Path, output: &Output) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let mut journal = Journal::look(&config.state.journal())?;
    let (mut rows, mut decided) = (Vec::new(), Vec::new());
    for configured in &config.feeds {
        let name = &configured.feed.name;
        let (hold, changes, decisions) = journal.read(|tx| {
            Ok((
                hold::load(tx, name)?,
                hold::changes(tx, name)?,
                hold::decisions(tx, name, DECISIONS)?,
            ))
        })?;
        if output.is_json() && (hold.is_some() || !decisions.is_empty()) {
            let records: Vec<_> = changes
                .iter()
                .map(|held| held.key.number.as_str())
                .collect();
            let decisions: Vec<_> = decisions
                .iter()
                .map(|(at, d)| decision_json(*at, d))
                .collect();
            let hold = hold.as_ref();
            output.object(&json!({
                "feed": name, "since": hold.map(|hold| hold.since),
                "code": hold.map(|hold| &hold.code), "message": hold.map(|hold| &hold.message),
                "changes": changes.len(), "records": records, "decisions": decisions,
            }))?;
        }
        decided.extend(decisions.into_iter().map(|(at, decision)| {
            vec![
                name.to_string(),
                format!("{at:.0}"),
                decision.changes.to_string(),
                decision.action.as_str().to_owned(),
                decision.by,
            ]
        }));
        let Some(hold) = hold else { continue };
        rows.push(vec![
            name.to_string(),
            format!("{:.0}", hold.since),
            changes.len().to_string(),
            hold.message,
            advice(&hold.code, configured.feed.profile.mode).to_owned(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        output.line("Nothing is held.")?;
    } else {
        output.table(&["feed", "since", "changes", "why", "if it is wrong"], rows)?;
        let real =
            "If this is what really happened: `savin-agent release-hold FEED --by YOUR-NAME`.";
        output.line(real)?;
    }
    let header = ["feed", "decided", "changes", "what", "by whom"];
    output.table(&header, decided)
}

/// Says what to do about a hold that is wrong.
fn advice(code: &str, mode: Mode) -> &'static str {
    match mode {
        Mode::Transactions => {
            "correct it in the jail's system; a later row of the same record ends it, and \
             `savin-agent drop-hold FEED --by YOUR-NAME` forgets what is held"
        }
        Mode::Roster if doubts_export(code) => "it ends with the next good export",
        Mode::Roster => "correct it in the jail's system; it ends when the export stops saying it",
    }
}

fn decision_json(at: Timestamp, decision: &Decision) -> Value {
    json!({
        "at": at, "by": decision.by, "action": decision.action.as_str(),
        "changes": decision.changes,
    })
}

/// Let held changes pass.
#[derive(Debug, Args)]
pub(super) struct ReleaseHold {
    /// The feed whose held changes are real.
    feed: String,
    /// Who decides: kept with the decision.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
    /// Let only what is held of this record pass; it can be given again. The rest goes on waiting.
    #[arg(long = "record", value_name = "NUMBER", value_parser = number)]
    records: Vec<RecordNumber>,
    /// Take them as how things stand now, and tell nobody: after maintenance, for example.
    #[arg(long)]
    without_news: bool,
    /// Only say how many changes would pass.
    #[arg(long)]
    dry_run: bool,
}

impl ReleaseHold {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let feed = find(&config, &self.feed)?;
        let agent = config.state.identity()?.agent()?;
        let signer = config.state.signer(agent)?;
        let mut journal = open(&config)?;
        let which = self.which(&mut journal, feed)?;
        if self.dry_run {
            let held = journal.read(|tx| hold::changes(tx, &feed.name))?;
            let changes = held.iter().filter(|held| which.takes(held)).count();
            return output.line(&format!("{changes} changes would pass."));
        }
        let (decider, secret) = (decider(feed, &self.by), (app::world().random)());
        let pass = if self.without_news { level } else { release };
        let (count, _) = pass(&mut journal, &signer, (&feed.name, which), decider, secret)?;
        if output.is_json() {
            return output.object(&json!({
                "feed": feed.name, "released": count, "by": self.by,
                "without_news": self.without_news,
            }));
        }
        let how = if self.without_news {
            " as how things stand: nobody is told"
        } else {
            ""
        };
        output.line(&format!(
            "{count} changes pass{how}; the agent sends them within a second."
        ))
    }
}

impl ReleaseHold {
    /// Finds out which changes are meant, and that each record that is named waits.
    fn which(&self, journal: &mut Journal, feed: &Feed) -> anyhow::Result<Which<'_>> {
        if self.records.is_empty() {
            return Ok(Which::All);
        }
        let name = &feed.name;
        let (hold, held) =
            journal.read(|tx| Ok((hold::load(tx, name)?, hold::changes(tx, name)?)))?;
        if hold.is_some_and(|hold| hold.export.is_some()) {
            bail!("the whole export is in doubt: nothing of it can pass alone");
        }
        for number in &self.records {
            if !held.iter().any(|held| held.key.number == *number) {
                bail!("nothing of record {number} waits: see `savin-agent holds --json`");
            }
        }
        Ok(Which::Only(&self.records))
    }
}

fn number(text: &str) -> Result<RecordNumber, String> {
    RecordNumber::new(text).map_err(|error| error.to_string())
}

/// Forget held transactions.
#[derive(Debug, Args)]
pub(super) struct DropHold {
    /// The feed whose held changes are wrong.
    feed: String,
    /// Who decides: kept with the decision.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
}

impl DropHold {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let feed = find(&config, &self.feed)?;
        if feed.profile.mode == Mode::Roster {
            bail!(
                "feed {} is a roster, which says everything again each time: its hold ends when \
                 the export stops saying what is held",
                feed.name
            );
        }
        let mut journal = open(&config)?;
        let count = drop_held(&mut journal, &feed.name, decider(feed, &self.by))?;
        if output.is_json() {
            return output.object(&json!({
                "feed": feed.name, "dropped": count, "by": self.by,
            }));
        }
        output.line(&format!(
            "{count} changes are forgotten; the records stay as they are."
        ))
    }
}

pub(super) fn find<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Feed> {
    let mut feeds = config.feeds.iter().map(|configured| &configured.feed);
    feeds
        .find(|feed| feed.name.as_str() == name)
        .with_context(|| format!("no feed is named {name:?}"))
}

pub(super) fn open(config: &Config) -> anyhow::Result<Journal> {
    let agent = config.state.identity()?.agent()?;
    let epoch = Epoch::from_bytes((app::world().random)());
    Ok(Journal::open(&config.state.journal(), agent, epoch)?)
}

fn decider<'a>(feed: &Feed, by: &'a str) -> Decider<'a> {
    let at = (app::world().wall)();
    let day = feed.profile.times.day(at);
    Decider { by, at, day }
}
