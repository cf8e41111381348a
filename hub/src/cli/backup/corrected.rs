//! What staff took back since a backup was made: a release that was none is not told again because a hub forgot that
//! it was taken back.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::Timestamp;

use super::decisions::Decisions;
use crate::app;
use crate::config::Config;
use crate::decided::entry::About;
use crate::ids::EventId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::decision::Decision;
use crate::store::registry::instruction;
use crate::store::registry::task::NewTask;
use crate::store::registry::{decision, event};
use crate::vault::command::{Command, OrderCommand, StaffCommand};
use crate::work::task::TaskKind;

/// How soon staff looks at what is told to nobody.
const URGENCY: u8 = 1;

/// An event that staff took back, by which decision.
#[derive(Debug, Clone)]
struct Wrong {
    event: EventId,
    decision: Decision,
}

/// What staff took back since a moment; nothing where nobody knows.
pub(super) struct Corrected {
    wrong: Option<Vec<Wrong>>,
    /// Events that come again and are told to nobody.
    kept_back: usize,
    /// The signatures of the decisions by which they are.
    by: BTreeSet<Vec<u8>>,
}

impl Corrected {
    /// Takes what staff decided.
    pub(super) fn of(decisions: &Decisions) -> Self {
        let wrong = decisions.made.as_ref().map(|made| {
            let wrong = made.iter().flat_map(|decided| {
                let events = match &decided.about {
                    About::Events(events) => events.as_slice(),
                    About::Words | About::Staff(_) => &[],
                };
                events.iter().map(|event| Wrong {
                    event: *event,
                    decision: decided.signed.decision.clone(),
                })
            });
            wrong.collect()
        });
        Self {
            wrong,
            kept_back: 0,
            by: BTreeSet::new(),
        }
    }

    /// Takes back again what the registry that was put back has, and has nobody told of what comes again.
    ///
    /// # Errors
    /// Returns which database cannot be written.
    pub(super) fn keep(&mut self, config: &Config, now: Timestamp) -> anyhow::Result<()> {
        let registry = app::open_registry(config)?;
        let mut coming = Vec::new();
        for wrong in self.wrong.clone().unwrap_or_default() {
            let (event, by) = (wrong.event, wrong.decision.signature.clone());
            let again = move |tx: &mut Tx<'_>| {
                let Some(position) = event::position_of(tx, wrong.event)? else {
                    return Ok(false);
                };
                let by = decision::record(tx, &wrong.decision)?;
                instruction::correct(tx, &[position], by, now)?;
                Ok(true)
            };
            match registry.write_now("correct again", again) {
                Ok(true) => {}
                Ok(false) => {
                    self.by.insert(by);
                    coming.push(event);
                }
                // Whoever decided it is no member of staff here: what may be wrong goes out to nobody more, and the
                // decision itself is a task.
                Err(StoreError::Refused(_)) => coming.push(event),
                Err(failure) => return Err(failure).context("failed to correct again"),
            }
        }
        self.kept_back = coming.len();
        if coming.is_empty() {
            return Ok(());
        }
        let keep_back = OrderCommand::KeepBack { events: coming };
        app::open_vault(config)?
            .handle(Command::Staff(StaffCommand::Order(keep_back)))
            .context("failed to keep back what staff took back")?;
        Ok(())
    }

    /// Says whether nothing of a decision is left to be done.
    pub(super) fn holds(&self, made: &Decision) -> bool {
        self.by.contains(&made.signature)
    }

    /// Returns how many events come again and are told to nobody, where that is known.
    pub(super) fn kept_back(&self) -> Option<usize> {
        self.wrong.as_ref().map(|_| self.kept_back)
    }

    /// Has staff look at what is told to nobody.
    pub(super) fn task(&self, restored_at: Timestamp) -> Option<NewTask> {
        (self.kept_back > 0).then(|| {
            let subject = format!("restored:{}/corrected", restored_at.as_microsecond());
            let note = format!(
                "{} events that staff took back after the backup was made come again as their agents send them, and \
                 nobody is told of them. Whoever had not heard yet that they were wrong does not hear it either: \
                 where one was told shortly before the hub was lost, call whoever asked about that person",
                self.kept_back
            );
            NewTask::of((TaskKind::Other, subject), URGENCY, note)
        })
    }
}
