//! `status`: how the agent and its sources stand, from its own files; the agent may be running.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use savin_shared::clock::ReceivedAt;
use serde_json::{Value, json};

use super::output::Output;
use crate::app;
use crate::config::{Config, FeedConfig};
use crate::identity::{CERTIFICATE_WARNING_DAYS, Identity, certificate_days};
use crate::journal::canary::{self, Canary};
use crate::journal::dark::Dark;
use crate::journal::feed::FeedState;
use crate::journal::hold::Hold;
use crate::journal::mode::Said;
use crate::journal::position::Standpoint;
use crate::journal::spool::Backlog;
use crate::journal::{Journal, JournalError, dark, feed, hold, mode, position, receipt, spool};
use crate::reserve::disk_free_bytes;
use crate::uplink::line::Transport;
use crate::uplink::route::Route;

struct Status<'a> {
    identity: &'a Identity,
    standpoint: Standpoint,
    backlog: Backlog,
    receipt_at: Option<ReceivedAt>,
    certificate_days: i64,
    route: Route,
    disk_free_bytes: Option<u64>,
    feeds: Vec<Feed<'a>>,
    canary: Option<Canary>,
}

struct Feed<'a> {
    config: &'a FeedConfig,
    state: Option<FeedState>,
    hold: Option<Hold>,
    dark: Option<Dark>,
    mode: Option<Said>,
}

/// How often a watched status is shown anew.
const AGAIN: Duration = Duration::from_secs(2);

/// Show how things stand.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Go on showing it every two seconds, until Ctrl-C.
    #[arg(long)]
    watch: bool,
}

impl Show {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        if !self.watch {
            return once(config, output);
        }
        super::run::runtime()?.block_on(async {
            let mut again = tokio::time::interval(AGAIN);
            loop {
                again.tick().await;
                if !output.is_json() {
                    output.line(CLEAR)?;
                }
                once(config, output)?;
            }
        })
    }
}

/// Takes a terminal to the upper left corner of an empty screen.
const CLEAR: &str = "\x1b[2J\x1b[H";

fn once(config: &Path, output: &Output) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let identity = config.state.identity()?;
    if !config.state.journal().exists() {
        let agent = identity.agent()?;
        return output.line(&format!("Agent {agent} is enrolled and has not run yet."));
    }
    let status = look(&config, &identity)?;
    if output.is_json() {
        output.object(&status.json())
    } else {
        status.print(output)
    }
}

/// Returns the same for a program.
pub(super) fn report(config: &Config, identity: &Identity) -> anyhow::Result<Value> {
    Ok(look(config, identity)?.json())
}

fn look<'a>(config: &'a Config, identity: &'a Identity) -> anyhow::Result<Status<'a>> {
    let now = (app::world().wall)();
    let ends = config.state.tls()?.ends;
    let mut journal = Journal::look(&config.state.journal())?;
    Ok(journal.read(|tx| {
        let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
        let mut feeds = Vec::new();
        for config in &config.feeds {
            let name = &config.feed.name;
            let (state, hold) = (feed::load(tx, name)?, hold::load(tx, name)?);
            feeds.push(Feed {
                config,
                state,
                hold,
                dark: dark::load(tx, name)?,
                mode: mode::load(tx, name, now)?,
            });
        }
        Ok(Status {
            identity,
            backlog: spool::backlog(tx, standpoint.end.epoch, standpoint.acked)?,
            receipt_at: receipt::newest(tx, None, 1)?
                .pop()
                .map(|receipt| receipt.received_at),
            certificate_days: certificate_days(ends, now),
            route: Route::load(&config.state),
            disk_free_bytes: disk_free_bytes(config.state.path()),
            standpoint,
            feeds,
            canary: canary::load(tx)?,
        })
    })?)
}

