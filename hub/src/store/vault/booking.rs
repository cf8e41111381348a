//! Other bookings in what is told, by keyed hashes: which of them a court ordered to be told to nobody, and which
//! notices speak of which.

use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;

/// A notice with what it says, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaking {
    /// Its identifier.
    pub notice: NoticeId,
    /// For whom.
    pub registrant: RegistrantId,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
}

/// Notes bookings of which nobody is told anything any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn withhold(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    tx.execute_many(
        "INSERT INTO withheld_booking (booking_link) VALUES ($1)
         ON CONFLICT (booking_link) DO NOTHING",
        &lists(links),
    )
}

/// Lets bookings be told of again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn allow(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    tx.execute_many(
        "DELETE FROM withheld_booking WHERE booking_link = $1",
        &lists(links),
    )
}

/// Says of each of these bookings whether nobody may be told of it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn are_withheld(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<bool>, StoreError> {
    let found = tx.query_many(
        "SELECT 1 FROM withheld_booking WHERE booking_link = $1",
        &lists(links),
    )?;
    Ok(found.iter().map(|rows| !rows.is_empty()).collect())
}

/// Notes which bookings notices speak of.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn link(tx: &mut Tx<'_>, links: &[([u8; 32], NoticeId)]) -> Result<(), StoreError> {
    let lists: Vec<_> = links
        .iter()
        .map(|(link, notice)| vec![link.into(), notice.as_bytes().into()])
        .collect();
    tx.execute_many(
        "INSERT INTO notice_booking (booking_link, notice_id) VALUES ($1, $2)
         ON CONFLICT (booking_link, notice_id) DO NOTHING",
        &lists,
    )
}

/// Lists the notices that speak of these bookings.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn speaking(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<Speaking>, StoreError> {
    tx.query_many(
        "SELECT n.notice_id, n.registrant_id, n.sealed_fact FROM notice_booking b
         JOIN notice n ON n.notice_id = b.notice_id
         WHERE b.booking_link = $1 ORDER BY n.notice_id",
        &lists(links),
    )?
    .iter()
    .flatten()
    .map(|row| {
        Ok(Speaking {
            notice: NoticeId::from_bytes(row.array(0)?),
            registrant: RegistrantId::from_bytes(row.array(1)?),
            sealed_fact: row.bytes(2)?.to_vec(),
        })
    })
    .collect()
}

/// Changes what a notice says, however far it has come; which bookings it speaks of is noted no more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn rewrite(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    sealed_fact: &[u8],
    links: &[[u8; 32]],
) -> Result<(), StoreError> {
    tx.execute_one(
        "notice",
        "UPDATE notice SET sealed_fact = $2 WHERE notice_id = $1",
        &[notice.as_bytes().into(), sealed_fact.into()],
    )?;
    let gone: Vec<_> = links
        .iter()
        .map(|link| vec![link.into(), notice.as_bytes().into()])
        .collect();
    tx.execute_many(
        "DELETE FROM notice_booking WHERE booking_link = $1 AND notice_id = $2",
        &gone,
    )
}

fn lists(links: &[[u8; 32]]) -> Vec<Vec<crate::store::value::Value>> {
    links.iter().map(|link| vec![link.into()]).collect()
}
