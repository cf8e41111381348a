//! What staff decided since a backup was made: read in the registry that is about to be moved aside, or that stays
//! beside a vault that is put back. Who is one and who is two is decided again at once, as it was signed; of the
//! rest a task each has a person do it again. Courts' orders have a journal of their own.

use anyhow::Context as _;
use jiff::Timestamp;

use crate::app;
use crate::config::Config;
use crate::ids::{PersonId, RecordId};
use crate::intake::deciding::{self, Parting};
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::task::{NewTask, TaskKind};
use crate::store::registry::{SCHEMA, person, record};
use crate::store::{Place, Store, StoreError};
use crate::vault::command::{Command, StaffCommand};

/// Decisions of which each is a task; of more only that there were more is one.
const DECISIONS_MAX: u32 = 200;

/// How soon staff looks at them.
const URGENCY: u8 = 1;

/// That two are one.
const MERGE: &str = "person-merge";

/// That two are two.
const SPLIT: &str = "person-split";

/// What is decided through the journal of orders, and carried out anew from there.
const IN_JOURNAL: [&str; 3] = ["seal", "unseal", "expunge"];

/// What begins the kinds of decisions of which the vault has nothing.
const IN_REGISTRY: [&str; 9] = [
    MERGE,
    "persons-",
    "rules-",
    "clocks-",
    "staff-",
    "recipient-",
    "office-",
    "conviction",
    "import",
];

/// What staff decided since a moment; nothing where the registry that knows cannot be read.
pub(super) struct Lost {
    decisions: Option<Vec<Decision>>,
    /// Decisions that are carried out again.
    again: usize,
}

impl Lost {
    /// Asks the registry that is about to be moved aside, or, of a vault that is put back alone (`is_vault`), the
    /// one that stays for what the vault knows of.
    pub(super) fn since(registry: &Place, made_at: Timestamp, is_vault: bool) -> Self {
        let is_there = !matches!(registry, Place::File(path) if !path.exists());
        let read = || -> Result<Vec<Decision>, StoreError> {
            let store = Store::open(registry, &SCHEMA)?;
            store.read_now("lost", move |tx| {
                let found = decision::since(tx, made_at, DECISIONS_MAX + 1)?;
                let asked = found
                    .into_iter()
                    .filter(|decision| is_asked(decision, is_vault));
                Ok(asked.collect())
            })
        };
        Self {
            decisions: is_there.then(read).and_then(Result::ok),
            again: 0,
        }
    }

    /// Leaves out what need not be decided again.
    pub(super) fn leave_out(&mut self, is_done: impl Fn(&Decision) -> bool) {
        if let Some(decisions) = &mut self.decisions {
            decisions.retain(|made| !is_done(made));
        }
    }

    /// Decides again what the registry that was put back can carry out, and leaves that out with what it knows all
    /// the same. Where two were parted, whoever may have meant the other is asked if the vault does not know of it
    /// (`asks_whom`).
    ///
    /// # Errors
    /// Returns why it cannot be read.
    pub(super) fn decide_again(
        &mut self,
        config: &Config,
        (asks_whom, now): (bool, Timestamp),
    ) -> anyhow::Result<()> {
        let registry = app::open_registry(config)?;
        let Some(decisions) = &mut self.decisions else {
            return Ok(());
        };
        let mut left = Vec::new();
        for decision in std::mem::take(decisions) {
            let signature = decision.signature.clone();
            let is_kept = move |tx: &mut Tx<'_>| decision::is_kept(tx, &signature);
            if registry.read_now("lost", is_kept)? {
                continue;
            }
            match carried_out(&registry, &decision, now) {
                Ok(Some(parted)) => {
                    self.again += 1;
                    if let (Some((from, to)), true) = (parted, asks_whom) {
                        ask_whom_they_meant(config, from, to)?;
                    }
                }
                // What it names came later or was taken back: a person looks.
                Ok(None) | Err(StoreError::Refused(_) | StoreError::Damaged(_)) => {
                    left.push(decision);
                }
                Err(failure) => return Err(failure).context("failed to decide again"),
            }
        }
        *decisions = left;
        Ok(())
    }

    /// Has whoever may have meant somebody else asked again, where a vault was put back that does not know that two
    /// were parted since.
    ///
    /// # Errors
    /// Returns why the vault cannot be asked.
    pub(super) fn ask_again(&mut self, config: &Config) -> anyhow::Result<()> {
        let Some(decisions) = &mut self.decisions else {
            return Ok(());
        };
        let all = std::mem::take(decisions);
        let (parted, left): (Vec<_>, Vec<_>) = all.into_iter().partition(is_parting);
        *decisions = left;
        for (one, other) in parted.iter().filter_map(named) {
            self.again += 1;
            ask_whom_they_meant(config, one, other)?;
            ask_whom_they_meant(config, other, one)?;
        }
        Ok(())
    }

