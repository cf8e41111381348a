//! Backups of the registry that were put back: what an office was told in between is not known any more.

use jiff::Timestamp;

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

/// Returns when a backup was put back last: what was observed before, an office may have heard already.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_optional("SELECT max(restored_at) FROM restoration", values![])?;
    row.map_or(Ok(None), |row| row.optional_time(0))
}
