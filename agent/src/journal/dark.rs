//! Sources that cannot be read: a jail whose share or database is away is not one where nothing
//! happens, and whoever looks must see the difference.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::ids::FeedName;

use super::{JournalError, stored_time};

/// Why a source cannot be read, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dark {
    /// When it could not be read first.
    pub since: Timestamp,
    /// Why it could not be read last.
    pub reason: String,
}

/// Loads why a feed's source cannot be read; `None` where it can be.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be read.
pub fn load(tx: &Transaction<'_>, feed: &FeedName) -> Result<Option<Dark>, JournalError> {
    let mut statement = tx.prepare_cached("SELECT since, reason FROM dark WHERE feed = ?1")?;
    let found: Option<(i64, String)> = statement
        .query_row([feed.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let dark = found.map(|(since, reason)| {
        let since = stored_time(since)?;
        Ok(Dark { since, reason })
    });
    dark.transpose()
}

/// Stores that a feed's source cannot be read, or that it can be again.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be written.
pub fn store(
    tx: &Transaction<'_>,
    feed: &FeedName,
    dark: Option<&Dark>,
) -> Result<(), JournalError> {
    let Some(dark) = dark else {
        let mut statement = tx.prepare_cached("DELETE FROM dark WHERE feed = ?1")?;
        statement.execute([feed.as_str()])?;
        return Ok(());
    };
    let mut statement = tx.prepare_cached(
        "INSERT INTO dark (feed, since, reason) VALUES (?1, ?2, ?3)
         ON CONFLICT (feed) DO UPDATE SET since = ?2, reason = ?3",
    )?;
    let since = dark.since.as_microsecond();
    statement.execute(params![feed.as_str(), since, dark.reason])?;
    Ok(())
}
