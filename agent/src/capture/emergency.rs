//! What somebody at the jail says by name when the booking system is down or slow: one signed delta in
//! a feed of its own, durable at once and sent like any other.
//!
//! The hub folds it into the very record that the booking system lists, so that the system's own word
//! for it, when that comes, is nothing new.

use jiff::Timestamp;
use savin_shared::chain::Salt;
use savin_shared::clock::{EffectiveAt, Moment, ObservedAt};
use savin_shared::delta::{Change, Coverage, Delta, DeltaError, Evidence, Origin, Row};
use savin_shared::hash::Hash;
use savin_shared::ids::{FeedName, RecordKey};
use savin_shared::record::custody::{Custody, CustodyState, ReleaseReason};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody};
use thiserror::Error;

use crate::journal::emergency::{self, Outcome, Said, Word};
use crate::journal::{Journal, JournalError, Step, own, shadow};
use crate::mapping::standing::Standing;
use crate::signer::Signer;

/// A record as a feed lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// By which feed.
    pub feed: FeedName,
    /// The record.
    pub record: Record,
    /// The hash of its row.
    pub row: Hash,
}

/// What a person says, and when.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// Who says it.
    pub by: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// The agent's clock.
    pub now: Timestamp,
    /// Fresh randomness for the salts.
    pub secret: Salt,
}

/// Why something cannot be said.
#[derive(Debug, Error)]
pub enum EmergencyError {
    /// It was said already, or the booking system says it.
    #[error("{0}: nothing was sent")]
    Known(String),
    /// Nobody said that this person had escaped, or may have.
    #[error(
        "neither the booking system nor anybody here said that this person had escaped: nothing was sent"
    )]
    NotEscaped,
    /// Nothing stands that could be taken back.
    #[error("nothing that was said of this record stands: nothing was sent")]
    NothingStands,
    /// The journal could not be used.
    #[error("failed to use the journal")]
    Journal(#[from] JournalError),
}

/// Finds a record in the feeds that list custody records.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be read.
pub fn listed(journal: &mut Journal, feeds: &[FeedName]) -> Result<Vec<Listed>, JournalError> {
    let rows = journal.read(shadow::rows)?;
    let mut listed = Vec::new();
    for row in rows.into_iter().filter(|row| feeds.contains(&row.feed)) {
        let (feed, row) = (row.feed, Row::from_bytes(row.row));
        let Ok(record) = row.record() else { continue };
        if record.custody().is_some() {
            listed.push(Listed {
                feed,
                record,
                row: row.hash(),
            });
        }
    }
    Ok(listed)
}

/// Returns what would be sent; `reason` is that of a release.
///
/// # Errors
/// Returns [`EmergencyError`] when it is known or cannot be.
pub fn state_after(
    journal: &mut Journal,
    listed: &Listed,
    word: Word,
    reason: ReleaseReason,
) -> Result<CustodyState, EmergencyError> {
    let key = listed.record.key();
    let said = journal.read(|tx| emergency::of(tx, &key))?;
    let standing = said.filter(|said| said.outcome.is_none());
    let source = listed.record.custody().map(|custody| custody.state);
    let is_escaped = match &standing {
        Some(said) => matches!(said.word, Word::Escape | Word::Suspicion),
        None => source.is_some_and(|state| Word::Suspicion.agrees(state)),
    };
    // Whoever has said an escape has said more than a suspicion.
    let says_it =
        |said: &&Said| said.word == word || (said.word, word) == (Word::Escape, Word::Suspicion);
    if let Some(said) = standing.as_ref().filter(says_it) {
        let (by, word, at) = (&said.by, said.word.as_str(), said.at);
        return Err(EmergencyError::Known(format!(
            "{by} said {word} at {at:.0} already"
        )));
    }
    let is_said = standing.is_none() && source.is_some_and(|state| word.agrees(state));
    match word {
        Word::Recapture if !is_escaped => Err(EmergencyError::NotEscaped),
        Word::Escape | Word::Suspicion | Word::Release if is_said => Err(EmergencyError::Known(
            "the booking system says so already".to_owned(),
        )),
        Word::Recapture => Ok(CustodyState::InCustody),
        Word::Escape => Ok(CustodyState::Escaped),
        Word::Suspicion => Ok(CustodyState::EscapeSuspected),
        Word::Release => Ok(CustodyState::OutOfCustody(reason)),
    }
}