impl Status<'_> {
    fn json(&self) -> Value {
        json!({
            "agent": self.standpoint.agent.to_string(),
            "agency": self.identity.agency,
            "facilities": self.identity.facilities,
            "epoch": self.standpoint.end.epoch.to_string(),
            "deltas": self.standpoint.end.seq.0,
            "acknowledged": self.standpoint.acked.0,
            "waiting": self.backlog.deltas,
            "oldest_waiting": self.backlog.oldest,
            "last_receipt_at": self.receipt_at.map(ReceivedAt::timestamp),
            "rows": self.standpoint.digest.rows(),
            "state_digest": self.standpoint.digest.root().to_string(),
            "certificate_days": self.certificate_days,
            "line": {
                "transport": self.route.transport,
                "connected_at": self.route.connected_at,
                "trouble": self.route.trouble,
            },
            "disk_free_bytes": self.disk_free_bytes,
            "daily_test": self.canary.as_ref().map(|canary| json!({
                "since": canary.armed_at,
                "released_at": canary.booking.as_ref().and_then(|last| last.released_at),
            })),
            "feeds": self.feeds.iter().map(Feed::json).collect::<Vec<_>>(),
        })
    }

    fn certificate(&self) -> String {
        match self.certificate_days {
            ..0 => "has ended: it is renewed as soon as the hub answers".to_owned(),
            days @ ..=CERTIFICATE_WARNING_DAYS => {
                format!("{days} days left, and not renewed yet: the hub was not reached for long")
            }
            days => format!("{days} days left"),
        }
    }

    fn line(&self) -> String {
        let transport = self.route.transport.map_or("none", Transport::as_str);
        match (self.route.connected_at, &self.route.trouble) {
            (Some(since), _) => format!("{transport} since {since:.0}"),
            (None, Some(trouble)) => format!("down: {trouble}"),
            (None, None) => "down".to_owned(),
        }
    }

    fn daily_test(&self) -> String {
        match &self.canary {
            None => "off: MDOC does not see whether this line carries a release".to_owned(),
            Some(canary) => match canary.booking.as_ref().and_then(|last| last.released_at) {
                None => "none yet".to_owned(),
                Some(at) => format!("done at {at:.0}"),
            },
        }
    }

    fn print(&self, output: &Output) -> anyhow::Result<()> {
        let receipt = self
            .receipt_at
            .map_or_else(|| "none yet".to_owned(), |at| at.to_string());
        output.line(&format!(
            "Agent {} of {}",
            self.standpoint.agent, self.identity.agency
        ))?;
        output.line(&format!(
            "  deltas        {} in this epoch",
            self.standpoint.end.seq
        ))?;
        output.line(&format!(
            "  acknowledged  {} (waiting: {})",
            self.standpoint.acked, self.backlog.deltas
        ))?;
        output.line(&format!("  last receipt  {receipt}"))?;
        output.line(&format!("  line          {}", self.line()))?;
        output.line(&format!("  certificate   {}", self.certificate()))?;
        output.line(&format!("  daily test    {}", self.daily_test()))?;
        if let Some(free) = self.disk_free_bytes {
            output.line(&format!(
                "  disk          {} MiB free",
                free / (1024 * 1024)
            ))?;
        }
        let header = [
            "feed",
            "facility",
            "listed",
            "last taken",
            "source last changed",
            "state",
        ];
        output.table(&header, self.feeds.iter().map(Feed::row).collect())
    }
}

impl Feed<'_> {
    fn json(&self) -> Value {
        let state = self.state.as_ref();
        json!({
            "feed": self.config.feed.name,
            "facility": self.config.feed.facility,
            "listed": state.map(|state| state.listed),
            "captured_at": state.and_then(|state| state.captured_at),
            "source_changed_at": state.and_then(|state| state.changed_at),
            "refused": state.and_then(|state| state.refusal.as_ref()),
            "set_aside": state.and_then(|state| state.set_aside.as_ref()),
            "not_readable": self.dark.as_ref().map(|dark| &dark.reason),
            "not_readable_since": self.dark.as_ref().map(|dark| dark.since),
            "held": self.hold.as_ref().map(|hold| &hold.code),
            "held_since": self.hold.as_ref().map(|hold| hold.since),
            "mode": self.mode.as_ref().map(|said| json!({
                "mode": said.mode.as_str(), "by": said.by, "since": said.since,
                "until": said.until,
            })),
        })
    }

    fn row(&self) -> Vec<String> {
        let time = |time: Option<jiff::Timestamp>| {
            time.map_or_else(|| "never".to_owned(), |time| format!("{time:.0}"))
        };
        let state = self.state.as_ref();
        vec![
            self.config.feed.name.to_string(),
            self.config.feed.facility.to_string(),
            state.map_or(0, |state| state.listed).to_string(),
            time(state.and_then(|state| state.captured_at)),
            time(state.and_then(|state| state.changed_at)),
            self.condition(),
        ]
    }

    fn condition(&self) -> String {
        let condition = self.ordinary_condition();
        match &self.mode {
            Some(said) => format!("{}; {condition}", mode_words(said)),
            None => condition,
        }
    }

    fn ordinary_condition(&self) -> String {
        if let Some(dark) = &self.dark {
            return format!("not readable since {:.0}: {}", dark.since, dark.reason);
        }
        let Some(state) = &self.state else {
            return "not read yet".to_owned();
        };
        match (&self.hold, &state.refusal) {
            (Some(hold), _) => format!("held since {:.0}: {}", hold.since, hold.message),
            (None, Some(refusal)) => format!("refused: {refusal}"),
            (None, None) => match &state.set_aside {
                Some(rows) => format!("good, but {rows}"),
                None => "good".to_owned(),
            },
        }
    }
}

/// Says what the jail has said about these days.
pub(super) fn mode_words(said: &Said) -> String {
    let until = said.until.map_or_else(
        || "until `mode normal`".to_owned(),
        |until| format!("until {until:.0}"),
    );
    let (mode, by, since) = (said.mode.as_str().to_uppercase(), &said.by, said.since);
    format!("{mode} since {since:.0} by {by}, {until}")
}
