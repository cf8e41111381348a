//! Backups that were put back, and who asked to be forgotten since they were made.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Notes that a backup was put back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note(tx: &mut Tx<'_>, made_at: Timestamp, restored_at: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "restoration",
        "INSERT INTO restoration (restored_at, made_at) VALUES ($1, $2)",
        &[time(restored_at), time(made_at)],
    )
}

/// Returns when a backup was put back last: what was observed before may have been told already.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_optional("SELECT max(restored_at) FROM restoration", values![])?;
    row.map_or(Ok(None), |row| row.optional_time(0))
}

/// Keeps that a registrant is gone, by her pseudonym alone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forgot(tx: &mut Tx<'_>, registrant: RegistrantId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO forgotten (registrant_id, forgotten_at) VALUES ($1, $2)
         ON CONFLICT (registrant_id) DO NOTHING",
        &[registrant.as_bytes().into(), time(now)],
    )
    .map(|_| ())
}

/// Returns who was forgotten since a time, each with when.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forgotten_since(
    tx: &mut Tx<'_>,
    since: Timestamp,
) -> Result<Vec<(RegistrantId, Timestamp)>, StoreError> {
    tx.query(
        "SELECT registrant_id, forgotten_at FROM forgotten WHERE forgotten_at >= $1
         ORDER BY forgotten_at, registrant_id",
        &[time(since)],
    )?
    .iter()
    .map(|row| Ok((RegistrantId::from_bytes(row.array(0)?), row.time(1)?)))
    .collect()
}