/// Says something of a record: durable when this returns, and sent by the running agent.
///
/// # Errors
/// Returns [`EmergencyError`]; nothing is then stored.
pub fn say(
    journal: &mut Journal,
    signer: &Signer,
    listed: &Listed,
    (word, reason): (Word, ReleaseReason),
    statement: Statement<'_>,
) -> Result<CustodyState, EmergencyError> {
    let state = state_after(journal, listed, word, reason)?;
    let said = Said {
        key: listed.record.key(),
        word,
        by: statement.by.to_owned(),
        at: statement.now,
        feed: listed.feed.clone(),
        row: listed.row,
        outcome: None,
    };
    let evidence = Evidence::Emergency;
    store(
        journal,
        signer,
        listed,
        (state, evidence),
        (statement, Some(&said)),
    )?;
    Ok(state)
}

/// Takes back what was said of a record: its state is again what the booking system says. The hub
/// corrects whoever was told; it tells nobody who was not.
///
/// # Errors
/// Returns [`EmergencyError`]; nothing is then stored.
pub fn withdraw(
    journal: &mut Journal,
    signer: &Signer,
    listed: &Listed,
    statement: Statement<'_>,
) -> Result<(Word, CustodyState), EmergencyError> {
    let key = listed.record.key();
    let said = journal.read(|tx| emergency::of(tx, &key))?;
    let said = said.filter(|said| said.outcome.is_none());
    let word = said.ok_or(EmergencyError::NothingStands)?.word;
    let custody = listed.record.custody();
    let state = custody.map_or(CustodyState::Unknown, |custody| custody.state);
    let evidence = Evidence::Withdrawal;
    store(
        journal,
        signer,
        listed,
        (state, evidence),
        (statement, None),
    )?;
    Ok((word, state))
}

fn store(
    journal: &mut Journal,
    signer: &Signer,
    listed: &Listed,
    (state, evidence): (CustodyState, Evidence),
    (statement, said): (Statement<'_>, Option<&Said>),
) -> Result<(), JournalError> {
    let name =
        FeedName::new(emergency::FEED).map_err(|_| JournalError::Damaged("a feed's name"))?;
    let step = step(&name, &listed.record, (state, evidence), statement)?;
    let key = listed.record.key();
    // The agent may be running: all of it is one transaction.
    journal.write(|tx| {
        let moment = (statement.now, statement.secret);
        own::store(tx, signer, &name, vec![step], moment)?;
        match said {
            Some(said) => emergency::put(tx, said),
            None => emergency::end(tx, &key, Outcome::Withdrawn, statement.now),
        }
    })
}

/// Makes the delta: nothing of the record but its place, its number and the state.
fn step(
    feed: &FeedName,
    about: &Record,
    (state, evidence): (CustodyState, Evidence),
    statement: Statement<'_>,
) -> Result<Step, DeltaError> {
    let at = Some(EffectiveAt(Moment::exact(statement.at)));
    let mut custody = Custody::new(about.number().clone(), state);
    custody.status_at = at;
    if matches!(state, CustodyState::OutOfCustody(_)) && evidence == Evidence::Emergency {
        custody.released_at = at;
    }
    let record = Record {
        facility: about.facility.clone(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: about.synthetic,
        body: RecordBody::Custody(Box::new(custody)),
    };
    let change = Change::Upsert {
        row: Row::of(&record)?,
        coverage: Coverage::Partial,
        evidence,
    };
    Ok(Step {
        key: Some(record.key()),
        standing: Standing::of(&record),
        delta: Delta {
            observed_at: ObservedAt(statement.now),
            feed: feed.clone(),
            origin: Origin::Live,
            change,
        },
    })
}

/// Looks whether the booking system says by now what was said at the jail, and returns of which
/// records it does.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used.
pub fn agree(journal: &mut Journal, now: Timestamp) -> Result<Vec<RecordKey>, JournalError> {
    if !journal.read(emergency::any_standing)? {
        return Ok(Vec::new());
    }
    journal.write(|tx| {
        let mut agreed = Vec::new();
        for said in emergency::all(tx)? {
            if said.outcome.is_some() {
                continue;
            }
            let row = shadow::row_of(tx, &said.feed, &said.key)?;
            // What the row said before is no answer to it.
            let row = row.filter(|row| row.hash() != said.row);
            let state = row
                .and_then(|row| row.record().ok())
                .and_then(|record| record.custody().map(|custody| custody.state));
            if state.is_some_and(|state| said.word.agrees(state)) {
                emergency::end(tx, &said.key, Outcome::Agreed, now)?;
                agreed.push(said.key);
            }
        }
        Ok(agreed)
    })
}

#[cfg(test)]
mod tests;
