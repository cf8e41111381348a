//! The sources, and what of them has reached the hub.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::{Finding, length};
use crate::app;
use crate::config::{Config, FeedConfig, SourceConfig};
use crate::journal::{Journal, JournalError, feed, hold, position, receipt, spool};
use crate::sources::database::Database;
use crate::sources::folder::is_export;

/// How long something may wait for the hub before somebody should look, and before it is late.
const WAITING_WARN: SignedDuration = SignedDuration::from_mins(15);
const WAITING_FAIL: SignedDuration = SignedDuration::from_hours(24);

/// Looks whether every source can be read, and how old what it holds is.
pub(super) fn examine(config: &Config, now: Timestamp, findings: &mut Vec<Finding>) {
    for configured in &config.feeds {
        findings.push(source(configured, now));
    }
}

fn source(configured: &FeedConfig, now: Timestamp) -> Finding {
    let check = "source";
    let name = &configured.feed.name;
    match newest(&configured.source) {
        Err(reason) => Finding::fail(
            check,
            format!("{name}: {reason}"),
            "check the path, that it is mounted, and that the agent's user may read it",
        ),
        Ok(None) => Finding::ok(check, format!("{name}: can be read")),
        Ok(Some(at)) => {
            let age = now.duration_since(at);
            let found = format!("{name}: newest file is {} old", length(age));
            if age > configured.feed.cadence * 2 {
                let action = "ask the jail system's vendor why it writes no new file";
                Finding::warn(check, found, action)
            } else {
                Finding::ok(check, found)
            }
        }
    }
}

/// Reads a source as far as it takes to know that it can be read; of a folder, returns when its newest
/// export was written.
fn newest(source: &SourceConfig) -> Result<Option<Timestamp>, String> {
    match source {
        SourceConfig::Folder(settings) => {
            let place = |cause| format!("{}: {cause}", settings.path.display());
            let mut newest: Option<SystemTime> = None;
            for entry in std::fs::read_dir(&settings.path).map_err(place)? {
                let entry = entry.map_err(place)?;
                if is_export(&settings.files, &entry.file_name().to_string_lossy()) {
                    std::fs::File::open(entry.path()).map_err(place)?;
                    let modified = entry.metadata().and_then(|m| m.modified());
                    newest = newest.max(modified.ok());
                }
            }
            let Some(newest) = newest else {
                return Err(format!(
                    "no file in {} fits {:?}",
                    settings.path.display(),
                    settings.files
                ));
            };
            Ok(Timestamp::try_from(newest).ok())
        }
        SourceConfig::Database(settings) => {
            let now = (app::world().monotonic)();
            Database::new(settings.clone())
                .read_if_changed(now)
                .map(|_rows| None)
                .map_err(|error| format!("{:#}", anyhow::Error::from(error)))
        }
    }
}

/// Looks what the journal says of the feeds, of what waits, and of the hub.
pub(super) fn journal(config: &Config, now: Timestamp, findings: &mut Vec<Finding>) {
    let file = config.state.journal();
    if !file.exists() {
        findings.push(Finding::skip("journal", "the agent has not run yet"));
        return;
    }
    if let Err(error) = read(config, now, findings) {
        findings.push(Finding::fail(
            "journal",
            format!("{:#}", anyhow::Error::from(error)),
            "keep the state folder as it is, and call MDOC",
        ));
    }
}

fn read(config: &Config, now: Timestamp, findings: &mut Vec<Finding>) -> Result<(), JournalError> {
    let mut journal = Journal::look(&config.state.journal())?;
    let (backlog, receipt) = journal.read(|tx| {
        let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
        for configured in &config.feeds {
            let name = &configured.feed.name;
            let (state, hold) = (feed::load(tx, name)?, hold::load(tx, name)?);
            findings.push(standing(configured, state.as_ref(), hold.as_ref()));
        }
        let backlog = spool::backlog(tx, standpoint.end.epoch, standpoint.acked)?;
        Ok((backlog, receipt::newest(tx, None, 1)?.pop()))
    })?;
    let bytes = std::fs::metadata(config.state.journal()).map_or(0, |file| file.len());
    let oldest = backlog.oldest.map(|oldest| now.duration_since(oldest));
    let found = format!(
        "{} changes wait{}; the journal has {} KiB",
        backlog.deltas,
        oldest.map_or_else(String::new, |age| format!(
            ", the oldest for {}",
            length(age)
        )),
        bytes / 1024
    );
    let action = "see the lines about the hub; nothing is lost meanwhile";
    findings.push(match oldest {
        Some(age) if age > WAITING_FAIL => Finding::fail("spool", found, action),
        Some(age) if age > WAITING_WARN => Finding::warn("spool", found, action),
        Some(_) | None => Finding::ok("spool", found),
    });
    findings.push(match receipt {
        Some(receipt) => {
            let at = receipt.received_at.timestamp();
            let ago = length(now.duration_since(at));
            Finding::ok(
                "hub's receipt",
                format!("the last one {ago} ago, at {at:.0}"),
            )
        }
        None => Finding::warn(
            "hub's receipt",
            "none yet: the hub has acknowledged nothing",
            "start the agent, and see the lines about the hub",
        ),
    });
    Ok(())
}

fn standing(
    configured: &FeedConfig,
    state: Option<&feed::FeedState>,
    hold: Option<&hold::Hold>,
) -> Finding {
    let check = "feed";
    let name = &configured.feed.name;
    let Some(state) = state else {
        let found = format!("{name}: nothing was taken yet");
        return Finding::warn(
            check,
            found,
            "start the agent, and see the line of its source",
        );
    };
    if let Some(hold) = hold {
        let found = format!("{name}: held since {:.0} ({})", hold.since, hold.code);
        let action = "ask the jail, then `savin-agent holds` and `release-hold` or `drop-hold`";
        return Finding::warn(check, found, action);
    }
    if let Some(refusal) = &state.refusal {
        let found = format!("{name}: refused: {refusal}");
        return Finding::fail(
            check,
            found,
            "mend the export; it is read again when it changes",
        );
    }
    let changed = state
        .changed_at
        .map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"));
    Finding::ok(
        check,
        format!("{name}: {} listed, last changed {changed}", state.listed),
    )
}
