//! What the jail said itself, by name, before its booking system did.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use savin_shared::hash::Hash;
use savin_shared::ids::{FeedName, RecordKey};
use savin_shared::record::custody::CustodyState;

use super::feed::{self, FeedState};
use super::shadow::key;
use super::{JournalError, stored_hash, stored_time};

/// The feed in which such words are sent; no source may have its name.
pub const FEED: &str = "emergency";

/// What can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Somebody has escaped.
    Escape,
    /// Somebody is missing, and may have escaped.
    Suspicion,
    /// Somebody was let go.
    Release,
    /// Whoever had escaped is back.
    Recapture,
}

impl Word {
    /// Returns the word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escape => "escape",
            Self::Suspicion => "suspected-escape",
            Self::Release => "release",
            Self::Recapture => "recapture",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::Escape,
            Self::Suspicion,
            Self::Release,
            Self::Recapture,
        ]
        .into_iter()
        .find(|known| known.as_str() == word)
    }

    /// Says whether a booking system's word for a state says the same, or more: an escape, of what was a
    /// suspicion.
    #[must_use]
    pub const fn agrees(self, state: CustodyState) -> bool {
        match self {
            Self::Escape => matches!(state, CustodyState::Escaped),
            Self::Suspicion => {
                matches!(state, CustodyState::EscapeSuspected | CustodyState::Escaped)
            }
            Self::Release => matches!(state, CustodyState::OutOfCustody(_)),
            Self::Recapture => state.is_held(),
        }
    }
}

/// How a word ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The booking system says the same.
    Agreed,
    /// A person took it back.
    Withdrawn,
}

impl Outcome {
    /// Returns its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Agreed, Self::Withdrawn]
            .into_iter()
            .find(|known| known.as_str() == word)
    }
}

/// What was said of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of which record.
    pub key: RecordKey,
    /// What.
    pub word: Word,
    /// By whom.
    pub by: String,
    /// When it was said.
    pub at: Timestamp,
    /// The feed that lists the record.
    pub feed: FeedName,
    /// What its row was then.
    pub row: Hash,
    /// How it ended, and when; nothing as long as it stands.
    pub outcome: Option<(Outcome, Timestamp)>,
}

/// Stores what was said; of each record the last word.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn put(tx: &Transaction<'_>, said: &Said) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO emergency (kind, number, word, said_by, said_at, feed, row_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (kind, number) DO UPDATE SET word = ?3, said_by = ?4, said_at = ?5, feed = ?6,
             row_hash = ?7, outcome = NULL, ended_at = NULL",
    )?;
    statement.execute(params![
        said.key.kind.code(),
        said.key.number.as_str(),
        said.word.as_str(),
        said.by,
        said.at.as_microsecond(),
        said.feed.as_str(),
        said.row.as_bytes(),
    ])?;
    Ok(())
}

/// Loads everything that was said, the latest first.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Said>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT kind, number, word, said_by, said_at, feed, row_hash, outcome, ended_at
         FROM emergency ORDER BY said_at DESC, number",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = JournalError::Damaged;
        let word = Word::parse(row.get_ref(2)?.as_str().unwrap_or_default());
        let outcome: Option<String> = row.get(7)?;
        let outcome = outcome
            .map(|word| Outcome::parse(&word).ok_or(damaged("an emergency's outcome")))
            .transpose()?;
        let ended_at: Option<i64> = row.get(8)?;
        all.push(Said {
            key: key(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())?,
            word: word.ok_or(damaged("an emergency's word"))?,
            by: row.get(3)?,
            at: stored_time(row.get(4)?)?,
            feed: FeedName::new(row.get_ref(5)?.as_str().unwrap_or_default())
                .map_err(|_| damaged("a feed's name"))?,
            row: stored_hash(row.get_ref(6)?.as_blob().unwrap_or_default())?,
            outcome: outcome.zip(ended_at.map(stored_time).transpose()?),
        });
    }
    Ok(all)
}

/// Loads what was said last of a record.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn of(tx: &Transaction<'_>, key: &RecordKey) -> Result<Option<Said>, JournalError> {
    Ok(all(tx)?.into_iter().find(|said| said.key == *key))
}

/// Ends what stands of a record.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn end(
    tx: &Transaction<'_>,
    key: &RecordKey,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "UPDATE emergency SET outcome = ?3, ended_at = ?4
         WHERE kind = ?1 AND number = ?2 AND outcome IS NULL",
    )?;
    statement.execute(params![
        key.kind.code(),
        key.number.as_str(),
        outcome.as_str(),
        at.as_microsecond(),
    ])?;
    Ok(())
}

/// Loads how the feed of such words stands, if anything was ever said.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn state(tx: &Transaction<'_>) -> Result<Option<(FeedName, FeedState)>, JournalError> {
    let name = FeedName::new(FEED).map_err(|_| JournalError::Damaged("a feed's name"))?;
    Ok(feed::load(tx, &name)?.map(|state| (name, state)))
}

/// Says whether anything stands that no booking system has said yet.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn any_standing(tx: &Transaction<'_>) -> Result<bool, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM emergency WHERE outcome IS NULL)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
