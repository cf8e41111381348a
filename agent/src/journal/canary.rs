//! The daily test of the line: the agent's own synthetic booking, and how far it has come.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use savin_shared::ids::RecordNumber;

use super::{JournalError, stored_time};

/// The feed in which it is sent; no source may have its name.
pub const FEED: &str = "canary";

/// How the daily test stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Since when it is done.
    pub armed_at: Timestamp,
    /// The last one, if there was one.
    pub booking: Option<Booking>,
}

/// One synthetic booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its number.
    pub number: RecordNumber,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// When it was released, if it was yet.
    pub released_at: Option<Timestamp>,
}

/// Loads how the daily test stands; nothing where it is switched off.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>) -> Result<Option<Canary>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT armed_at, number, booked_at, released_at FROM canary WHERE id = 1",
    )?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let number: Option<String> = row.get(1)?;
    let number = number
        .map(|number| RecordNumber::new(&number))
        .transpose()
        .map_err(|_| JournalError::Damaged("the number of a daily test"))?;
    let time = |place| -> Result<Option<Timestamp>, JournalError> {
        let micros: Option<i64> = row.get(place)?;
        micros.map(stored_time).transpose()
    };
    let (booked_at, released_at) = (time(2)?, time(3)?);
    Ok(Some(Canary {
        armed_at: stored_time(row.get(0)?)?,
        booking: number.zip(booked_at).map(|(number, booked_at)| Booking {
            number,
            booked_at,
            released_at,
        }),
    }))
}

/// Switches the daily test on; one that is on stays as it is.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn arm(tx: &Transaction<'_>, at: Timestamp) -> Result<(), JournalError> {
    tx.prepare_cached("INSERT INTO canary (id, armed_at) VALUES (1, ?1) ON CONFLICT DO NOTHING")?
        .execute([at.as_microsecond()])?;
    Ok(())
}

/// Switches the daily test off.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn disarm(tx: &Transaction<'_>) -> Result<(), JournalError> {
    tx.prepare_cached("DELETE FROM canary")?.execute([])?;
    Ok(())
}

/// Stores how far the last one has come.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn put(tx: &Transaction<'_>, booking: &Booking) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "UPDATE canary SET number = ?1, booked_at = ?2, released_at = ?3 WHERE id = 1",
    )?;
    statement.execute(params![
        booking.number.as_str(),
        booking.booked_at.as_microsecond(),
        booking.released_at.map(Timestamp::as_microsecond),
    ])?;
    Ok(())
}
