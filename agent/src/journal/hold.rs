//! Changes that the guard holds until a named person has looked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use savin_shared::delta;
use savin_shared::ids::{FeedName, RecordKey};

use super::feed::Export;
use super::shadow::key;
use super::{JournalError, Step, storable, stored_count, stored_hash, stored_time};
use crate::diff::Class;
use crate::guard::{Mode, doubts_export};
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
    /// The export that was doubted as a whole, if one was.
    pub export: Option<Export>,
}

/// Why changes are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// As a code.
    pub code: String,
    /// In a sentence.
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
        /// Why, where it is not for what it was.
        why: Option<Why>,
        /// The changes.
        held: Vec<Held>,
        /// The export that is doubted as a whole, if one is.
        export: Option<Export>,
    },
    /// These changes are held as well: transactions are told only once.
    Add {
        /// Why, where it is not for what it was.
        why: Option<Why>,
        /// The changes.
        held: Vec<Held>,
        /// Records of which something newer is known: what was held of them is over.
        overtaken: BTreeSet<RecordKey>,
    },
    /// A person has decided about what is held of these records, and that is over.
    Decide(Decision, BTreeSet<RecordKey>),
}

/// What a person has decided about held changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// What.
    pub action: Action,
    /// About how many changes.
    pub changes: u64,
}

/// What can be decided about held changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// They are real, and pass.
    Released,
    /// They are how things stand now, and no news.
    Levelled,
    /// They are wrong, and are forgotten.
    Dropped,
    /// The jail has said something about these days.
    Said(Mode),
}

impl Action {
    /// Returns its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Levelled => "taken without news",
            Self::Dropped => "dropped",
            Self::Said(mode) => mode.as_str(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Released, Self::Levelled, Self::Dropped]
            .into_iter()
            .find(|action| action.as_str() == word)
            .or_else(|| Mode::parse(word).map(Self::Said))
    }
}

/// Loads a feed's hold.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>, feed: &FeedName) -> Result<Option<Hold>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT since, code, message, content, name, exported_at FROM hold WHERE feed = ?1",
    )?;
    let mut rows = statement.query([feed.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let export = match (row.get::<_, Option<Vec<u8>>>(3)?, row.get(4)?, row.get(5)?) {
        (Some(content), Some(name), Some(exported_at)) => Some(Export {
            content: stored_hash(&content)?,
            name,
            exported_at: stored_time(exported_at)?,
        }),
        _ => None,
    };
    Ok(Some(Hold {
        since: stored_time(row.get(0)?)?,
        code: row.get(1)?,
        message: row.get(2)?,
        export,
    }))
}

/// Loads which records' changes wait for a person, as changes and not for the export they came in.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn waiting(
    tx: &Transaction<'_>,
    feed: &FeedName,
) -> Result<BTreeMap<RecordKey, Class>, JournalError> {
    let mut waiting = BTreeMap::new();
    if load(tx, feed)?.is_none_or(|hold| doubts_export(&hold.code)) {
        return Ok(waiting);
    }
    let mut statement =
        tx.prepare_cached("SELECT kind, number, class FROM held WHERE feed = ?1 ORDER BY place")?;
    let mut rows = statement.query([feed.as_str()])?;
    while let Some(row) = rows.next()? {
        let key = key(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())?;
        let class = class(row.get_ref(2)?.as_str().unwrap_or_default())?;
        // A release that waits is what later rows of the record are held against.
        let known = waiting.entry(key).or_insert(class);
        if class == Class::Ended {
            *known = class;
        }
    }
    Ok(waiting)
}

/// Loads what persons have decided of late about a feed, the latest first.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn decisions(
    tx: &Transaction<'_>,
    feed: &FeedName,
    limit: u32,
) -> Result<Vec<(Timestamp, Decision)>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT decided_at, decided_by, action, changes FROM decision WHERE feed = ?1
         ORDER BY decided_at DESC, rowid DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![feed.as_str(), limit])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let action = Action::parse(row.get_ref(2)?.as_str().unwrap_or_default());
        let decision = Decision {
            by: row.get(1)?,
            action: action.ok_or(JournalError::Damaged("a decision's action"))?,
            changes: stored_count(row.get(3)?)?,
        };
        decisions.push((stored_time(row.get(0)?)?, decision));
    }
    Ok(decisions)
}

