//! Which entries of the journal of orders were carried out in the vault.

use crate::ids::EntryId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Notes that an entry was carried out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, entry: EntryId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO order_entry (entry) VALUES ($1) ON CONFLICT (entry) DO NOTHING",
        values![entry.as_bytes()],
    )
    .map(|_| ())
}

/// Says of each of these entries whether it was carried out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn are(tx: &mut Tx<'_>, entries: &[EntryId]) -> Result<Vec<bool>, StoreError> {
    let lists: Vec<_> = entries
        .iter()
        .map(|entry| values![entry.as_bytes()].to_vec())
        .collect();
    let found = tx.query_many("SELECT 1 FROM order_entry WHERE entry = $1", &lists)?;
    Ok(found.iter().map(|rows| !rows.is_empty()).collect())
}
