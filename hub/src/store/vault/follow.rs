//! Cases and protective orders that registrants follow, by a keyed hash.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::notification::follow::FollowKind;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// What a registrant follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowRow {
    /// Who.
    pub registrant: RegistrantId,
    /// A case or an order.
    pub kind: FollowKind,
    /// The keyed hash of its number and court.
    pub link: [u8; 32],
    /// Number and court, sealed.
    pub sealed_label: Vec<u8>,
}

/// Adds what a registrant follows; a second time changes nothing.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, row: &FollowRow, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO follow (registrant_id, kind, follow_link, sealed_label, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (registrant_id, kind, follow_link) DO NOTHING",
        &[
            row.registrant.as_bytes().into(),
            row.kind.as_str().into(),
            (&row.link).into(),
            row.sealed_label.as_slice().into(),
            time(now),
        ],
    )
    .map(|_| ())
}

/// Ends what a registrant follows; returns whether she did.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    link: &[u8; 32],
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "DELETE FROM follow WHERE registrant_id = $1 AND follow_link = $2",
        values![registrant.as_bytes(), link],
    )?;
    Ok(changed > 0)
}

/// Loads what a registrant follows.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registrant(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<FollowRow>, StoreError> {
    tx.query(
        "SELECT kind, follow_link, sealed_label FROM follow WHERE registrant_id = $1
         ORDER BY kind, created_at, follow_link",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(|row| {
        Ok(FollowRow {
            registrant,
            kind: FollowKind::parse(row.text(0)?).ok_or(StoreError::Damaged("what is followed"))?,
            link: row.array(1)?,
            sealed_label: row.bytes(2)?.to_vec(),
        })
    })
    .collect()
}

/// Finds who follows something.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn registrants_of(tx: &mut Tx<'_>, link: &[u8; 32]) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "SELECT f.registrant_id FROM follow f
         JOIN registrant r ON r.registrant_id = f.registrant_id
         WHERE f.follow_link = $1 AND r.state = 'active' ORDER BY f.registrant_id",
        values![link],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Says whether a registrant follows something.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_followed(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    link: &[u8; 32],
) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM follow WHERE registrant_id = $1 AND follow_link = $2",
        values![registrant.as_bytes(), link],
    )?;
    Ok(row.is_some())
}
