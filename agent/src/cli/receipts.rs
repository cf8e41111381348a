//! `receipts`: the hub's counter-signatures, each checked offline against the hub's key.

use std::path::Path;

use clap::Args;
use savin_shared::ids::Seq;
use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::journal::{Journal, receipt};

/// Show and check receipts, the newest first.
#[derive(Debug, Args)]
pub(super) struct Receipts {
    /// How many to show.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    limit: u32,
    /// Only receipts for less than this many deltas, to page back.
    #[arg(long, value_name = "DELTA")]
    before: Option<u64>,
}

impl Receipts {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let key = config.state.identity()?.receipt_key()?;
        let mut journal = Journal::look(&config.state.journal())?;
        let before = self.before.map(Seq);
        let receipts = journal.read(|tx| receipt::newest(tx, before, self.limit))?;
        let mut rows = Vec::new();
        for receipt in &receipts {
            let verified = receipt.verify(&key).is_ok();
            if output.is_json() {
                output.object(&json!({
                    "agent": receipt.agent.to_string(),
                    "epoch": receipt.position.epoch.to_string(),
                    "deltas_up_to": receipt.position.seq.0,
                    "chain_head": receipt.position.head.to_string(),
                    "received_at": receipt.received_at.timestamp(),
                    "verified": verified,
                }))?;
            }
            rows.push(vec![
                receipt.position.seq.to_string(),
                receipt.received_at.to_string(),
                receipt.position.head.short(),
                if verified {
                    "yes"
                } else {
                    "NO: not signed by this hub"
                }
                .to_owned(),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        if rows.is_empty() {
            return output.line("No receipts yet: nothing was acknowledged by the hub.");
        }
        output.table(
            &[
                "all deltas up to",
                "durable at the hub",
                "chain head",
                "verified",
            ],
            rows,
        )
    }
}
