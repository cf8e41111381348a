//! The hub's last greeting, and what it showed of the two clocks.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{JournalError, stored_time};

/// The hub's last greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// When it came, by this machine's clock.
    pub greeted_at: Timestamp,
    /// How far the hub's clock was ahead of this machine's; less than none when it was behind.
    pub ahead: SignedDuration,
}

/// Keeps the newest greeting.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn store(tx: &Transaction<'_>, contact: Contact) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO contact (id, greeted_at, ahead_us) VALUES (1, ?1, ?2)
         ON CONFLICT (id) DO UPDATE SET greeted_at = ?1, ahead_us = ?2",
    )?;
    let ahead = i64::try_from(contact.ahead.as_micros()).unwrap_or(i64::MAX);
    statement.execute(params![contact.greeted_at.as_microsecond(), ahead])?;
    Ok(())
}

/// Loads the last greeting, if there was one.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>) -> Result<Option<Contact>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT greeted_at, ahead_us FROM contact WHERE id = 1")?;
    let row: Option<(i64, i64)> = statement
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(greeted_at, ahead)| {
        Ok(Contact {
            greeted_at: stored_time(greeted_at)?,
            ahead: SignedDuration::from_micros(ahead),
        })
    })
    .transpose()
}
