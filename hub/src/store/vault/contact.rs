//! Contacts: where a registrant is reached, sealed; found again by a keyed hash.

use jiff::Timestamp;

use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, optional_time, time};
use crate::values;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Its identifier.
    pub contact: ContactId,
    /// Whose.
    pub registrant: RegistrantId,
    /// Of which channel.
    pub channel: Channel,
    /// The keyed hash by which it is found.
    pub blind_index: [u8; 32],
    /// The address, sealed.
    pub sealed_address: Vec<u8>,
    /// When it was proved.
    pub verified_at: Option<Timestamp>,
    /// When she turned it off, if it is off.
    pub silenced_at: Option<Timestamp>,
    /// When the post brought a letter back from it, if it did since it was given.
    pub returned_at: Option<Timestamp>,
    /// When she is told there no more, if it was taken away or another took its place.
    pub retires_at: Option<Timestamp>,
    /// When whoever took a call there said that it is the wrong number, and nobody has answered for it since.
    pub doubted_at: Option<Timestamp>,
}

impl ContactRow {
    /// Says whether she is told there: it is proved, and she did not turn it off.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.verified_at.is_some() && self.silenced_at.is_none()
    }

    /// Says whether she is told there and nobody said that it is the wrong number.
    #[must_use]
    pub const fn is_sure(&self) -> bool {
        self.is_told() && self.doubted_at.is_none()
    }
}

/// Adds a contact, the last of its channel.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &ContactRow) -> Result<(), StoreError> {
    tx.execute_one(
        "contact",
        "INSERT INTO contact (contact_id, registrant_id, channel, blind_index, sealed_address,
             verified_at, place)
         VALUES ($1, $2, $3, $4, $5, $6,
             (SELECT coalesce(max(place), 0) + 1 FROM contact WHERE registrant_id = $2
                 AND channel = $3))",
        &[
            row.contact.as_bytes().into(),
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
    channel: Channel,
    blind_index: &[u8; 32],
) -> Result<Option<ContactRow>, StoreError> {
    let row = tx.query_optional(
        "SELECT contact_id, registrant_id, channel, blind_index, sealed_address, verified_at,
             silenced_at, returned_at, retires_at, doubted_at
         FROM contact WHERE channel = $1 AND blind_index = $2 AND verified_at IS NOT NULL",
        values![channel.as_str(), blind_index],
    )?;
    row.as_ref().map(read).transpose()
}

/// Finds who is told at a telephone number, in the order in which they came to be.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn told_at(
    tx: &mut Tx<'_>,
    blind_index: &[u8; 32],
    limit: usize,
) -> Result<Vec<ContactRow>, StoreError> {
    let rows = tx.query(
        "SELECT contact_id, registrant_id, channel, blind_index, sealed_address, verified_at,
             silenced_at, returned_at, retires_at, doubted_at
         FROM contact WHERE channel = 'telephone' AND blind_index = $1
             AND verified_at IS NOT NULL AND silenced_at IS NULL
         ORDER BY verified_at, contact_id LIMIT $2",
        values![blind_index, count(u64::try_from(limit).unwrap_or(u64::MAX))],
    )?;
    rows.iter().map(read).collect()
}

/// Loads a registrant's contacts, those of a channel in the order in which she is told there.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registrant(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<ContactRow>, StoreError> {
    tx.query(
        "SELECT contact_id, registrant_id, channel, blind_index, sealed_address, verified_at,
             silenced_at, returned_at, retires_at, doubted_at
         FROM contact WHERE registrant_id = $1 ORDER BY place, contact_id",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Finds in which ways each of these registrants is told, in their order: by contacts that are proved
/// and not turned off.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn channels_of(
    tx: &mut Tx<'_>,
    registrants: &[RegistrantId],
) -> Result<Vec<Vec<Channel>>, StoreError> {
    let lists: Vec<_> = registrants
        .iter()
        .map(|registrant| vec![registrant.as_bytes().into()])
        .collect();
    tx.query_many(
        "SELECT DISTINCT channel FROM contact
         WHERE registrant_id = $1 AND verified_at IS NOT NULL AND silenced_at IS NULL
         ORDER BY channel",
        &lists,
    )?
    .iter()
    .map(|rows| {
        rows.iter()
            .map(|row| Channel::parse(row.text(0)?).ok_or(StoreError::Damaged("a channel")))
            .collect()
    })
    .collect()
}

/// Notes that a contact was proved, and so wanted. Returns whether there was one to prove.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn verify(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE contact SET verified_at = $3, silenced_at = NULL, returned_at = NULL,
             retires_at = NULL, doubted_at = NULL
         WHERE registrant_id = $1 AND contact_id = $2",
        &[
            registrant.as_bytes().into(),
            contact.as_bytes().into(),
            time(now),
        ],
    )?;
    Ok(changed == 1)
}

