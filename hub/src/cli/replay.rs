//! `replay`: the registry made anew from the log, and compared with what it is.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::intake::replay::{Counted, Difference, How, Judging, Progress, Replayed, verify};
use crate::intake::ruling::RULES;
use crate::store::Store;
use crate::store::registry::SCHEMA;

/// Steps after which it is said how far it is.
const SAID_EVERY: u64 = 512;

/// Make the registry anew.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Compare what was made anew with the registry, and fail where they differ.
    #[arg(long, required = true)]
    verify: bool,
    /// Where to make it: a folder with room for another registry, from which it is removed in the end;
    /// the data folder without it.
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Take whom records are about as it was decided then, without deciding it once more: quicker.
    #[arg(long)]
    as_decided: bool,
}

impl Replay {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let live = app::open_registry(config)?;
        let scratch = self.scratch.as_ref().unwrap_or(&config.data);
        // Only this user can look into it, and it goes with this command.
        let folder = tempfile::Builder::new()
            .prefix("replay-")
            .tempdir_in(scratch)
            .with_context(|| format!("failed to make a folder in {}", scratch.display()))?;
        let fresh = Store::scratch(&folder.path().join("registry.sqlite"), &SCHEMA)
            .context("failed to make an empty registry")?;
        let began = (app::world().monotonic)();
        let mut said = 0;
        let key = app::open_order_key(config, &live)?;
        let judging = if self.as_decided {
            Judging::No
        } else {
            Judging::Again
        };
        let replayed = verify(&live, &fresh, (&key, judging), |progress| {
            if progress.steps >= said + SAID_EVERY {
                said = progress.steps;
                output.progress(&far(&progress));
            }
        })
        .context("failed to replay the log")?;
        let took = (app::world().monotonic)().duration_since(began);
        print(&replayed, took.as_secs_f64(), output)?;
        if replayed.differences.is_empty() {
            return Ok(());
        }
        if replayed.counted.other_rules.is_empty() {
            bail!(
                "the registry is not what its log makes of it. Keep the database as it is for \
                 whoever looks into it; nothing was changed"
            );
        }
        bail!(
            "the registry is not what its log and rules {RULES} make of it. Part of it was decided by other rules: \
             ask a program that has these before you take it for changed, and keep the database as it is"
        )
    }
}

fn far(progress: &Progress) -> String {
    let Progress { steps, of, deltas } = progress;
    format!("{steps} of {of} steps, {deltas} deltas")
}

fn print(replayed: &Replayed, seconds: f64, output: &Output) -> anyhow::Result<()> {
    if output.is_json() {
        return output.object(&as_json(replayed, seconds));
    }
    output.line(&said(replayed, seconds)?)?;
    if replayed.differences.is_empty() {
        let rows: u64 = replayed.rows.iter().map(|(_, rows)| rows).sum();
        return output.line(&format!(
            "The registry equals its log: {rows} rows of {} tables, byte by byte.",
            replayed.rows.len()
        ));
    }
    let rows = replayed.differences.iter().map(|difference| {
        vec![
            difference.table.to_owned(),
            difference.key.clone(),
            how(difference),
        ]
    });
    output.table(&["table", "key", "how it differs"], rows.collect())
}

fn as_json(replayed: &Replayed, seconds: f64) -> serde_json::Value {
    let counted = &replayed.counted;
    let rows = replayed.rows.iter();
    let rows: serde_json::Map<String, _> = rows
        .map(|(table, rows)| ((*table).to_owned(), json!(rows)))
        .collect();
    let other_rules = counted.other_rules.iter();
    let other_rules = other_rules.map(|(rules, steps)| json!({ "rules": rules, "steps": steps }));
    let differences = replayed.differences.iter().map(|difference| {
        json!({
            "table": difference.table,
            "key": difference.key,
            "how": how(difference),
        })
    });
    json!({
        "steps": replayed.progress.steps,
        "deltas": replayed.progress.deltas,
        "erased": counted.erased,
        "judged": counted.judged,
        "as_decided": counted.taken,
        "rules": RULES,
        "other_rules": other_rules.collect::<Vec<_>>(),
        "seconds": seconds,
        "rows": rows,
        "equal": replayed.differences.is_empty(),
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn said(replayed: &Replayed, seconds: f64) -> anyhow::Result<String> {
    let progress = &replayed.progress;
    let mut text = format!(
        "{} steps with {} deltas and rows taken again in {seconds:.1} s.",
        progress.steps, progress.deltas
    );
    let Counted {
        erased,
        judged,
        taken,
        other_rules,
    } = &replayed.counted;
    write!(
        text,
        " Whom they are about was decided once more for {judged} records."
    )?;
    if *taken > 0 {
        write!(
            text,
            " {taken} records went where they had gone, without a decision."
        )?;
    }
    for (rules, steps) in other_rules {
        let rules = match rules {
            0 => "rules from before they had numbers".to_owned(),
            number => format!("rules {number}"),
        };
        write!(
            text,
            " {steps} steps were decided by {rules}, this program has rules {RULES}: the decisions are taken as \
             recorded, and their events as the evidence has them."
        )?;
    }
    if *erased > 0 {
        write!(
            text,
            " {erased} deltas and rows are gone by order, and could not be looked at."
        )?;
    }
    Ok(text)
}

fn how(difference: &Difference) -> String {
    match &difference.how {
        How::Missing => "the log makes it, and the registry does not have it".to_owned(),
        How::Unfounded => "the registry has it, and the log does not make it".to_owned(),
        How::Columns(columns) => columns.join(", "),
    }
}
