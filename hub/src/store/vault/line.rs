//! What callers of the toll-free number asked for within the last day, by keyed hashes: what bounds them.

use jiff::{SignedDuration, Timestamp};

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Something that makes a telephone ring, by whoever calls.
    Ring,
    /// A PIN or a code that was tried, by whoever calls.
    Try,
    /// A call-back that was asked for, by whoever calls.
    CallBack,
    /// A wrong PIN, of the number that was pressed or of the registration whose page it is.
    Pin,
    /// A code that was tried, of the number that was pressed.
    Code,
    /// A call-back to the number that was pressed.
    CallBackTo,
    /// A change of which a contact was told.
    Change,
}

impl Use {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Try => "try",
            Self::CallBack => "call-back",
            Self::Pin => "pin",
            Self::Code => "code",
            Self::CallBackTo => "call-back-to",
            Self::Change => "change",
        }
    }
}

/// Returns the time so many hours ago, since when uses are counted.
#[must_use]
pub fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Notes a use, and forgets those of its kind before a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note(
    tx: &mut Tx<'_>,
    what: Use,
    whose: &[u8; 32],
    (now, forget_before): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM line_use WHERE what = $1 AND used_at < $2",
        &[what.as_str().into(), time(forget_before)],
    )?;
    tx.execute_one(
        "line_use",
        "INSERT INTO line_use (what, whose, used_at) VALUES ($1, $2, $3)",
        &[what.as_str().into(), whose.into(), time(now)],
    )
}

/// Counts the uses of one number since a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_one(
    tx: &mut Tx<'_>,
    what: Use,
    whose: &[u8; 32],
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM line_use WHERE what = $1 AND whose = $2 AND used_at > $3",
        &[what.as_str().into(), whose.into(), time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Counts the uses of all numbers since a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_all(tx: &mut Tx<'_>, what: Use, since: Timestamp) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM line_use WHERE what = $1 AND used_at > $2",
        &[what.as_str().into(), time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}
