//! Events that a court ordered to be told to nobody, by keyed hashes.

use crate::store::StoreError;
use crate::store::conn::Tx;

/// Notes events that nobody is told of any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.execute_many(
        "INSERT INTO withheld_event (event_link) VALUES ($1) ON CONFLICT (event_link) DO NOTHING",
        &lists,
    )
}

/// Lets events be told again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.execute_many("DELETE FROM withheld_event WHERE event_link = $1", &lists)
}

/// Says of each of these events whether nobody may be told of it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn are(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<bool>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    let found = tx.query_many("SELECT 1 FROM withheld_event WHERE event_link = $1", &lists)?;
    Ok(found.iter().map(|rows| !rows.is_empty()).collect())
}
