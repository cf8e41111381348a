//! Changes that the guard holds until a named person has looked.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::delta;
use savin_shared::ids::{FeedName, RecordKey};

use super::shadow::key;
use super::{JournalError, Step, storable, stored_time};
use crate::diff::Class;
use crate::mapping::standing::Standing;

/// A feed's hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// Why, as a code.
    pub code: String,
    /// Why, in a sentence.
    pub message: String,
}

/// A change that is held.
#[derive(Debug, Clone)]
pub struct Held {
    /// Of which record.
    pub key: RecordKey,
    /// How it bears on the guard.
    pub class: Class,
    /// The change.
    pub step: Step,
}

/// What becomes of a feed's hold.
#[derive(Debug, Default)]
pub enum HoldUpdate {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is over.
    Clear,
    /// These changes are held instead of those before; an older `since` stays.
    Replace {
        /// Why, as a code.
        code: String,
        /// Why, in a sentence.
        message: String,
        /// The changes.
        held: Vec<Held>,
    },
    /// These changes are held as well: transactions are told only once.
    Add {
        /// Why, as a code.
        code: String,
        /// Why, in a sentence.
        message: String,
        /// The changes.
        held: Vec<Held>,
    },
}

/// Loads a feed's hold.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>, feed: &FeedName) -> Result<Option<Hold>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT since, code, message FROM hold WHERE feed = ?1")?;
    let row: Option<(i64, String, String)> = statement
        .query_row([feed.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((since, code, message)) = row else {
        return Ok(None);
    };
    Ok(Some(Hold {
        since: stored_time(since)?,
        code,
        message,
    }))
}

/// Loads the changes that a feed holds, in their order.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn changes(tx: &Transaction<'_>, feed: &FeedName) -> Result<Vec<Held>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT kind, number, class, standing, delta FROM held WHERE feed = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([feed.as_str()])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let key = key(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())?;
        let class = class(row.get_ref(2)?.as_str().unwrap_or_default())?;
        let delta = delta::decode(row.get_ref(4)?.as_blob().unwrap_or_default())?;
        let standing = Standing::from_code(row.get(3)?);
        let step = Step {
            key: Some(key.clone()),
            standing,
            delta,
        };
        changes.push(Held { key, class, step });
    }
    Ok(changes)
}

pub(super) fn update(
    tx: &Transaction<'_>,
    feed: &FeedName,
    update: &HoldUpdate,
    at: Timestamp,
) -> Result<(), JournalError> {
    match update {
        HoldUpdate::Keep => Ok(()),
        HoldUpdate::Clear => {
            tx.prepare_cached("DELETE FROM hold WHERE feed = ?1")?
                .execute([feed.as_str()])?;
            clear(tx, feed)
        }
        HoldUpdate::Replace {
            code,
            message,
            held,
        } => {
            put(tx, feed, code, message, at)?;
            clear(tx, feed)?;
            add(tx, feed, held, 0)
        }
        HoldUpdate::Add {
            code,
            message,
            held,
        } => {
            put(tx, feed, code, message, at)?;
            let next: i64 = tx
                .prepare_cached("SELECT coalesce(max(place) + 1, 0) FROM held WHERE feed = ?1")?
                .query_row([feed.as_str()], |row| row.get(0))?;
            add(tx, feed, held, next)
        }
    }
}

fn put(
    tx: &Transaction<'_>,
    feed: &FeedName,
    code: &str,
    message: &str,
    at: Timestamp,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO hold (feed, since, code, message) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (feed) DO UPDATE SET code = ?3, message = ?4",
    )?;
    statement.execute(params![feed.as_str(), at.as_microsecond(), code, message])?;
    Ok(())
}

fn clear(tx: &Transaction<'_>, feed: &FeedName) -> Result<(), JournalError> {
    tx.prepare_cached("DELETE FROM held WHERE feed = ?1")?
        .execute([feed.as_str()])?;
    Ok(())
}

fn add(
    tx: &Transaction<'_>,
    feed: &FeedName,
    held: &[Held],
    first_place: i64,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO held (feed, place, kind, number, class, standing, delta)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (offset, change) in (0..).zip(held) {
        statement.execute(params![
            feed.as_str(),
            first_place.saturating_add(storable(offset)),
            change.key.kind.code(),
            change.key.number.as_str(),
            class_word(change.class),
            change.step.standing.code(),
            delta::encode(&change.step.delta)?,
        ])?;
    }
    Ok(())
}

const fn class_word(class: Class) -> &'static str {
    match class {
        Class::New => "new",
        Class::Changed => "changed",
        Class::Ended => "ended",
        Class::TurnedUnknown => "turned-unknown",
        Class::Absent => "absent",
        Class::Withheld => "withheld",
    }
}

fn class(word: &str) -> Result<Class, JournalError> {
    Ok(match word {
        "new" => Class::New,
        "changed" => Class::Changed,
        "ended" => Class::Ended,
        "turned-unknown" => Class::TurnedUnknown,
        "absent" => Class::Absent,
        "withheld" => Class::Withheld,
        _ => return Err(JournalError::Damaged("a held change's class")),
    })
}
