//! Up to where the registry's event log has been planned.

use crate::ids::EventPosition;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Loads the watermark.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>) -> Result<EventPosition, StoreError> {
    let row = tx.query_optional(
        "SELECT position FROM watermark WHERE name = 'events'",
        values![],
    )?;
    Ok(EventPosition(row.map_or(Ok(0), |row| row.integer(0))?))
}

/// Moves the watermark.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn store(tx: &mut Tx<'_>, position: EventPosition) -> Result<(), StoreError> {
    tx.execute_one(
        "watermark",
        "INSERT INTO watermark (name, position) VALUES ('events', $1)
         ON CONFLICT (name) DO UPDATE SET position = $1",
        values![position.0],
    )
}
