//! How to reach a registrant, and her PIN: sealed; and the tries of a PIN.

use jiff::Timestamp;

use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// What is kept of a registrant, sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CareRow {
    /// How to reach her.
    pub sealed_care: Option<Vec<u8>>,
    /// The hash of her PIN.
    pub sealed_pin: Option<Vec<u8>>,
    /// The hash of the one for when somebody makes her enter it.
    pub sealed_duress_pin: Option<Vec<u8>>,
}

/// Loads what is kept of a registrant; nothing of one who is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, registrant: RegistrantId) -> Result<CareRow, StoreError> {
    let row = tx.query_optional(
        "SELECT sealed_care, sealed_pin, sealed_duress_pin FROM registrant WHERE registrant_id = $1",
        values![registrant.as_bytes()],
    )?;
    let Some(row) = row else {
        return Ok(CareRow::default());
    };
    Ok(CareRow {
        sealed_care: row.optional_bytes(0)?.map(<[u8]>::to_vec),
        sealed_pin: row.optional_bytes(1)?.map(<[u8]>::to_vec),
        sealed_duress_pin: row.optional_bytes(2)?.map(<[u8]>::to_vec),
    })
}

/// Keeps how to reach a registrant.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, registrant: RegistrantId, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "UPDATE registrant SET sealed_care = $2 WHERE registrant_id = $1",
        values![registrant.as_bytes(), sealed],
    )
}

/// Keeps the hash of a registrant's PIN.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put_pin(tx: &mut Tx<'_>, registrant: RegistrantId, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "UPDATE registrant SET sealed_pin = $2 WHERE registrant_id = $1",
        values![registrant.as_bytes(), sealed],
    )
}

/// Keeps the hash of the PIN for when somebody makes her enter one, or forgets it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put_duress_pin(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    sealed: Option<&[u8]>,
) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "UPDATE registrant SET sealed_duress_pin = $2 WHERE registrant_id = $1",
        values![registrant.as_bytes(), sealed],
    )
}

/// Notes a try of a PIN, and forgets those before a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note_try(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    (notice, claim): (NoticeId, i64),
    is_right: bool,
    (now, forget_before): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM pin_try WHERE registrant_id = $1 AND tried_at < $2",
        &[registrant.as_bytes().into(), time(forget_before)],
    )?;
    tx.execute_one(
        "pin_try",
        "INSERT INTO pin_try (registrant_id, tried_at, notice_id, claim, is_right)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            registrant.as_bytes().into(),
            time(now),
            notice.as_bytes().into(),
            claim.into(),
            i64::from(is_right).into(),
        ],
    )
}

/// Counts the wrong PINs of a registration since a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn wrong_since(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM pin_try
         WHERE registrant_id = $1 AND tried_at >= $2 AND is_right = 0",
        &[registrant.as_bytes().into(), time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Counts the wrong and the right PINs of one call.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_call(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    (notice, claim): (NoticeId, i64),
) -> Result<(u64, u64), StoreError> {
    let row = tx.query_optional(
        "SELECT count(CASE WHEN is_right = 0 THEN 1 END), count(CASE WHEN is_right = 1 THEN 1 END)
         FROM pin_try
         WHERE registrant_id = $1 AND notice_id = $2 AND claim = $3",
        values![registrant.as_bytes(), notice.as_bytes(), claim],
    )?;
    row.map_or(Ok((0, 0)), |row| Ok((row.count(0)?, row.count(1)?)))
}
