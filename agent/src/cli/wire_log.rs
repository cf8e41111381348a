//! `wire-log`: every change that was ever sent, as it was sent, with the receipt that covers it.

mod words;

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::{self, Change, Delta};
use savin_shared::envelope::{SealedBatch, open};
use savin_shared::ids::{Epoch, RecordKey, Seq};
use savin_shared::receipt::Receipt;
use savin_shared::record::Record;
use savin_shared::sign::VerifyingKey;
use serde_json::{Value, json};

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::journal::{Journal, receipt, spool};

/// Batches that are read from the journal at once.
const PAGE: u32 = 64;

/// Show what was sent, the oldest first.
#[derive(Debug, Args)]
pub(super) struct WireLog {
    /// Only this feed.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Only what was signed since then: `24h`, `2026-11-24` or `2026-11-24T06:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only the record with this number.
    #[arg(long, value_name = "NUMBER")]
    record: Option<String>,
    /// Show names, birth dates and addresses instead of masking them.
    #[arg(long)]
    reveal: bool,
}

/// A time, or how long ago.
#[derive(Debug, Clone, Copy)]
enum Since {
    At(Timestamp),
    Ago(SignedDuration),
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse() {
        return Ok(Since::At(at));
    }
    if let Ok(day) = text.parse::<Date>() {
        let midnight = day.to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
        return Ok(Since::At(midnight.timestamp()));
    }
    text.parse()
        .map(Since::Ago)
        .map_err(|_| "write `24h`, `2026-11-24` or `2026-11-24T06:00:00Z`".to_owned())
}

/// One change as it was sent.
struct Sent {
    epoch: Epoch,
    seq: Seq,
    signed_at: Timestamp,
    delta: Delta,
    key: Option<RecordKey>,
    record: Option<Record>,
    receipt: Option<Receipt>,
}

impl WireLog {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let identity = config.state.identity()?;
        let hub = identity.receipt_key()?;
        let signer = config.state.signer(identity.agent()?)?;
        let own = signer.key().verifying_key();
        let mut journal = Journal::look(&config.state.journal())
            .context("failed to open the journal: has the agent run yet?")?;
        let from = self.from();
        let mut after = 0;
        let (mut shown, mut waiting) = (0_u64, 0_u64);
        loop {
            // Page by page, so that weeks of changes do not lie in memory at once.
            let page = journal.read(|tx| spool::page(tx, after, from, PAGE))?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let mut rows = Vec::new();
            for (_, batch) in &page {
                for sent in self.open(&mut journal, batch, &own)? {
                    shown += 1;
                    waiting += u64::from(sent.receipt.is_none());
                    if output.is_json() {
                        output.object(&self.json(&sent, &hub))?;
                    } else {
                        rows.push(self.row(&sent, &hub));
                    }
                }
            }
            let header = ["delta", "signed at", "feed", "what was sent", "receipt"];
            output.table(&header, rows)?;
        }
        close(&mut journal, (shown, waiting), output)
    }

    fn from(&self) -> Timestamp {
        match self.since {
            Some(Since::At(at)) => at,
            Some(Since::Ago(ago)) => (app::world().wall)()
                .checked_sub(ago)
                .unwrap_or(Timestamp::MIN),
            None => Timestamp::MIN,
        }
    }

    /// Opens a batch, checks this agent's own signature on it, and picks what is asked for.
    fn open(
        &self,
        journal: &mut Journal,
        batch: &SealedBatch,
        own: &VerifyingKey,
    ) -> anyhow::Result<Vec<Sent>> {
        let opened = open(batch, own).context("a batch in the journal is damaged")?;
        let epoch = batch.header.span.epoch;
        let receipt = journal.read(|tx| receipt::covering(tx, epoch, batch.header.span.last))?;
        let mut picked = Vec::new();
        for (seq, body) in opened {
            let Some(body) = body else { continue };
            let delta = delta::decode(&body).context("a change in the journal is damaged")?;
            let (key, record) = match &delta.change {
                Change::Upsert { row, .. } => {
                    let record = row.record().context("a record in the journal is damaged")?;
                    (Some(record.key()), Some(record))
                }
                Change::NoLongerListed(key) | Change::Withheld(key) => (Some(key.clone()), None),
                Change::ObservationGap { .. } => (None, None),
            };
            let sent = Sent {
                epoch,
                seq,
                signed_at: batch.header.sealed_at,
                delta,
                key,
                record,
                receipt: receipt.clone(),
            };
            if self.wants(&sent) {
                picked.push(sent);
            }
        }
        Ok(picked)
    }

    fn wants(&self, sent: &Sent) -> bool {
        let number = sent.key.as_ref().map(|key| key.number.as_str());
        let is_feed = self
            .feed
            .as_ref()
            .is_none_or(|feed| feed == sent.delta.feed.as_str());
        is_feed
            && self
                .record
                .as_ref()
                .is_none_or(|wanted| number == Some(wanted))
    }

    fn row(&self, sent: &Sent, hub: &VerifyingKey) -> Vec<String> {
        let what = name(&sent.delta.change);
        let key = sent.key.as_ref().map(ToString::to_string);
        let mut lines = vec![format!("{what} {}", key.unwrap_or_default())];
        let fields = self.fields(sent);
        lines.extend(
            fields
                .iter()
                .map(|(name, value)| format!("  {name} {value}")),
        );
        let receipt = sent.receipt.as_ref().map_or_else(
            || "waiting".to_owned(),
            |receipt| {
                let checked = if receipt.verify(hub).is_ok() {
                    "verified"
                } else {
                    "NOT signed by this hub"
                };
                format!("{:.0}, {checked}", receipt.received_at.timestamp())
            },
        );
        vec![
            sent.seq.to_string(),
            format!("{:.0}", sent.signed_at),
            sent.delta.feed.to_string(),
            lines.join("\n"),
            receipt,
        ]
    }

    fn json(&self, sent: &Sent, hub: &VerifyingKey) -> Value {
        let fields = self.fields(sent).into_iter();
        let fields: serde_json::Map<String, Value> = fields
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        json!({
            "epoch": sent.epoch.to_string(),
            "delta": sent.seq.0,
            "signed_at": sent.signed_at,
            "observed_at": sent.delta.observed_at.timestamp(),
            "feed": sent.delta.feed,
            "origin": sent.delta.origin.to_string(),
            "change": name(&sent.delta.change),
            "kind": sent.key.as_ref().map(|key| key.kind.to_string()),
            "number": sent.key.as_ref().map(|key| key.number.to_string()),
            "fields": fields,
            "receipt": sent.receipt.as_ref().map(|receipt| json!({
                "deltas_up_to": receipt.position.seq.0,
                "received_at": receipt.received_at.timestamp(),
                "verified": receipt.verify(hub).is_ok(),
            })),
        })
    }

    fn fields(&self, sent: &Sent) -> Vec<(&'static str, String)> {
        if let Some(record) = &sent.record {
            return words::fields(record, self.reveal);
        }
        match &sent.delta.change {
            Change::ObservationGap { from, to, reason } => vec![
                ("from", from.to_string()),
                ("to", to.to_string()),
                ("reason", reason.to_string()),
            ],
            Change::Upsert { .. } | Change::NoLongerListed(_) | Change::Withheld(_) => Vec::new(),
        }
    }
}

