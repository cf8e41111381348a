//! Who a person is now, and who all was joined to it.

use crate::ids::PersonId;
use crate::store::StoreError;
use crate::store::conn::Tx;

/// Persons that may stand one behind the other; more is a circle.
const CHAIN_MAX: usize = 32;

/// Returns who a person is now: itself, or whom it was joined to.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn current(tx: &mut Tx<'_>, person: PersonId) -> Result<PersonId, StoreError> {
    let [current] = current_of_each(tx, [person])?;
    Ok(current)
}

/// Returns who each of these persons is now, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn current_of_each<P: AsMut<[PersonId]>>(
    tx: &mut Tx<'_>,
    mut persons: P,
) -> Result<P, StoreError> {
    let mut open: Vec<&mut PersonId> = persons.as_mut().iter_mut().collect();
    for _ in 0..CHAIN_MAX {
        let lists: Vec<_> = open
            .iter()
            .map(|person| vec![person.as_bytes().into()])
            .collect();
        let found = tx.query_many(
            "SELECT into_id FROM person_merge WHERE person_id = $1 AND undone_at IS NULL",
            &lists,
        )?;
        let mut joined = Vec::new();
        for (person, rows) in open.into_iter().zip(&found) {
            if let Some(row) = rows.first() {
                *person = PersonId::from_bytes(row.array(0)?);
                joined.push(person);
            }
        }
        if joined.is_empty() {
            return Ok(persons);
        }
        open = joined;
    }
    Err(StoreError::Damaged("persons are joined in a circle"))
}

/// Returns a person and all who were joined to it: by each of them somebody may have asked to be told.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn everyone(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<PersonId>, StoreError> {
    Ok(everyone_of_each(tx, &[person])?.concat())
}

/// Returns each of these persons with all who were joined to it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn everyone_of_each(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<Vec<PersonId>>, StoreError> {
    let mut all: Vec<_> = persons.iter().map(|person| vec![*person]).collect();
    let mut edge: Vec<(usize, PersonId)> = persons.iter().copied().enumerate().collect();
    while !edge.is_empty() {
        let lists: Vec<_> = edge
            .iter()
            .map(|(_, person)| vec![person.as_bytes().into()])
            .collect();
        let found = tx.query_many(
            "SELECT person_id FROM person_merge WHERE into_id = $1 AND undone_at IS NULL
             ORDER BY person_id",
            &lists,
        )?;
        let mut next = Vec::new();
        for ((place, _), rows) in edge.iter().zip(&found) {
            let Some(everyone) = all.get_mut(*place) else {
                continue;
            };
            for row in rows {
                let joined = PersonId::from_bytes(row.array(0)?);
                if !everyone.contains(&joined) {
                    everyone.push(joined);
                    next.push((*place, joined));
                }
            }
        }
        edge = next;
    }
    Ok(all)
}
