//! `persons relink`: everybody compared anew by the present weights, shown first, and carried out and taken
//! back by a signed decision.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::ask_whom_they_meant;
use crate::app;
use crate::cli::output::Output;
use crate::cli::signing::{SignAs, Signer};
use crate::config::Config;
use crate::intake::relinking::{Change, Place, changes, relink, take_back};
use crate::store::Store;
use crate::store::registry::decision::{self, DecisionId};
use crate::store::registry::relinked::RELINK;
use crate::store::registry::weights;

/// Persons that are compared in one transaction.
const PAGE: u32 = 500;

/// After how many pages it is said how far it is.
const SAID_EVERY: u64 = 20;

/// What is to be done with what is otherwise.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct How {
    /// Only show what would be joined, taken back and asked.
    #[arg(long)]
    dry_run: bool,
    /// Do it: the number of joinings and partings that the dry run showed. Where it is another number by
    /// now, nothing is done.
    #[arg(long, value_name = "NUMBER")]
    changes: Option<u64>,
    /// Take back what such a decision has done, by its number.
    #[arg(long, value_name = "DECISION")]
    undo: Option<i64>,
}

/// Everybody compared anew.
#[derive(Debug, Args)]
pub(in crate::cli) struct Relink {
    #[command(flatten)]
    how: How,
    /// How many to show; all are counted.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    limit: usize,
    /// Why, in a few words: nothing of a registrant.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    by: SignAs,
}

/// How many of each kind.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    joins: u64,
    parts: u64,
    asks: u64,
    doubts: u64,
}

impl Counts {
    fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut counts = Self::default();
        for change in changes {
            match change {
                Change::Join(..) => counts.joins += 1,
                Change::Part(..) => counts.parts += 1,
                Change::Ask(..) => counts.asks += 1,
                Change::Doubt(_) => counts.doubts += 1,
            }
        }
        counts
    }
}

impl Relink {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        if let Some(of) = self.how.undo {
            return self.undo(DecisionId(of), (&store, config), output);
        }
        let signer = match self.how.changes {
            Some(_) => Some(self.by.signer(config)?),
            None => None,
        };
        let all = compare(&store, output)?;
        let counts = Counts::of(&all);
        let Some((expected, signer)) = self.how.changes.zip(signer) else {
            return self.show(&all, counts, output);
        };
        let found = counts.joins + counts.parts;
        if found != expected {
            bail!(
                "there are {found} joinings and partings by now, and {expected} were expected: nothing \
                 was changed; look at `savin-hub persons relink --dry-run` again"
            );
        }
        let now = (app::world().wall)();
        let (decision, done) = self.carry_out(&signer, (&store, config), now, output)?;
        let done = Counts::of(&done);
        if output.is_json() {
            return output.object(&json!({
                "decision": decision.0, "joined": done.joins, "parted": done.parts,
            }));
        }
        output.line(&format!(
            "{} pairs were joined, and {} joinings taken back, as decision {}. What followed from it shows \
             in the next dry run; `savin-hub tasks` has what is to be asked and told. To take it all back: \
             savin-hub persons relink --undo {} --as KEYFILE",
            done.joins, done.parts, decision.0, decision.0
        ))
    }

    fn carry_out(
        &self,
        signer: &Signer,
        (store, config): (&Store, &Config),
        now: Timestamp,
        output: &Output,
    ) -> anyhow::Result<(DecisionId, Vec<Change>)> {
        let version = store.read_now("weights", weights::load)?.version();
        let subject = format!("rules/linkage/{version}");
        let signed = signer.sign(RELINK, &subject, "relink", &self.reason, now)?;
        // First the decision, then what follows from it: the other order could act without.
        let decision = store.write_now("decision", move |tx| decision::record(tx, &signed))?;
        let (mut all, mut after) = (Vec::new(), None);
        let mut pages: u64 = 0;
        loop {
            let page =
                store.write_now("relink", move |tx| relink(tx, (after, PAGE), decision, now))?;
            ask_about(config, &page.done)?;
            all.extend(page.done);
            pages += 1;
            if pages.is_multiple_of(SAID_EVERY) {
                let (persons, changes) = (pages * u64::from(PAGE), all.len());
                output.progress(&format!("{persons} persons compared, {changes} changed"));
            }
            after = page.last;
            if after.is_none() {
                return Ok((decision, all));
            }
        }
    }

    fn undo(
        &self,
        of: DecisionId,
        (store, config): (&Store, &Config),
        output: &Output,
    ) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let kept = store.read_now("decision", move |tx| decision::find(tx, of))?;
        let is_one = kept.is_some_and(|kept| kept.decision.kind == RELINK);
        if !is_one {
            bail!(
                "decision {} did not compare persons anew: `savin-hub persons show` names the decision \
                 of a joining",
                of.0
            );
        }
        let now = (app::world().wall)();
        let subject = format!("decision/{}", of.0);
        let signed = signer.sign("persons-relink-undo", &subject, "undo", &self.reason, now)?;
        let decision = store.write_now("decision", move |tx| decision::record(tx, &signed))?;
        let (mut done, mut left) = (Vec::new(), Vec::new());
        let mut place = Some(Place::START);
        while let Some(from) = place {
            let page = store.write_now("undo relink", move |tx| {
                take_back(tx, of, from, decision, now)
            })?;
            ask_about(config, &page.done)?;
            done.extend(page.done);
            left.extend(page.left);
            place = page.next;
        }
        let counts = Counts::of(&done);
        if output.is_json() {
            let left: Vec<_> = left.iter().map(as_json).collect();
            return output.object(&json!({
                "decision": decision.0, "parted": counts.parts, "joined": counts.joins, "left": left,
            }));
        }
        output.line(&format!(
            "{} pairs were taken apart again and stay so, and {} joined again.",
            counts.parts, counts.joins
        ))?;
        if left.is_empty() {
            return Ok(());
        }
        output.line("These stand, since somebody was joined further: `savin-hub persons split`, the last first.")?;
        output.table(&HEADER, left.iter().map(row).collect())
    }

    fn show(&self, all: &BTreeSet<Change>, counts: Counts, output: &Output) -> anyhow::Result<()> {
        let shown = all.iter().take(self.limit);
        let Counts {
            joins,
            parts,
            asks,
            doubts,
        } = counts;
        if output.is_json() {
            for change in shown {
                output.object(&as_json(change))?;
            }
            return output.object(&json!({
                "joins": joins, "parts": parts, "asks": asks, "doubts": doubts,
                "changes": joins + parts,
            }));
        }
        output.table(&HEADER, shown.map(row).collect())?;
        output.line(&format!(
            "{joins} pairs would be joined, {parts} joinings taken back, of {asks} pairs staff would be \
             asked, and {doubts} persons have a record that would stand alone. Nothing was changed; what \
             a person decided is left out. To do it: savin-hub persons relink --changes {} --reason TEXT \
             --as KEYFILE",
            joins + parts
        ))
    }
}