/// Says how many were shown, and what cannot be shown any more.
fn close(
    journal: &mut Journal,
    (shown, waiting): (u64, u64),
    output: &Output,
) -> anyhow::Result<()> {
    let kept = journal.read(spool::reach)?;
    let forgotten = |reach: &&spool::Reach| reach.forgotten > 0;
    if output.is_json() {
        let forgotten: u64 = kept.iter().map(|reach| reach.forgotten).sum();
        return output.object(&json!({
            "shown": shown, "waiting": waiting, "no_longer_kept": forgotten,
        }));
    }
    output.line(&format!(
        "{shown} changes shown, {waiting} of them without a receipt yet."
    ))?;
    for reach in kept.iter().filter(forgotten) {
        output.line(&format!(
            "Changes 1 to {} of epoch {} are no longer kept here: what the hub has acknowledged is \
             forgotten after 30 days, or beyond 64 MiB. Their receipts stay.",
            reach.forgotten, reach.epoch
        ))?;
    }
    Ok(())
}

const fn name(change: &Change) -> &'static str {
    match change {
        Change::Upsert { .. } => "record",
        Change::NoLongerListed(_) => "no longer listed",
        Change::Withheld(_) => "withheld",
        Change::ObservationGap { .. } => "gap",
    }
}

#[cfg(test)]
mod tests {
    use super::{Since, since};

    #[test]
    fn takes_a_time_a_day_or_a_length() {
        for at in ["2026-11-24T00:00:00Z", "2026-11-24"] {
            let Ok(Since::At(at)) = since(at) else {
                panic!("{at} is a time")
            };
            assert_eq!(at.to_string(), "2026-11-24T00:00:00Z");
        }
        let Ok(Since::Ago(ago)) = since("36h") else {
            panic!("a length")
        };
        assert_eq!(ago.as_hours(), 36);
        assert!(since("yesterday").unwrap_err().contains("24h"));
    }
}
