//! Telephones that are called no more, by keyed hashes of their numbers.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Notes that a number is called no more; one that is not already stays so.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, whose: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO never_called (whose, asked_at) VALUES ($1, $2)
         ON CONFLICT (whose) DO NOTHING",
        &[whose.into(), time(now)],
    )
    .map(|_| ())
}

/// Says whether a number is called no more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_there(tx: &mut Tx<'_>, whose: &[u8; 32]) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM never_called WHERE whose = $1",
        values![whose],
    )?;
    Ok(row.is_some())
}

/// Lets a number be called again. Returns whether it was not.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn over(tx: &mut Tx<'_>, whose: &[u8; 32]) -> Result<bool, StoreError> {
    let removed = tx.execute("DELETE FROM never_called WHERE whose = $1", values![whose])?;
    Ok(removed == 1)
}
