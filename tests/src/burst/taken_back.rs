//! What everybody was told is taken back by staff, and somebody escapes while they are told that it was not so.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_hub::notification::channel::Channel;
use savin_hub::store::StoreError;
use savin_hub::store::conn::Tx;
use savin_hub::store::vault::{attempt, notice};
use serde_json::Value;

use super::seen::{What, after};
use super::stage::{Burst, LATE, LOOK};
use crate::clock::{monotonic, pause, wall};

/// How soon those heard who had heard what was wrong.
#[derive(Debug)]
pub struct TakenBack {
    /// How many were told by e-mail that it was not so.
    pub mailed: usize,
    /// How long after the decision the last of these began, and was taken.
    pub last: (Duration, Duration),
    /// How long after the row of an escape in the midst of it changed the last of those who asked about that was
    /// written to.
    pub escape: Duration,
}

/// A notice that was tried: of what, when that began, and when it was known what became of it.
type Tried = (What, Timestamp, Timestamp);

impl Burst {
    /// Takes the release back, signed by a key of staff, has somebody escape at once, and waits until everybody
    /// who was written to was written to again.
    ///
    /// # Errors
    /// Returns what took too long, or went otherwise.
    pub fn take_back(&self, key: &str) -> anyhow::Result<TakenBack> {
        let events = self.hub.cli(&["events", "--limit", "1000", "--json"])?;
        let events = events.lines().map(serde_json::from_str::<Value>);
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let mut released = events.iter().filter(|event| event["code"] == "Released");
        let released = released.next().context("nobody was let go")?;
        let position = released["position"].to_string();
        let decided_at = wall();
        self.hub.cli(&[
            "correct",
            &position,
            "--reason",
            "it was not so",
            "--as",
            key,
        ])?;
        let escaped_at = self.escape(LATE)?;
        let size = self.size();
        let wanted = size.emails + size.escape_emails;
        let deadline = monotonic() + size.patience;
        let tried = loop {
            let tried = self.tried_since(decided_at)?;
            if tried.len() >= wanted {
                break tried;
            }
            ensure!(
                monotonic() < deadline,
                "{} of {wanted} are told",
                tried.len()
            );
            pause(LOOK * 20);
        };
        let (corrections, escapes): (Vec<_>, Vec<_>) = tried
            .into_iter()
            .partition(|(what, ..)| *what == What::Release);
        let last = |of: fn(&Tried) -> Timestamp, all: &[Tried]| {
            all.iter().map(of).max().context("nobody was told")
        };
        let begun = last(|(_, begun, _)| *begun, &corrections)?;
        let taken = last(|(.., taken)| *taken, &corrections)?;
        let escape = last(|(_, begun, _)| *begun, &escapes)?;
        Ok(TakenBack {
            mailed: corrections.len(),
            last: (after(decided_at, begun), after(decided_at, taken)),
            escape: after(escaped_at, escape),
        })
    }

    /// Returns the e-mails that were planned since a time and are over.
    fn tried_since(&self, since: Timestamp) -> anyhow::Result<Vec<Tried>> {
        let read = move |tx: &mut Tx<'_>| {
            let mut tried = Vec::new();
            for row in notice::newest(tx, 1_000_000)? {
                if row.channel != Channel::Email || row.planned_at < since {
                    continue;
                }
                let first = attempt::of_notice(tx, row.notice)?.into_iter().next();
                if let Some((first, (over, _))) =
                    first.and_then(|first| first.finished.clone().map(|over| (first, over)))
                {
                    tried.push((row.registrant, first.attempted_at, over));
                }
            }
            Ok::<_, StoreError>(tried)
        };
        let tried = self.hub.vault_store()?.read_now("tried", read)?;
        let known = tried.into_iter().map(|(registrant, begun, over)| {
            let who = self.what(&registrant);
            let who = who.context("somebody was told who was not registered")?;
            Ok((who, begun, over))
        });
        known.collect()
    }
}
