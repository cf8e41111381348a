//! Short sessions in which a registrant changes what she chose.

use std::collections::BTreeMap;

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
    /// Who has hold of it.
    pub hold: Hold,
}

/// Who has hold of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// She.
    Hers,
    /// Somebody made her begin it: it shows nothing, and nothing changes.
    Begun,
    /// Somebody made her stop something in it: it shows what it showed before, and nothing changes.
    Seen,
}

/// Notes that somebody has hold of a session.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn under_duress(tx: &mut Tx<'_>, ticket_hash: &[u8; 32], hold: Hold) -> Result<(), StoreError> {
    tx.execute_one(
        "session",
        "UPDATE session SET is_duress = $2, is_seen = $3 WHERE token_hash = $1",
        values![ticket_hash, hold != Hold::Hers, hold == Hold::Seen],
    )
}

/// Has a session say that something ends, of which nothing does; what ends already ends when it was to. The entry is
/// empty for everything.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn feign(
    tx: &mut Tx<'_>,
    ticket_hash: &[u8; 32],
    entry: &[u8],
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO feigned (token_hash, entry, ends_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash, entry) DO NOTHING",
        &[ticket_hash.into(), entry.into(), time(ends_at)],
    )
    .map(|_| ())
}

/// Has a session say no more that anything ends.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn unfeign(tx: &mut Tx<'_>, ticket_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM feigned WHERE token_hash = $1",
        values![ticket_hash],
    )
    .map(|_| ())
}

/// Lists what a session says of which nothing ends: the entries, and when they were to.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn feigned(
    tx: &mut Tx<'_>,
    ticket_hash: &[u8; 32],
) -> Result<BTreeMap<Vec<u8>, Timestamp>, StoreError> {
    tx.query(
        "SELECT entry, ends_at FROM feigned WHERE token_hash = $1 ORDER BY entry",
        values![ticket_hash],
    )?
    .iter()
    .map(|row| Ok((row.bytes(0)?.to_vec(), row.time(1)?)))
    .collect()
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
         RETURNING registrant_id, is_duress, is_seen",
        &[ticket_hash.into(), time(now), time(expires_at)],
    )?;
    row.map(|row| {
        Ok(Session {
            registrant: RegistrantId::from_bytes(row.array(0)?),
            hold: match (row.flag(1)?, row.flag(2)?) {
                (false, _) => Hold::Hers,
                (true, false) => Hold::Begun,
                (true, true) => Hold::Seen,
            },
        })
    })
    .transpose()
}

/// Ends a session, if there is one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end(tx: &mut Tx<'_>, ticket_hash: &[u8; 32]) -> Result<(), StoreError> {
    unfeign(tx, ticket_hash)?;
    tx.execute(
        "DELETE FROM session WHERE token_hash = $1",
        values![ticket_hash],
    )
    .map(|_| ())
}
