//! What the jail has said about these days, feed by feed.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use savin_shared::ids::FeedName;

use super::{JournalError, stored_time};
use crate::guard::Mode;

/// What the jail has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub mode: Mode,
    /// Who said it.
    pub by: String,
    /// When.
    pub since: Timestamp,
    /// When it ends by itself, if it does.
    pub until: Option<Timestamp>,
}

/// Loads what holds for a feed now; nothing in ordinary times, and once its end has come.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(
    tx: &Transaction<'_>,
    feed: &FeedName,
    now: Timestamp,
) -> Result<Option<Said>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT mode, set_by, since, until FROM mode WHERE feed = ?1")?;
    let mut rows = statement.query([feed.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let word = row.get_ref(0)?.as_str().unwrap_or_default();
    let until: Option<i64> = row.get(3)?;
    let said = Said {
        mode: Mode::parse(word).ok_or(JournalError::Damaged("a feed's mode"))?,
        by: row.get(1)?,
        since: stored_time(row.get(2)?)?,
        until: until.map(stored_time).transpose()?,
    };
    Ok(Some(said).filter(|said| said.until.is_none_or(|until| now < until)))
}

/// Stores what the jail says; ordinary times need no row.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn set(tx: &Transaction<'_>, feed: &FeedName, said: &Said) -> Result<(), JournalError> {
    if said.mode == Mode::Normal {
        return end(tx, feed);
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO mode (feed, mode, set_by, since, until) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (feed) DO UPDATE SET mode = ?2, set_by = ?3, since = ?4, until = ?5",
    )?;
    statement.execute(params![
        feed.as_str(),
        said.mode.as_str(),
        said.by,
        said.since.as_microsecond(),
        said.until.map(Timestamp::as_microsecond),
    ])?;
    Ok(())
}

/// Says whether a mode's end has come and it still stands there.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn is_over(
    tx: &Transaction<'_>,
    feed: &FeedName,
    now: Timestamp,
) -> Result<bool, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM mode WHERE feed = ?1 AND until <= ?2)")?;
    let now = now.as_microsecond();
    Ok(statement.query_row(params![feed.as_str(), now], |row| row.get(0))?)
}

/// Ends a mode whose end has come, and says whether there was one.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn end_if_over(
    tx: &Transaction<'_>,
    feed: &FeedName,
    now: Timestamp,
) -> Result<bool, JournalError> {
    let mut statement = tx.prepare_cached("DELETE FROM mode WHERE feed = ?1 AND until <= ?2")?;
    let ended = statement.execute(params![feed.as_str(), now.as_microsecond()])?;
    Ok(ended > 0)
}

fn end(tx: &Transaction<'_>, feed: &FeedName) -> Result<(), JournalError> {
    tx.prepare_cached("DELETE FROM mode WHERE feed = ?1")?
        .execute([feed.as_str()])?;
    Ok(())
}
