//! `rules`: changes of what is told and by when: proposed, replayed, and only then let count, each step
//! signed.

mod replay;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::clocks::table::Table;
use crate::config::Config;
use crate::notification::rules::Rules;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::rules::{self, Adopted, Proposal, TableName};
use crate::store::registry::{decision, event};
use crate::work::versions::differences;

/// Show and change the tables of rules.
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Show every version of both tables: proposed, and counting since when.
    List,
    /// Print a table as CSV: the one that counts now, or a version of it.
    Show(Which),
    /// Keep a changed table, to be replayed before it counts. It changes nothing yet.
    Propose(Propose),
    /// Show whom the last days would have told otherwise under a proposal, by pseudonym.
    Replay(replay::Replay),
    /// Let a proposal count from the next event on.
    Activate(Activate),
}

/// A version of a table.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// `notification` (what is told, how soon) or `clocks` (the statutory deadlines).
    table: String,
    /// Its number in `savin-hub rules list`; 0 is what shipped.
    number: Option<i64>,
}

/// Keep a changed table.
#[derive(Debug, Args)]
pub(super) struct Propose {
    /// `notification` or `clocks`.
    table: String,
    /// The whole table as CSV, as `rules show` prints it.
    file: PathBuf,
    /// Why. It stands on the public page once it counts.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    by: SignAs,
}

/// Let a proposal count.
#[derive(Debug, Args)]
pub(super) struct Activate {
    /// `notification` or `clocks`.
    table: String,
    /// Its number.
    number: i64,
    /// The admin who decides it.
    #[command(flatten)]
    by: SignAs,
}

impl RulesCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::List => list(config, output),
            Self::Show(which) => which.show(config, output),
            Self::Propose(propose) => propose.run(config, output),
            Self::Replay(replay) => replay.run(config, output),
            Self::Activate(activate) => activate.run(config, output),
        }
    }
}

/// Reads the name of a table.
fn named(word: &str) -> anyhow::Result<TableName> {
    TableName::parse(word).context("the table is \"notification\" or \"clocks\"")
}

/// Loads a version of a table as CSV: the newest that counts, without a number.
fn body(tx: &mut Tx<'_>, name: TableName, number: Option<i64>) -> Result<String, StoreError> {
    let found = match number {
        Some(0) => Some(rules::shipped(name).to_owned()),
        Some(number) => {
            let mut proposals = rules::proposals(tx, name)?.into_iter();
            let found = proposals.find(|proposal| proposal.number == number);
            found.map(|proposal| proposal.body)
        }
        None => {
            let newest = rules::adopted(tx, name)?.pop();
            Some(newest.map_or_else(|| rules::shipped(name).to_owned(), |version| version.body))
        }
    };
    found.ok_or_else(|| {
        StoreError::Refused("there is no such version: see `savin-hub rules list`".to_owned())
    })
}

/// Checks that a table is whole.
/// Checks a table, and returns what a section of the law wants and the table leaves out.
fn check(name: TableName, body: &str) -> anyhow::Result<Vec<String>> {
    Ok(match name {
        TableName::Notification => Rules::parse(body)?.left_out()?,
        TableName::Clocks => Table::parse("proposed", body)?.left_out()?,
    })
}

/// Says what a table leaves out that the law wants: whoever decides it has to know.
fn warn(left_out: &[String], output: &Output) -> anyhow::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    output.line(&format!(
        "The law wants, and this table leaves out: {}. Ask counsel before it counts.",
        left_out.join("; ")
    ))
}

impl Which {
    fn show(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let (name, number) = (named(&self.table)?, self.number);
        let read = move |tx: &mut Tx<'_>| body(tx, name, number);
        let body = app::open_registry(config)?.read_now("rules", read)?;
        if output.is_json() {
            return output.object(&json!({ "table": name.as_str(), "csv": body }));
        }
        output.line(body.trim_end())
    }
}

