//! `persons`: who is known, who may be the same, and what a named person makes of it.

mod relink;
mod side;
mod weighing;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::ids::{PersonId, RecordId};
use crate::intake::deciding::{self, Parting};
use crate::linkage::judging::{Judged, Verdict};
use crate::linkage::weights::Weights;
use crate::names::words;
use crate::store::registry::task::{self, TaskKind};
use crate::store::registry::{face, weights};
use crate::store::registry::{lookup, merge};
use crate::store::{Store, StoreError};
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};
use relink::Relink;
use side::Side;
use weighing::Weigh;

/// Persons that `find` shows.
const FOUND_MAX: usize = 25;

/// What is done about persons.
#[derive(Debug, Subcommand)]
pub(super) enum PersonsCommand {
    /// Find persons by a name or a number, and show which of them is which: what other commands call PERSON
    /// stands in the first column.
    Find {
        /// Words of a name in any order, or a number: MDOC's, the state's, the FBI's, the agency's own.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Show what is known of a person: names, numbers, records, and whom it was joined with.
    Show {
        /// The identifier in the address of the person's page, as `persons find` shows it; an earlier one too.
        person: PersonId,
    },
    /// Show two persons side by side with every comparison and its weight; without persons, what waits
    /// for such a look.
    Review {
        /// The one.
        #[arg(requires = "other")]
        one: Option<PersonId>,
        /// The other.
        other: Option<PersonId>,
    },
    /// Decide that two are one person. `split` takes it back.
    Merge(Merge),
    /// Decide that two are two people, take a joining back, or take records out of a person.
    Split(Split),
    /// Show the weights by which persons are told apart, learn them from the registry, adopt them.
    Weights(Weigh),
    /// Compare everybody by the present weights: show what would be joined and taken back, do it, undo it.
    Relink(Relink),
}

/// A decision that two are one.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The one.
    one: PersonId,
    /// The other. Whoever was known first remains.
    other: PersonId,
    /// Why, in a few words: nothing of a registrant.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

/// A decision that two are two.
#[derive(Debug, Args)]
pub(super) struct Split {
    /// The person.
    one: PersonId,
    /// Who is somebody else. One that was joined to the person gets back what was moved.
    other: Option<PersonId>,
    /// Take this record out, by its number in `persons show`: for the other, or for somebody new. May be
    /// repeated.
    #[arg(long = "record", value_name = "NUMBER")]
    records: Vec<i64>,
    /// Why, in a few words: nothing of a registrant.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

impl PersonsCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Find { words } => find(&words.join(" "), config, output),
            Self::Show { person } => show(*person, config, output),
            Self::Review {
                one: Some(one),
                other: Some(other),
            } => review(*one, *other, config, output),
            Self::Review { .. } => waiting(config, output),
            Self::Merge(merge) => merge.run(config, output),
            Self::Split(split) => split.run(config, output),
            Self::Weights(weigh) => weigh.run(config, output),
            Self::Relink(relink) => relink.run(config, output),
        }
    }
}

fn find(wanted: &str, config: &Config, output: &Output) -> anyhow::Result<()> {
    let sides = found(&app::open_registry(config)?, wanted)?;
    if output.is_json() {
        return sides
            .iter()
            .try_for_each(|side| output.object(&side.json()));
    }
    if sides.is_empty() {
        return output.line("Nobody is known by that. Fewer words find more.");
    }
    let rows = sides.iter().map(Side::rows);
    let names = ["person", "names", "born", "sex", "numbers", "records"];
    let rows = rows.map(|row| {
        let shown = row.into_iter().filter(|(name, _)| names.contains(name));
        shown.map(|(_, value)| value).collect()
    });
    output.table(&names, rows.collect())?;
    if sides.len() == FOUND_MAX {
        output.line("There may be more: give more words.")?;
    }
    Ok(())
}

fn found(store: &Store, wanted: &str) -> Result<Vec<Side>, StoreError> {
    let wanted = words(wanted);
    store.read_now("persons", move |tx| {
        let found = lookup::find(tx, &wanted, FOUND_MAX)?.into_iter();
        found.map(|person| Side::load(tx, person)).collect()
    })
}