/// Compares everybody, and changes nothing.
fn compare(store: &Store, output: &Output) -> anyhow::Result<BTreeSet<Change>> {
    let mut all = BTreeSet::new();
    let mut after = None;
    let mut pages: u64 = 0;
    loop {
        let (found, last) = store.read_now("compare", move |tx| changes(tx, after, PAGE))?;
        all.extend(found);
        if last.is_none() {
            return Ok(all);
        }
        pages += 1;
        if pages.is_multiple_of(SAID_EVERY) {
            output.progress(&format!("{} persons compared", pages * u64::from(PAGE)));
        }
        after = last;
    }
}

/// Has those asked whom they meant who registered about persons who were taken apart.
fn ask_about(config: &Config, done: &[Change]) -> anyhow::Result<()> {
    for change in done {
        if let Change::Part(person, into, _) = change {
            ask_whom_they_meant(config, *into, *person).with_context(|| {
                format!(
                    "{into} and {person} are parted, and nobody was asked yet whom those meant who \
                     registered about the first: call them"
                )
            })?;
        }
    }
    Ok(())
}

const HEADER: [&str; 4] = ["would", "the one", "the other", "why"];

fn row(change: &Change) -> Vec<String> {
    let (what, one, other, why) = told(change);
    vec![
        what.to_owned(),
        one,
        other.unwrap_or_default(),
        why.to_owned(),
    ]
}

fn as_json(change: &Change) -> serde_json::Value {
    let (what, one, other, why) = told(change);
    json!({ "change": what, "one": one, "other": other, "why": why })
}

fn told(change: &Change) -> (&'static str, String, Option<String>, &'static str) {
    match change {
        Change::Part(person, into, _) => (
            "part",
            into.to_string(),
            Some(person.to_string()),
            "the hub would not join them any more",
        ),
        Change::Join(one, other) => ("join", one.to_string(), Some(other.to_string()), "certain"),
        Change::Ask(one, other, why) => (
            "ask",
            one.to_string(),
            Some(other.to_string()),
            why.as_str(),
        ),
        Change::Doubt(person) => (
            "doubt",
            person.to_string(),
            None,
            "a record of it would stand alone",
        ),
    }
}