impl Propose {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let name = named(&self.table)?;
        let body = std::fs::read_to_string(&self.file)
            .with_context(|| format!("failed to read {}", self.file.display()))?;
        let left_out = check(name, &body)
            .with_context(|| format!("{} is no such table", self.file.display()))?;
        let signer = self.by.signer(config)?;
        let store = app::open_registry(config)?;
        let now = (app::world().wall)();
        let (number, counting) = store.read_now("number", move |tx| {
            Ok((rules::next_number(tx, name)?, self::body(tx, name, None)?))
        })?;
        if differences(&counting, &body).is_empty() {
            bail!(
                "{} says what counts already: there is nothing to decide",
                self.file.display()
            );
        }
        let subject = format!("rules/{}/{number}", name.as_str());
        let choice = name.choice(number, &body);
        let signed = signer.sign("rules-propose", &subject, &choice, &self.reason, now)?;
        let reason = self.reason.clone();
        store.write_now("propose", move |tx| {
            let proposal = Proposal {
                number,
                body: body.clone(),
                reason: reason.clone(),
                proposed_at: now,
                decision: decision::record(tx, &signed)?,
            };
            rules::propose(tx, name, &proposal)
        })?;
        if output.is_json() {
            return output.object(&json!({
                "table": name.as_str(), "number": number, "left_out": left_out,
            }));
        }
        warn(&left_out, output)?;
        output.line(&format!(
            "Proposed {0} {number}. Look at `savin-hub rules replay {0} {number}` before an admin lets \
             it count with `rules activate`.",
            name.as_str()
        ))
    }
}

impl Activate {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let (name, number) = (named(&self.table)?, self.number);
        let store = app::open_registry(config)?;
        let (new, old, proposals, adopted) = store.read_now("rules", move |tx| {
            let new = body(tx, name, Some(number))?;
            let old = body(tx, name, None)?;
            Ok((
                new,
                old,
                rules::proposals(tx, name)?,
                rules::adopted(tx, name)?,
            ))
        })?;
        if adopted.iter().any(|version| version.number == number) {
            bail!("{number} counts or counted already: propose the table again to go back to it");
        }
        let left_out = check(name, &new)?;
        let mut proposals = proposals.into_iter();
        let Some(proposal) = proposals.find(|proposal| proposal.number == number) else {
            bail!("only a proposal can be let count: see `savin-hub rules list`");
        };
        let changes: Vec<String> = differences(&old, &new)
            .iter()
            .map(ToString::to_string)
            .collect();
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let subject = format!("rules/{}/{number}", name.as_str());
        let choice = name.choice(number, &new);
        let signed = signer.sign(name.adoption(), &subject, &choice, &proposal.reason, now)?;
        let lines = changes.join("\n");
        store.write_now("adopt", move |tx| {
            let version = Adopted {
                number,
                body: new.clone(),
                changes: lines.clone(),
                reason: proposal.reason.clone(),
                adopted_at: now,
                after: event::last(tx)?,
                decision: decision::record(tx, &signed)?,
            };
            rules::adopt(tx, name, &version)
        })?;
        if output.is_json() {
            return output.object(&json!({
                "table": name.as_str(), "number": number, "changes": changes, "left_out": left_out,
            }));
        }
        warn(&left_out, output)?;
        output.line(&format!(
            "{} {number} counts from the next event on. It stands on the public page /changes.",
            name.as_str()
        ))
    }
}

fn list(config: &Config, output: &Output) -> anyhow::Result<()> {
    let read = |tx: &mut Tx<'_>| {
        let mut all = Vec::new();
        for name in TableName::ALL {
            let adopted = rules::adopted(tx, name)?;
            for proposal in rules::proposals(tx, name)? {
                let by = decision::who(tx, proposal.decision)?;
                let counts = adopted
                    .iter()
                    .find(|version| version.number == proposal.number);
                let counts = counts.cloned();
                let adopter = match &counts {
                    Some(version) => Some(decision::who(tx, version.decision)?),
                    None => None,
                };
                all.push((name, proposal, by, counts, adopter));
            }
        }
        Ok(all)
    };
    let all = app::open_registry(config)?.read_now("rules", read)?;
    let mut rows = Vec::new();
    for (name, proposal, by, counts, adopter) in &all {
        if output.is_json() {
            output.object(&json!({
                "table": name.as_str(),
                "number": proposal.number,
                "reason": proposal.reason,
                "proposed_at": proposal.proposed_at,
                "proposed_by": by,
                "counts_since": counts.as_ref().map(|version| version.adopted_at),
                "after_event": counts.as_ref().map(|version| version.after.0),
                "adopted_by": adopter,
                "changes": counts.as_ref().map(|version| &version.changes),
            }))?;
        }
        rows.push(vec![
            name.as_str().to_owned(),
            proposal.number.to_string(),
            format!("{:.0} {by}", proposal.proposed_at),
            counts.as_ref().map_or_else(
                || "proposed".to_owned(),
                |version| format!("{:.0}", version.adopted_at),
            ),
            adopter.clone().unwrap_or_default(),
            proposal.reason.clone(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("Both tables count as they shipped.");
    }
    let header = [
        "table",
        "number",
        "proposed",
        "counts since",
        "by",
        "reason",
    ];
    output.table(&header, rows)
}

#[cfg(test)]
mod tests;