fn show(person: PersonId, config: &Config, output: &Output) -> anyhow::Result<()> {
    let (side, merges) = app::open_registry(config)?.read_now("person", move |tx| {
        let current = merge::current(tx, person)?;
        Ok((Side::load(tx, current)?, merge::of_person(tx, current)?))
    })?;
    if side.is_empty() {
        bail!("nobody is known as {person}");
    }
    if output.is_json() {
        let merges: Vec<_> = merges.iter().map(merge_json).collect();
        let mut value = side.json();
        if let Some(object) = value.as_object_mut() {
            object.insert("merges".to_owned(), json!(merges));
        }
        return output.object(&value);
    }
    let rows = side.rows().into_iter();
    output.table(
        &["", "what is known"],
        rows.map(|(name, value)| vec![name.to_owned(), value])
            .collect(),
    )?;
    let rows = merges.iter().map(|merge| {
        let joining = &merge.joining;
        vec![
            joining.person.to_string(),
            joining.into.to_string(),
            format!("{:.0}", merge.merged_at),
            decided_by(merge),
            merge
                .undone_at
                .map_or_else(String::new, |at| format!("{at:.0}")),
            joining.why.clone(),
        ]
    });
    output.table(
        &["joined", "into", "when", "by", "undone", "why"],
        rows.collect(),
    )
}

fn decided_by(merge: &merge::Merge) -> String {
    merge.joining.decision.map_or_else(
        || "the hub".to_owned(),
        |decision| format!("decision {}", decision.0),
    )
}

fn merge_json(merge: &merge::Merge) -> serde_json::Value {
    json!({
        "person": merge.joining.person.to_string(),
        "into": merge.joining.into.to_string(),
        "why": merge.joining.why,
        "by": decided_by(merge),
        "merged_at": merge.merged_at,
        "undone_at": merge.undone_at,
    })
}

fn waiting(config: &Config, output: &Output) -> anyhow::Result<()> {
    let tasks = app::open_registry(config)?.read_now("doubts", |tx| {
        task::open_ones(tx, Some(TaskKind::IdentityDoubt), 1_000)
    })?;
    if output.is_json() {
        for row in &tasks {
            output.object(&json!({
                "task": row.task.0.to_string(),
                "one": row.about.person.map(|person| person.to_string()),
                "other": row.about.other.map(|person| person.to_string()),
                "record": row.about.record.map(|record| record.0),
                "why": row.about.note,
                "opened_at": row.opened_at,
                "level": row.level.as_str(),
            }))?;
        }
        return Ok(());
    }
    if tasks.is_empty() {
        return output.line("No two persons wait for a look.");
    }
    let rows = tasks.iter().map(|row| {
        vec![
            row.task.0.to_string(),
            row.level.to_string(),
            format!("{:.0}", row.opened_at),
            row.about.note.clone(),
        ]
    });
    output.table(&["task", "level", "since", "why and how"], rows.collect())
}

fn review(one: PersonId, other: PersonId, config: &Config, output: &Output) -> anyhow::Result<()> {
    let (sides, judged, weights) = app::open_registry(config)?.read_now("review", move |tx| {
        let (one, other) = (merge::current(tx, one)?, merge::current(tx, other)?);
        let sides = [Side::load(tx, one)?, Side::load(tx, other)?];
        let weights = weights::load(tx)?;
        Ok((sides, face::judged(tx, &weights, one, other)?, weights))
    })?;
    let [one, other] = &sides;
    if one.person == other.person {
        bail!(
            "they are one person by now: see `savin-hub persons show {}`",
            one.person
        );
    }
    if output.is_json() {
        return output.object(&json!({
            "one": one.json(),
            "other": other.json(),
            "judged": judged_json(&judged, &weights),
        }));
    }
    let rows = one.rows().into_iter().zip(other.rows());
    let rows = rows.map(|((name, one), (_, other))| vec![name.to_owned(), one, other]);
    output.table(&["", "the one", "the other"], rows.collect())?;
    let lines = judged.compared.lines.iter().map(|line| {
        vec![
            line.comparison.as_str().to_owned(),
            line.level.as_str().to_owned(),
            format!("{:+.1}", line.bits),
        ]
    });
    let mut lines: Vec<_> = lines.collect();
    let population = judged.bits - judged.compared.bits();
    lines.push(vec![
        "among so many people".to_owned(),
        String::new(),
        format!("{population:+.1}"),
    ]);
    lines.push(vec![
        "together".to_owned(),
        verdict(judged.verdict).to_owned(),
        format!("{:+.1}", judged.bits),
    ]);
    output.table(&["compared", "how they agree", "bits"], lines)?;
    let (one, other) = (one.person, other.person);
    output.line(&format!(
        "One person: savin-hub persons merge {one} {other} --as KEYFILE\nTwo people: savin-hub \
         persons split {one} {other} --as KEYFILE"
    ))
}

