//! Records that are taken out of one person and given to another.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{keep_apart, move_records, with_agencies};
use crate::ids::{PersonId, RecordId};
use crate::matching::{Identifier, identifiers};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::decision::DecisionId;

/// Takes records out of a person and gives them to another, with the numbers that only they bear, and
/// keeps the two apart from then on.
///
/// # Errors
/// Returns [`StoreError::Refused`] when a record is not the person's, or nothing would be left; other
/// errors when the database refuses.
pub fn part(
    tx: &mut Tx<'_>,
    (from, to): (PersonId, PersonId),
    records: &[RecordId],
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (found, numbers, is_any_left) = leaving(tx, from, records)?;
    if found != records.len() || found == 0 || !is_any_left {
        return Err(StoreError::Refused(
            "the records must be this person's, and one must be left: see `savin-hub persons show`"
                .to_owned(),
        ));
    }
    keep_apart(tx, (from, to), decision, now)?;
    move_records(tx, (from, to), records, &numbers)
}

/// Takes what is left of records out of a person and gives it to another, as it was done when all were there.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn part_left(
    tx: &mut Tx<'_>,
    (from, to): (PersonId, PersonId),
    records: &[RecordId],
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (_, numbers, _) = leaving(tx, from, records)?;
    keep_apart(tx, (from, to), decision, now)?;
    move_records(tx, (from, to), records, &numbers)
}

/// Returns how many of these records a person has, the numbers that only these bear, and whether others are left.
fn leaving(
    tx: &mut Tx<'_>,
    from: PersonId,
    records: &[RecordId],
) -> Result<(usize, BTreeSet<Identifier>, bool), StoreError> {
    let (mut leaving, mut staying) = (BTreeSet::new(), BTreeSet::new());
    let mut found = 0;
    for (agency, row) in with_agencies(tx, from)? {
        let own = identifiers(&agency, &row.known.record);
        if records.contains(&row.record) {
            found += 1;
            leaving.extend(own);
        } else {
            staying.extend(own);
        }
    }
    let numbers = leaving.difference(&staying).cloned().collect();
    Ok((found, numbers, !staying.is_empty()))
}