/// Removes a registrant's other postal addresses, whose place one takes that staff has verified.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove_other_letters(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM contact WHERE registrant_id = $1 AND contact_id <> $2 AND channel = 'letter'",
        values![registrant.as_bytes(), contact.as_bytes()],
    )
    .map(|_| ())
}

/// Lets a contact be the first of its channel. Returns whether there is one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn prefer(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE contact SET place = (SELECT min(place) - 1 FROM contact WHERE registrant_id = $1)
         WHERE registrant_id = $1 AND contact_id = $2",
        values![registrant.as_bytes(), contact.as_bytes()],
    )?;
    Ok(changed == 1)
}

/// Turns a contact off, or on again with no time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn silence(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET silenced_at = $3 WHERE registrant_id = $1 AND contact_id = $2",
        &[
            registrant.as_bytes().into(),
            contact.as_bytes().into(),
            optional_time(at),
        ],
    )
    .map(|_| ())
}

/// Notes that the post brought a letter back: the address to which the last try of it went is proved no more.
/// One that she has given since stays as it is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn came_back(tx: &mut Tx<'_>, notice: NoticeId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET verified_at = NULL, returned_at = $2
         WHERE channel = 'letter' AND contact_id = (SELECT contact_id FROM attempt
             WHERE notice_id = $1 AND contact_id IS NOT NULL ORDER BY number DESC LIMIT 1)",
        &[notice.as_bytes().into(), time(now)],
    )
    .map(|_| ())
}

/// Notes that she has given an address anew from which a letter came back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn give_anew(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET returned_at = NULL WHERE registrant_id = $1 AND contact_id = $2",
        values![registrant.as_bytes(), contact.as_bytes()],
    )
    .map(|_| ())
}

/// Lets a contact be told for some time more, and then no more; one that is to go already goes when it was to.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn retire(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET retires_at = $3
         WHERE registrant_id = $1 AND contact_id = $2 AND retires_at IS NULL",
        &[
            registrant.as_bytes().into(),
            contact.as_bytes().into(),
            time(at),
        ],
    )
    .map(|_| ())
}

/// Notes that whoever took a call at a number said that it is the wrong one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn doubt(tx: &mut Tx<'_>, contact: ContactId, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET doubted_at = $2 WHERE contact_id = $1",
        &[contact.as_bytes().into(), time(at)],
    )
    .map(|_| ())
}

/// Takes back that a telephone number is the wrong one. Returns whether anybody had said so.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn trust(tx: &mut Tx<'_>, blind_index: &[u8; 32]) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE contact SET doubted_at = NULL
         WHERE channel = 'telephone' AND blind_index = $1 AND doubted_at IS NOT NULL",
        values![blind_index],
    )?;
    Ok(changed > 0)
}

/// Takes back that the number of a call is the wrong one: she has confirmed there.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn answered_for(tx: &mut Tx<'_>, notice: NoticeId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET doubted_at = NULL
         WHERE doubted_at IS NOT NULL AND contact_id = (SELECT contact_id FROM attempt
             WHERE notice_id = $1 AND contact_id IS NOT NULL ORDER BY number DESC LIMIT 1)",
        values![notice.as_bytes()],
    )
    .map(|_| ())
}

/// Keeps what was to go of a registrant's contacts, and trusts those that somebody called the wrong ones.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep(tx: &mut Tx<'_>, registrant: RegistrantId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE contact SET retires_at = NULL, doubted_at = NULL WHERE registrant_id = $1",
        values![registrant.as_bytes()],
    )
    .map(|_| ())
}

/// Removes contacts whose time has come; returns how many.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove_retired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM contact WHERE retires_at <= $1", &[time(now)])
}

/// Removes a contact; one that is gone already stays so.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    contact: ContactId,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM contact WHERE registrant_id = $1 AND contact_id = $2",
        values![registrant.as_bytes(), contact.as_bytes()],
    )
    .map(|_| ())
}

fn read(row: &Row) -> Result<ContactRow, StoreError> {
    Ok(ContactRow {
        contact: ContactId::from_bytes(row.array(0)?),
        registrant: RegistrantId::from_bytes(row.array(1)?),
        channel: Channel::parse(row.text(2)?).ok_or(StoreError::Damaged("a channel"))?,
        blind_index: row.array(3)?,
        sealed_address: row.bytes(4)?.to_vec(),
        verified_at: row.optional_time(5)?,
        silenced_at: row.optional_time(6)?,
        returned_at: row.optional_time(7)?,
        retires_at: row.optional_time(8)?,
        doubted_at: row.optional_time(9)?,
    })
}
