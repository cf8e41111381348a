//! Subscriptions: about whom a registrant is told, by a keyed hash.

use jiff::Timestamp;

use crate::ids::{RegistrantId, SubscriptionId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Its identifier.
    pub subscription: SubscriptionId,
    /// Whose.
    pub registrant: RegistrantId,
    /// The keyed hash of the person.
    pub person_link: [u8; 32],
    /// The person's initials, sealed.
    pub sealed_label: Vec<u8>,
}

/// Adds a subscription; a second one for the same person changes nothing.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, row: &SubscriptionRow, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO subscription (subscription_id, registrant_id, person_link, sealed_label,
             created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (registrant_id, person_link) DO NOTHING",
        &[
            row.subscription.as_bytes().into(),
            row.registrant.as_bytes().into(),
            (&row.person_link).into(),
            row.sealed_label.as_slice().into(),
            time(now),
        ],
    )
    .map(|_| ())
}

/// Finds who is told of persons, in the order of the links.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn registrants_of(
    tx: &mut Tx<'_>,
    links: &[[u8; 32]],
) -> Result<Vec<Vec<RegistrantId>>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        // No join, and nothing that an engine makes one of: it would go through everybody who is active.
        "SELECT s.registrant_id FROM subscription s
         WHERE s.person_link = $1 AND (
             SELECT r.state FROM registrant r WHERE r.registrant_id = s.registrant_id) = 'active'
         ORDER BY s.registrant_id",
        &lists,
    )?
    .iter()
    .map(|rows| {
        rows.iter()
            .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
            .collect()
    })
    .collect()
}

/// Finds who is told of a person after a registrant, at most so many in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn registrants_after(
    tx: &mut Tx<'_>,
    link: &[u8; 32],
    (after, limit): (RegistrantId, usize),
) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "SELECT s.registrant_id FROM subscription s
         WHERE s.person_link = $1 AND s.registrant_id > $2 AND (
             SELECT r.state FROM registrant r WHERE r.registrant_id = s.registrant_id) = 'active'
         ORDER BY s.registrant_id LIMIT $3",
        values![
            link,
            after.as_bytes(),
            i64::try_from(limit).unwrap_or(i64::MAX)
        ],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Loads a registrant's subscriptions in the order in which she made them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registrant(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<SubscriptionRow>, StoreError> {
    tx.query(
        "SELECT subscription_id, person_link, sealed_label FROM subscription
         WHERE registrant_id = $1 ORDER BY created_at, subscription_id",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(|row| {
        Ok(SubscriptionRow {
            subscription: SubscriptionId::from_bytes(row.array(0)?),
            registrant,
            person_link: row.array(1)?,
            sealed_label: row.bytes(2)?.to_vec(),
        })
    })
    .collect()
}

/// Says whether a registrant is told of a person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_told(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    person_link: &[u8; 32],
) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM subscription WHERE registrant_id = $1 AND person_link = $2",
        values![registrant.as_bytes(), person_link],
    )?;
    Ok(row.is_some())
}

/// Ends a registrant's subscription; one that has ended already stays so.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    subscription: SubscriptionId,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM subscription WHERE subscription_id = $1 AND registrant_id = $2",
        values![subscription.as_bytes(), registrant.as_bytes()],
    )
    .map(|_| ())
}