/// Returns when a person last let a feed's held changes pass.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn last_released(
    tx: &Transaction<'_>,
    feed: &FeedName,
) -> Result<Option<Timestamp>, JournalError> {
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT max(decided_at) FROM decision
             WHERE feed = ?1 AND action IN ('released', 'taken without news')",
        )?
        .query_row([feed.as_str()], |row| row.get(0))?;
    at.map(stored_time).transpose()
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

/// Changes a feed's hold.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn update(
    tx: &Transaction<'_>,
    feed: &FeedName,
    update: &HoldUpdate,
    at: Timestamp,
) -> Result<(), JournalError> {
    match update {
        HoldUpdate::Keep => Ok(()),
        HoldUpdate::Clear => {
            clear(tx, feed)?;
            end_if_empty(tx, feed)
        }
        HoldUpdate::Replace { why, held, export } => {
            clear(tx, feed)?;
            if let Some(why) = why {
                put(tx, feed, why, export.as_ref(), at)?;
            }
            add(tx, feed, held)
        }
        HoldUpdate::Add {
            why,
            held,
            overtaken,
        } => {
            forget(tx, feed, overtaken)?;
            if let Some(why) = why {
                put(tx, feed, why, None, at)?;
            }
            add(tx, feed, held)?;
            end_if_empty(tx, feed)
        }
        HoldUpdate::Decide(decision, records) => {
            forget(tx, feed, records)?;
            end_if_empty(tx, feed)?;
            note(tx, feed, decision, at)
        }
    }
}

/// Remembers what a person has decided.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn note(
    tx: &Transaction<'_>,
    feed: &FeedName,
    decision: &Decision,
    at: Timestamp,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO decision (feed, decided_at, decided_by, action, changes)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    statement.execute(params![
        feed.as_str(),
        at.as_microsecond(),
        decision.by,
        decision.action.as_str(),
        storable(decision.changes),
    ])?;
    Ok(())
}

fn put(
    tx: &Transaction<'_>,
    feed: &FeedName,
    why: &Why,
    export: Option<&Export>,
    at: Timestamp,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO hold (feed, since, code, message, content, name, exported_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (feed) DO UPDATE SET code = ?3, message = ?4, content = ?5, name = ?6,
             exported_at = ?7",
    )?;
    statement.execute(params![
        feed.as_str(),
        at.as_microsecond(),
        why.code,
        why.message,
        export.map(|export| export.content.as_bytes()),
        export.map(|export| &export.name),
        export.map(|export| export.exported_at.as_microsecond()),
    ])?;
    Ok(())
}

/// Ends a hold of which no change is left.
fn end_if_empty(tx: &Transaction<'_>, feed: &FeedName) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM hold WHERE feed = ?1 AND NOT EXISTS (SELECT 1 FROM held WHERE feed = ?1)",
    )?;
    statement.execute([feed.as_str()])?;
    Ok(())
}

/// Forgets what is held of single records.
fn forget(
    tx: &Transaction<'_>,
    feed: &FeedName,
    records: &BTreeSet<RecordKey>,
) -> Result<(), JournalError> {
    let mut statement =
        tx.prepare_cached("DELETE FROM held WHERE feed = ?1 AND kind = ?2 AND number = ?3")?;
    for key in records {
        statement.execute(params![feed.as_str(), key.kind.code(), key.number.as_str()])?;
    }
    Ok(())
}

fn clear(tx: &Transaction<'_>, feed: &FeedName) -> Result<(), JournalError> {
    tx.prepare_cached("DELETE FROM held WHERE feed = ?1")?
        .execute([feed.as_str()])?;
    Ok(())
}

fn add(tx: &Transaction<'_>, feed: &FeedName, held: &[Held]) -> Result<(), JournalError> {
    let first_place: i64 = tx
        .prepare_cached("SELECT coalesce(max(place) + 1, 0) FROM held WHERE feed = ?1")?
        .query_row([feed.as_str()], |row| row.get(0))?;
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
