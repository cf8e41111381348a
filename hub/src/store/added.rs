//! What was added later to a database that an older program had filled, by kind of work: once for all.

use jiff::Timestamp;

use super::StoreError;
use super::conn::Tx;
use super::value::time;
use crate::values;

/// Says whether a kind of work is done, once for all.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_done(tx: &mut Tx<'_>, work: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM backfill WHERE work = $1";
    Ok(tx.query_optional(sql, values![work])?.is_some())
}

/// Notes that a kind of work is done.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn done(tx: &mut Tx<'_>, work: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO backfill (work, done_at) VALUES ($1, $2) ON CONFLICT (work) DO NOTHING",
        &[work.into(), time(now)],
    )
    .map(|_| ())
}