    /// Makes a task of each decision that a person has to make again; of all that were made between two moments where
    /// nobody knows which.
    pub(super) fn tasks(&self, (made_at, restored_at): (Timestamp, Timestamp)) -> Vec<NewTask> {
        let subject = |of: &str| format!("restored:{}/{of}", restored_at.as_microsecond());
        let Some(decisions) = self.decisions.as_deref() else {
            let note = format!(
                "What staff decided from {made_at:.0} to {restored_at:.0} is not known, and the registry that stood \
                 there cannot be read. Ask everybody who was on duty then, and decide again what still holds: who is \
                 one and who is two (`savin-hub persons`), what was taken back (`correct`), rules, recipients, members \
                 of staff, agents that were revoked, and each open task of `savin-hub tasks`"
            );
            return vec![task(subject("decisions"), note)];
        };
        let each = decisions.iter().enumerate().map(|(place, made)| {
            let note = format!(
                "{} decided at {:.0}: {}, {} {}. What was put back does not know it: do it again if it still holds",
                made.staff, made.decided_at, made.kind, made.choice, made.subject
            );
            task(subject(&place.to_string()), note)
        });
        let most = usize::try_from(DECISIONS_MAX).unwrap_or(usize::MAX);
        let mut tasks: Vec<NewTask> = each.take(most).collect();
        if decisions.len() > most {
            let note = format!(
                "More than {most} decisions of staff are lost: beside those of the other tasks see the registry that \
                 was moved aside, hub/README.md says how"
            );
            tasks.push(task(subject("more"), note));
        }
        tasks
    }

    /// Says it.
    pub(super) fn said(&self, is_dry_run: bool) -> String {
        match &self.decisions {
            None => "The registry that stands there cannot be read: what staff decided since is not known, and a task \
                     says from when to when."
                .to_owned(),
            Some(decisions) if is_dry_run => format!(
                "Decided by staff since it was made: {}. Who is one and who is two is decided again, the rest are \
                 tasks.",
                decisions.len()
            ),
            Some(decisions) => format!(
                "Decided by staff since it was made: {} were carried out again, {} are tasks.",
                self.again,
                decisions.len()
            ),
        }
    }

    /// Returns how many decisions a person has to make again, where that is known, and how many were carried out.
    pub(super) fn counts(&self) -> (Option<usize>, usize) {
        (self.decisions.as_ref().map(Vec::len), self.again)
    }
}

/// Says whether all that a decision did is in the vault's own standing of registrants: what they follow, where they are
/// reached, what they were asked, and what may be spent on them.
pub(super) fn is_in_vault(made: &Decision) -> bool {
    const KINDS: [&str; 2] = ["contact-allow", "budget-raise"];
    const SUBJECTS: [&str; 2] = ["vault-task/", "registrant/"];
    KINDS.contains(&made.kind.as_ref())
        || SUBJECTS
            .iter()
            .any(|begins| made.subject.starts_with(begins))
}

/// Says whether a decision is that two are two.
pub(super) fn is_parting(made: &Decision) -> bool {
    made.kind == SPLIT
}

/// Says whether a decision is lost with what is put back.
fn is_asked(made: &Decision, is_vault: bool) -> bool {
    let kind = made.kind.as_ref();
    // A court had its words destroyed: what was done by it is destroyed as well.
    let is_destroyed = made.subject == "expunged";
    let is_elsewhere = is_vault && IN_REGISTRY.iter().any(|begins| kind.starts_with(begins));
    !is_destroyed && !is_elsewhere && !IN_JOURNAL.contains(&kind)
}

/// Carries out again that two are one or two, and returns who was parted from whom; nothing for what only a person
/// can do again.
fn carried_out(
    registry: &Store,
    made: &Decision,
    now: Timestamp,
) -> Result<Option<Option<(PersonId, PersonId)>>, StoreError> {
    let Some((one, other)) = named(made) else {
        return Ok(None);
    };
    let signed = made.clone();
    if made.kind == MERGE {
        let merge = move |tx: &mut Tx<'_>| deciding::merge(tx, (one, other), &signed, now);
        return registry.write_now("merge again", merge).map(|_| Some(None));
    }
    let numbers = made.choice.split(' ').skip(1).map(str::parse::<i64>);
    let Ok(records) = numbers.map(|number| number.map(RecordId)).collect() else {
        return Ok(None);
    };
    let records: Vec<RecordId> = records;
    let part = move |tx: &mut Tx<'_>| {
        // Whoever was new then is nobody now.
        let known = [person::exists(tx, one)?, person::exists(tx, other)?];
        let (from, to) = if known == [false, true] {
            (other, one)
        } else {
            (one, other)
        };
        let mut parting = Parting {
            one: from,
            other: to,
            is_new: known != [true, true],
            records: records.clone(),
        };
        let Some(first) = parting.records.first() else {
            return deciding::split(tx, &parting, &signed, now);
        };
        let whose = record::person_of(tx, *first)?;
        if whose == Some(to) {
            (parting.one, parting.other) = (to, from);
        }
        deciding::split(tx, &parting, &signed, now)
    };
    registry.write_now("split again", part).map(Some)
}

/// Returns whom a decision about two persons names.
fn named(made: &Decision) -> Option<(PersonId, PersonId)> {
    if ![MERGE, SPLIT].contains(&made.kind.as_ref()) {
        return None;
    }
    let (one, other) = made.subject.strip_prefix("persons/")?.split_once('+')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

fn ask_whom_they_meant(config: &Config, from: PersonId, to: PersonId) -> anyhow::Result<()> {
    let parted = Command::Staff(StaffCommand::Parted { from, to });
    app::open_vault(config)?
        .handle(parted)
        .context("failed to ask whom those meant who registered about somebody who was parted")?;
    Ok(())
}

fn task(subject: String, note: String) -> NewTask {
    NewTask::of((TaskKind::Other, subject), URGENCY, note)
}
