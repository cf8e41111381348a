//! A capture that is only tried: on a copy of the journal in memory, so that nothing of it is kept,
//! signed by the agent's key or sent.

use std::path::Path;

use jiff::Timestamp;
use savin_shared::delta::{self, Change, Delta};
use savin_shared::envelope::open;
use savin_shared::ids::{AgentId, Epoch};
use savin_shared::sign::SigningKey;
use serde_json::json;

use super::mask::Mask;
use super::output::Output;
use crate::app;
use crate::capture::report::{Outcome, Report};
use crate::capture::rows::Rows;
use crate::capture::{Now, take_file, take_rows};
use crate::config::{Config, FeedConfig};
use crate::journal::{Journal, feed};
use crate::mapping::profile::Mode;
use crate::signer::Signer;

/// A journal to try things on, and a key that nobody knows.
pub(super) struct Trial {
    journal: Journal,
    signer: Signer,
    has_journal: bool,
}

impl Trial {
    /// Copies the agent's journal; where there is none yet, everything is new.
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let random = app::world().random;
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(random().into_iter().chain(random())) {
            *to = from;
        }
        let epoch = Epoch::from_bytes(random());
        let path = config.state.journal();
        let has_journal = config.state.is_enrolled() && path.exists();
        let (agent, journal) = if has_journal {
            let agent = config.state.identity()?.agent()?;
            (agent, Journal::trial(&path, agent, epoch)?)
        } else {
            let agent = AgentId::from_bytes([0; 16]);
            (agent, Journal::scratch(agent, epoch)?)
        };
        Ok(Self {
            journal,
            signer: Signer::new(agent, SigningKey::from_seed(&seed)?),
            has_journal,
        })
    }

    /// Tries a file.
    pub(super) fn take_file(
        &mut self,
        configured: &FeedConfig,
        path: &Path,
        bytes: &[u8],
        exported_at: Timestamp,
    ) -> anyhow::Result<Report> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let now = self.now(configured, exported_at)?;
        let file = (name.as_ref(), bytes);
        let feed = &configured.feed;
        Ok(take_file(&mut self.journal, &self.signer, feed, file, now)?)
    }

    /// Tries what a query gave.
    pub(super) fn take_rows(
        &mut self,
        configured: &FeedConfig,
        rows: &mut dyn Rows,
    ) -> anyhow::Result<Report> {
        let now = self.now(configured, (app::world().wall)())?;
        let feed = &configured.feed;
        Ok(take_rows(
            &mut self.journal,
            &self.signer,
            feed,
            rows,
            None,
            now,
        )?)
    }

    fn now(&mut self, configured: &FeedConfig, exported_at: Timestamp) -> anyhow::Result<Now> {
        let world = app::world();
        let name = &configured.feed.name;
        let state = self.journal.read(|tx| feed::load(tx, name))?;
        let is_level = state.is_some_and(|state| state.is_level);
        let is_transactions = configured.feed.profile.mode == Mode::Transactions;
        Ok(Now {
            at: (world.wall)(),
            exported_at,
            is_history: is_transactions && !is_level,
            secret: (world.random)(),
        })
    }

    /// Returns the deltas of a capture.
    fn deltas(&self, report: &Report) -> anyhow::Result<Vec<Delta>> {
        let key = self.signer.key().verifying_key();
        let mut deltas = Vec::new();
        for batch in &report.batches {
            for (_, body) in open(batch, &key)? {
                if let Some(body) = body {
                    deltas.push(delta::decode(&body)?);
                }
            }
        }
        Ok(deltas)
    }

    /// Shows what became of a capture: the outcome, the guard's word, and the deltas.
    pub(super) fn show(
        &self,
        configured: &FeedConfig,
        report: &Report,
        (limit, mask): (usize, Mask),
        output: &Output,
    ) -> anyhow::Result<()> {
        let name = &configured.feed.name;
        let deltas = self.deltas(report)?;
        let reasons: Vec<String> = report.reasons.iter().map(ToString::to_string).collect();
        let counts: Vec<(String, u64)> = report
            .counts
            .iter()
            .map(|(class, count)| (format!("{class:?}"), *count))
            .collect();
        if output.is_json() {
            let counts: serde_json::Map<_, _> = counts
                .into_iter()
                .map(|(class, count)| (class, count.into()))
                .collect();
            return output.object(&json!({
                "feed": name, "outcome": outcome(report), "rows": report.rows, "listed": report.listed,
                "changes": counts, "held": report.held, "reasons": reasons, "deltas": deltas.len(),
                "compared_with_journal": self.has_journal,
            }));
        }
        let against = if self.has_journal {
            "compared with what this agent sent"
        } else {
            "this agent has sent nothing yet, so that everything is new"
        };
        output.line(&format!("Feed {name}: {}; {against}.", outcome(report)))?;
        let rows = counts
            .into_iter()
            .map(|(class, count)| vec![class, count.to_string()]);
        output.table(&["change", "records"], rows.collect())?;
        output.line(&format!("The guard would hold {} of them.", report.held))?;
        for reason in reasons {
            output.line(&format!("  {reason}"))?;
        }
        let shown = deltas.iter().take(limit).map(|delta| row(delta, mask));
        output.table(&["would be sent", "record", "as"], shown.collect())?;
        let more = deltas.len().saturating_sub(limit);
        if more > 0 {
            output.line(&format!("... and {more} more (--limit shows more)."))?;
        }
        output.line("Nothing was sent, and nothing was stored.")
    }
}

/// Says what became of an export.
pub(super) fn outcome(report: &Report) -> String {
    match &report.outcome {
        Outcome::Taken => "it would be taken".to_owned(),
        Outcome::Repeat => {
            "it is the very export that was taken last, or was told before".to_owned()
        }
        Outcome::Refused(refusal) => format!("it would be refused ({}): {refusal}", refusal.code()),
    }
}

fn row(delta: &Delta, mask: Mask) -> Vec<String> {
    let origin = delta.origin.as_str();
    match &delta.change {
        Change::Upsert { row, evidence, .. } => match row.record() {
            Ok(record) => {
                let key = record.key().to_string();
                let what = format!("{origin}, proved by {evidence:?}");
                vec![what, key, mask.record(&record)]
            }
            Err(error) => vec![origin.to_owned(), String::new(), error.to_string()],
        },
        Change::NoLongerListed(key) => {
            vec![
                origin.to_owned(),
                key.to_string(),
                "no longer listed".to_owned(),
            ]
        }
        Change::Withheld(key) => vec![origin.to_owned(), key.to_string(), "withheld".to_owned()],
        Change::ObservationGap { from, to, .. } => {
            let gap = format!(
                "nothing was seen from {} to {}",
                from.timestamp(),
                to.timestamp()
            );
            vec![origin.to_owned(), String::new(), gap]
        }
    }
}
