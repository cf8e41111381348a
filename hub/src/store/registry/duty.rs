//! When whoever is on duty was told last that tasks have come to their level.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;
use crate::work::task::Level;

/// Returns when somebody was told last, by level.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn calls(tx: &mut Tx<'_>) -> Result<Vec<(Level, Timestamp)>, StoreError> {
    tx.query(
        "SELECT level, called_at FROM duty_call ORDER BY level",
        values![],
    )?
    .iter()
    .map(|row| {
        let level = Level::parse(row.text(0)?).ok_or(StoreError::Damaged("a level of duty"))?;
        Ok((level, row.time(1)?))
    })
    .collect()
}

/// Notes that somebody was told.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn called(tx: &mut Tx<'_>, level: Level, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO duty_call (level, called_at) VALUES ($1, $2)
         ON CONFLICT (level) DO UPDATE SET called_at = excluded.called_at",
        &[level.as_str().into(), time(at)],
    )
    .map(|_| ())
}
