//! Short sessions in which a registrant changes what she chose.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Begins a session.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn begin(
    tx: &mut Tx<'_>,
    ticket_hash: &[u8; 32],
    registrant: RegistrantId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "session",
        "INSERT INTO session (token_hash, registrant_id, expires_at) VALUES ($1, $2, $3)",
        &[
            ticket_hash.into(),
            registrant.as_bytes().into(),
            time(expires_at),
        ],
    )
}

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub registrant: RegistrantId,
    /// Whether it began with the PIN by which she says that somebody makes her enter it.
    pub is_duress: bool,
}

/// Lets a session that has just begun be one in which nothing is shown and nothing changes.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn under_duress(tx: &mut Tx<'_>, ticket_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute_one(
        "session",
        "UPDATE session SET is_duress = 1 WHERE token_hash = $1",
        values![ticket_hash],
    )
}

/// Finds whose session it is, and lets it go on for a while.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn whose(
    tx: &mut Tx<'_>,
    ticket_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = tx.query_optional(
        "UPDATE session SET expires_at = $3 WHERE token_hash = $1 AND expires_at > $2
         RETURNING registrant_id, is_duress",
        &[ticket_hash.into(), time(now), time(expires_at)],
    )?;
    row.map(|row| {
        Ok(Session {
            registrant: RegistrantId::from_bytes(row.array(0)?),
            is_duress: row.flag(1)?,
        })
    })
    .transpose()
}

/// Ends a session, if there is one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end(tx: &mut Tx<'_>, ticket_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM session WHERE token_hash = $1",
        values![ticket_hash],
    )
    .map(|_| ())
}
