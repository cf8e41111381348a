//! What the exports of a feed look like: the one that was accepted last, and one that waits for a person.

use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::ids::FeedName;

use super::JournalError;
use crate::mapping::shape::Shape;

/// Loads what a feed's exports look like, as was accepted last.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn accepted(tx: &Transaction<'_>, feed: &FeedName) -> Result<Option<Shape>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT shape FROM shape WHERE feed = ?1 AND is_accepted = 1")?;
    let text: Option<String> = statement
        .query_row([feed.as_str()], |row| row.get(0))
        .optional()?;
    let parse = |text: String| {
        serde_json::from_str(&text).map_err(|_| JournalError::Damaged("what a feed looks like"))
    };
    text.map(parse).transpose()
}

/// Remembers what an export looks like: accepted, or as long as something of it waits for a person.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn put(
    tx: &Transaction<'_>,
    feed: &FeedName,
    shape: &Shape,
    is_accepted: bool,
) -> Result<(), JournalError> {
    let text = serde_json::to_string(shape)
        .map_err(|_| JournalError::Damaged("what an export looks like"))?;
    if is_accepted {
        tx.prepare_cached("DELETE FROM shape WHERE feed = ?1 AND is_accepted = 0")?
            .execute([feed.as_str()])?;
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO shape (feed, is_accepted, hash, shape) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (feed, is_accepted) DO UPDATE SET hash = ?3, shape = ?4",
    )?;
    statement.execute(params![
        feed.as_str(),
        is_accepted,
        shape.hash().as_bytes(),
        text,
    ])?;
    Ok(())
}

/// Accepts what waits, since a person has looked.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn accept(tx: &Transaction<'_>, feed: &FeedName) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO shape (feed, is_accepted, hash, shape)
         SELECT feed, 1, hash, shape FROM shape WHERE feed = ?1 AND is_accepted = 0
         ON CONFLICT (feed, is_accepted) DO UPDATE SET hash = excluded.hash,
             shape = excluded.shape",
    )?;
    statement.execute([feed.as_str()])?;
    tx.prepare_cached("DELETE FROM shape WHERE feed = ?1 AND is_accepted = 0")?
        .execute([feed.as_str()])?;
    Ok(())
}
