//! What staff decided since a backup was made, when it is put back: what can be carried out again is, as it was signed;
//! of the rest a task each has a person do it again. Courts' orders have a journal of their own.

use anyhow::Context as _;
use jiff::Timestamp;

use super::again::{self, Again, MERGE, SPLIT};
use super::decisions::Decisions;
use crate::app;
use crate::config::Config;
use crate::decided::entry::Decided;
use crate::ids::PersonId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::task::{NewTask, TaskKind};
use crate::vault::command::{Command, StaffCommand};

/// Decisions of which each is a task; of more only that there were more is one.
const DECISIONS_MAX: usize = 200;

/// How soon staff looks at them.
const URGENCY: u8 = 1;

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

/// What staff decided since a moment; nothing where nobody knows.
pub(super) struct Lost {
    decisions: Option<Vec<Decided>>,
    /// Until when, from the backup on, nobody knows.
    unknown_until: Option<Timestamp>,
    /// Whether the journal said it, since the registry could not.
    is_from_journal: bool,
    /// Decisions that are carried out again.
    again: usize,
}

impl Lost {
    /// Takes what staff decided, or, of a vault that is put back alone (`is_vault`), what the vault knows of.
    pub(super) fn of(decisions: &Decisions, is_vault: bool) -> Self {
        let asked = |decided: &&Decided| is_asked(&decided.signed.decision, is_vault);
        let made = decisions.made.as_ref();
        Self {
            decisions: made.map(|made| made.iter().filter(asked).cloned().collect()),
            unknown_until: decisions.unknown_until,
            is_from_journal: decisions.is_from_journal,
            again: 0,
        }
    }

    /// Leaves out what need not be decided again.
    pub(super) fn leave_out(&mut self, is_done: impl Fn(&Decision) -> bool) {
        if let Some(decisions) = &mut self.decisions {
            decisions.retain(|made| !is_done(&made.signed.decision));
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
        for decided in std::mem::take(decisions) {
            let signature = decided.signed.decision.signature.clone();
            let is_kept = move |tx: &mut Tx<'_>| decision::is_kept(tx, &signature);
            if registry.read_now("lost", is_kept)? {
                continue;
            }
            match again::carry_out(&registry, &decided, now) {
                Ok(Again::Done(parted)) => {
                    self.again += 1;
                    if let (Some((from, to)), true) = (parted, asks_whom) {
                        ask_whom_they_meant(config, from, to)?;
                    }
                }
                // What it names came later or was taken back: a person looks.
                Ok(Again::ByAPerson) | Err(StoreError::Refused(_) | StoreError::Damaged(_)) => {
                    left.push(decided);
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
        let (parted, left): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|decided| is_parting(&decided.signed.decision));
        *decisions = left;
        let parted = parted.iter().map(|decided| &decided.signed.decision);
        for (one, other) in parted.filter_map(again::named) {
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
            return vec![task(subject("decisions"), unknown(made_at, restored_at))];
        };
        let each = decisions.iter().enumerate().map(|(place, decided)| {
            let made = &decided.signed.decision;
            let note = format!(
                "{} decided at {:.0}: {}, {} {}. What was put back does not know it: do it again if it still holds",
                made.staff, made.decided_at, made.kind, made.choice, made.subject
            );
            task(subject(&place.to_string()), note)
        });
        let mut tasks: Vec<NewTask> = each.take(DECISIONS_MAX).collect();
        if let Some(until) = self.unknown_until {
            tasks.push(task(subject("decisions"), unknown(made_at, until)));
        }
        if decisions.len() > DECISIONS_MAX {
            let note = format!(
                "More than {DECISIONS_MAX} decisions of staff are lost: beside those of the other tasks see the registry that \
                 was moved aside, hub/README.md says how"
            );
            tasks.push(task(subject("more"), note));
        }
        tasks
    }

    /// Says it.
    pub(super) fn said(&self, is_dry_run: bool) -> String {
        let Some(decisions) = &self.decisions else {
            return "The registry that stands there cannot be read, nor a journal of decisions: what staff decided \
                    since is not known, and a task says from when to when."
                .to_owned();
        };
        let begin = if self.is_from_journal {
            "The registry that stands there cannot be read, and the journal says what staff decided. "
        } else {
            ""
        };
        let until = self.unknown_until.map_or_else(String::new, |until| {
            format!(
                " What they decided before {until:.0} is not known: the journal was begun then."
            )
        });
        let done = if is_dry_run {
            format!(
                "Decided by staff since it was made: {}. What can be is decided again, the rest are tasks.",
                decisions.len()
            )
        } else {
            format!(
                "Decided by staff since it was made: {} were carried out again, {} are tasks.",
                self.again,
                decisions.len()
            )
        };
        format!("{begin}{done}{until}")
    }

    /// Says whether the journal said it, since the registry could not.
    pub(super) const fn is_from_journal(&self) -> bool {
        self.is_from_journal
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
    !(is_vault && IN_REGISTRY.iter().any(|begins| kind.starts_with(begins)))
}

fn ask_whom_they_meant(config: &Config, from: PersonId, to: PersonId) -> anyhow::Result<()> {
    let parted = Command::Staff(StaffCommand::Parted { from, to });
    app::open_vault(config)?
        .handle(parted)
        .context("failed to ask whom those meant who registered about somebody who was parted")?;
    Ok(())
}

/// Says that nobody knows what staff decided between two moments.
fn unknown(from: Timestamp, to: Timestamp) -> String {
    format!(
        "What staff decided from {from:.0} to {to:.0} is not known: neither the registry that stood there nor the \
         journal of decisions can say it. Ask everybody who was on duty then, and decide again what still holds: who is \
         one and who is two (`savin-hub persons`), what was taken back (`correct`), rules, recipients, members of \
         staff, agents that were revoked, and each open task of `savin-hub tasks`"
    )
}

fn task(subject: String, note: String) -> NewTask {
    NewTask::of((TaskKind::Other, subject), URGENCY, note)
}
