//! A named person decides about the changes that the guard holds: they pass, or they are forgotten.

use jiff::Timestamp;
use jiff::civil::Date;
use savin_shared::chain::Salt;
use savin_shared::delta::{Change, Origin};
use savin_shared::envelope::SealedBatch;
use savin_shared::ids::{FeedName, RecordNumber};

use crate::diff::Class;
use crate::guard::Day;
use crate::journal::feed::{Ended, Export, FeedState, Passage};
use crate::journal::hold::{Action, Decision, Held, HoldUpdate};
use crate::journal::{self, Capture, Journal, JournalError, Steps, feed, hold, shape};
use crate::signer::Signer;

/// A person's decision: who, when, and on which day of the agency's calendar.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// The name that the decision is kept under.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// On which day.
    pub day: Date,
}

/// Which of the changes that a feed holds a person has decided about.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// Those of these records; of an export that is doubted as a whole, none.
    Only(&'a [RecordNumber]),
}

impl Which<'_> {
    /// Says whether a held change is among them.
    #[must_use]
    pub fn takes(self, held: &Held) -> bool {
        match self {
            Self::All => true,
            Self::Only(numbers) => numbers.contains(&held.key.number),
        }
    }
}

/// Stores changes that a feed holds as believed, and returns how many there were.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used.
pub fn release(
    journal: &mut Journal,
    signer: &Signer,
    which: (&FeedName, Which<'_>),
    decider: Decider<'_>,
    secret: Salt,
) -> Result<(u64, Vec<SealedBatch>), JournalError> {
    let as_what = (Action::Released, Origin::ReleasedHold);
    pass(journal, signer, which, (decider, as_what), secret)
}

/// Stores changes that a feed holds as how things stand, of which the hub tells nobody, and
/// returns how many there were. Where they contradict what it knows of custody, a person there looks.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used.
pub fn level(
    journal: &mut Journal,
    signer: &Signer,
    which: (&FeedName, Which<'_>),
    decider: Decider<'_>,
    secret: Salt,
) -> Result<(u64, Vec<SealedBatch>), JournalError> {
    let as_what = (Action::Levelled, Origin::Baseline);
    pass(journal, signer, which, (decider, as_what), secret)
}

fn pass(
    journal: &mut Journal,
    signer: &Signer,
    (name, which): (&FeedName, Which<'_>),
    (decider, as_what): (Decider<'_>, (Action, Origin)),
    secret: Salt,
) -> Result<(u64, Vec<SealedBatch>), JournalError> {
    // The agent may be running: what is held is read in the transaction that stores it.
    journal.write(|tx| {
        let export = hold::load(tx, name)?.and_then(|hold| hold.export);
        let mut held = hold::changes(tx, name)?;
        held.retain(|held| which.takes(held));
        let is_whole = export.is_none() || matches!(which, Which::All);
        let state = feed::load(tx, name)?.filter(|_| is_whole && !held.is_empty());
        let Some(state) = state else {
            return Ok((0, Vec::new()));
        };
        let count = held.len() as u64;
        let capture = released(name, (held, export), state, (decider, as_what), secret);
        let batches = journal::store(tx, signer, capture)?;
        if matches!(which, Which::All) {
            shape::accept(tx, name)?;
        }
        Ok((count, batches))
    })
}

/// Makes a capture of what a person let pass.
fn released<'a>(
    name: &'a FeedName,
    (held, export): (Vec<Held>, Option<Export>),
    mut state: FeedState,
    (decider, (action, origin)): (Decider<'_>, (Action, Origin)),
    secret: Salt,
) -> Capture<'a> {
    let count = held.len() as u64;
    let records = held.iter().map(|held| held.key.clone()).collect();
    let is_loss = |held: &&Held| matches!(held.class, Class::Absent | Class::TurnedUnknown);
    let added = held.iter().filter(|held| held.class == Class::New).count() as u64;
    let passage = Passage {
        day: Day {
            lost: 0,
            admitted: added,
            listed: state.listed,
            span: 1,
        },
        approved: held.iter().filter(is_loss).count() as u64,
    };
    let removed = held
        .iter()
        .filter(|held| matches!(held.step.delta.change, Change::NoLongerListed(_)))
        .count() as u64;
    // What a person let pass once says nothing of what is usual; on many days it does.
    let mut ended = Ended::default();
    for held in held.iter().filter(|held| held.class == Class::Ended) {
        ended.approved += 1;
        ended.given.count(&held.step.delta.change);
    }
    state.listed = state.listed.saturating_add(added).saturating_sub(removed);
    if let Some(export) = &export {
        // The doubt is gone: this is the last export that was taken.
        state.captured_at = Some(decider.at);
        state.changed_at = Some(export.exported_at);
        state.exported_at = state.exported_at.max(Some(export.exported_at));
        state.last_content = Some(export.content);
    }
    let steps = held.into_iter().map(move |held| {
        let mut step = held.step;
        step.delta.origin = origin;
        step
    });
    Capture {
        feed: name,
        follows: None,
        steps: Steps::made(steps),
        state,
        export,
        told: Vec::new(),
        passage: Some((decider.day, passage)),
        ended,
        hold: HoldUpdate::Decide(decision(decider, action, count), records),
        shape: None,
        secret,
        at: decider.at,
    }
}

/// Forgets the changes that a feed holds, and returns how many there were.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used.
pub fn drop_held(
    journal: &mut Journal,
    name: &FeedName,
    decider: Decider<'_>,
) -> Result<u64, JournalError> {
    journal.write(|tx| {
        let held = hold::changes(tx, name)?;
        let count = held.len() as u64;
        if count > 0 {
            let decision = decision(decider, Action::Dropped, count);
            let records = held.into_iter().map(|held| held.key).collect();
            hold::update(tx, name, &HoldUpdate::Decide(decision, records), decider.at)?;
        }
        Ok(count)
    })
}

fn decision(decider: Decider<'_>, action: Action, changes: u64) -> Decision {
    Decision {
        by: decider.by.to_owned(),
        action,
        changes,
    }
}