fn judged_json(judged: &Judged, weights: &Weights) -> serde_json::Value {
    let lines = judged.compared.lines.iter().map(|line| {
        json!({
            "comparison": line.comparison.as_str(),
            "level": line.level.as_str(),
            "bits": line.bits,
        })
    });
    json!({
        "comparisons": lines.collect::<Vec<_>>(),
        "population_bits": judged.bits - judged.compared.bits(),
        "bits": judged.bits,
        "verdict": verdict(judged.verdict),
        "weights": weights.version(),
    })
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Join => "one person",
        Verdict::Review(why) => why.as_str(),
        Verdict::Apart => "two people",
    }
}

impl Merge {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let (first, second) = (self.one.min(self.other), self.one.max(self.other));
        let subject = merge::subject(first, second);
        let signed = signer.sign("person-merge", &subject, "merge", &self.note, now)?;
        let into = app::open_registry(config)?.write_now("merge", move |tx| {
            deciding::merge(tx, (first, second), &signed, now)
        })?;
        if output.is_json() {
            return output.object(&json!({ "person": into.to_string(), "choice": "merge" }));
        }
        output.line(&format!(
            "One person now: {into}. `savin-hub tasks` asks what is to be told late; `savin-hub \
             persons split` takes it back."
        ))
    }
}

impl Split {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let (now, random) = ((app::world().wall)(), app::world().random);
        if self.other.is_none() && self.records.is_empty() {
            bail!("name who is somebody else, or with --record what is somebody else's");
        }
        let one = self.one;
        let other = self.other.unwrap_or_else(|| PersonId::new(now, (random)()));
        let parting = Parting {
            one,
            other,
            is_new: self.other.is_none(),
            records: self.records.iter().copied().map(RecordId).collect(),
        };
        let subject = merge::subject(one, other);
        let numbers: Vec<String> = self.records.iter().map(i64::to_string).collect();
        let choice = format!("split {}", numbers.join(" "));
        let signed = signer.sign("person-split", &subject, choice.trim(), &self.note, now)?;
        let parted = app::open_registry(config)?.write_now("split", move |tx| {
            deciding::split(tx, &parting, &signed, now)
        })?;
        let is_asked = match parted {
            Some((from, to)) => ask_whom_they_meant(config, from, to).context(
                "they are parted, and nobody was asked yet whom those meant who registered about the first: \
                 call them",
            )?,
            None => false,
        };
        if output.is_json() {
            return output.object(&json!({
                "one": one.to_string(), "other": other.to_string(), "choice": "split",
                "asked": is_asked,
            }));
        }
        output.line(&format!("Two people from now on: {one} and {other}."))?;
        if is_asked {
            output.line(
                "`savin-hub tasks --kind identity-doubt` has a task for each who may have meant the other.",
            )?;
        }
        Ok(())
    }
}

/// Opens a task for each registrant who may have meant the other; says whether there are any.
fn ask_whom_they_meant(config: &Config, from: PersonId, to: PersonId) -> anyhow::Result<bool> {
    let parted = Command::Staff(StaffCommand::Parted { from, to });
    let answer = app::open_vault(config)?.handle(parted)?;
    let Answer::Staff(StaffAnswer::Changed(is_asked)) = answer else {
        bail!("the vault gave another answer");
    };
    Ok(is_asked)
}

#[cfg(test)]
mod tests;
