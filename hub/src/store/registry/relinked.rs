//! Joinings that were made and taken back when somebody had persons compared anew. They are the hub's own:
//! only what a person decided of two persons wins over a later comparison.

use super::decision::DecisionId;
use super::merge::{Merge, read};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// The kind of decision that has persons compared anew.
pub const RELINK: &str = "persons-relink";

/// Joinings that are listed at once.
const LISTED_MAX: i64 = 200;

/// Says whether a joining stands because a person decided that the two are one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_decided(tx: &mut Tx<'_>, merge: &Merge) -> Result<bool, StoreError> {
    let Some(decision) = merge.joining.decision else {
        return Ok(false);
    };
    let row = tx.query_optional(
        "SELECT kind FROM decision WHERE decision_id = $1",
        values![decision.0],
    )?;
    row.map_or(Ok(true), |row| Ok(row.text(0)? != RELINK))
}

/// Lists the joinings that a decision made and that stand, the newest first, before one of them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn joined_by(
    tx: &mut Tx<'_>,
    decision: DecisionId,
    before: i64,
) -> Result<Vec<Merge>, StoreError> {
    tx.query(
        "SELECT merge_id, person_id, into_id, why, merged_at, decision_id, undone_at
         FROM person_merge WHERE decision_id = $1 AND merge_id < $2 AND undone_at IS NULL
         ORDER BY merge_id DESC LIMIT $3",
        values![decision.0, before, LISTED_MAX],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists the joinings that a decision took back, the newest first, before one of them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn parted_by(
    tx: &mut Tx<'_>,
    decision: DecisionId,
    before: i64,
) -> Result<Vec<Merge>, StoreError> {
    tx.query(
        "SELECT merge_id, person_id, into_id, why, merged_at, decision_id, undone_at
         FROM person_merge WHERE undone_by = $1 AND merge_id < $2
         ORDER BY merge_id DESC LIMIT $3",
        values![decision.0, before, LISTED_MAX],
    )?
    .iter()
    .map(read)
    .collect()
}
