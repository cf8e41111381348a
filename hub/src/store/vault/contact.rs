//! Contacts: where a registrant is reached, sealed; found again by a keyed hash.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::values;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Its identifier.
    pub contact: [u8; 16],
    /// Whose.
    pub registrant: RegistrantId,
    /// Of which channel.
    pub channel: String,
    /// The keyed hash by which it is found.
    pub blind_index: [u8; 32],
    /// The address, sealed.
    pub sealed_address: Vec<u8>,
    /// When it was proved.
    pub verified_at: Option<Timestamp>,
}

/// Adds a contact.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &ContactRow) -> Result<(), StoreError> {
    tx.execute_one(
        "contact",
        "INSERT INTO contact (contact_id, registrant_id, channel, blind_index, sealed_address,
             verified_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&row.contact).into(),
            row.registrant.as_bytes().into(),
            row.channel.as_str().into(),
            (&row.blind_index).into(),
            row.sealed_address.as_slice().into(),
            optional_time(row.verified_at),
        ],
    )
}

/// Finds the proved contact of an address.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find_verified(
    tx: &mut Tx<'_>,
    channel: &str,
    blind_index: &[u8; 32],
) -> Result<Option<ContactRow>, StoreError> {
    let row = tx.query_optional(
        "SELECT contact_id, registrant_id, channel, blind_index, sealed_address, verified_at
         FROM contact WHERE channel = $1 AND blind_index = $2 AND verified_at IS NOT NULL",
        values![channel, blind_index],
    )?;
    row.as_ref().map(read).transpose()
}

/// Loads a registrant's contacts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registrant(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<ContactRow>, StoreError> {
    tx.query(
        "SELECT contact_id, registrant_id, channel, blind_index, sealed_address, verified_at
         FROM contact WHERE registrant_id = $1 ORDER BY contact_id",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Notes that a registrant's contacts were proved.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn verify(tx: &mut Tx<'_>, registrant: RegistrantId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "contact",
        "UPDATE contact SET verified_at = $2 WHERE registrant_id = $1",
        &[registrant.as_bytes().into(), time(now)],
    )
}

fn read(row: &Row) -> Result<ContactRow, StoreError> {
    Ok(ContactRow {
        contact: row.array(0)?,
        registrant: RegistrantId::from_bytes(row.array(1)?),
        channel: row.text(2)?.to_owned(),
        blind_index: row.array(3)?,
        sealed_address: row.bytes(4)?.to_vec(),
        verified_at: row.optional_time(5)?,
    })
}
