//! Codes that were sent and have to come back.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// That the address of a new registration is hers.
    Registration,
    /// That whoever wants to change or stop is the registrant.
    Access,
    /// That a further address of a registrant is hers.
    Contact,
    /// That whoever forgot her PIN is told at a number.
    Forgot,
}

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRow {
    /// The hash of the ticket that the page carries.
    pub ticket_hash: [u8; 32],
    /// What it proves.
    pub purpose: Purpose,
    /// Whose; nothing for an address that nobody registered.
    pub registrant: Option<RegistrantId>,
    /// The address, by its keyed hash.
    pub blind_index: [u8; 32],
    /// The hash of the code with the ticket; nothing where no code was sent.
    pub code_hash: Option<[u8; 32]>,
    /// What was asked for, sealed.
    pub sealed_request: Vec<u8>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Access => "access",
            Self::Contact => "contact",
            Self::Forgot => "forgot",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::Registration,
            Self::Access,
            Self::Contact,
            Self::Forgot,
        ]
        .into_iter()
        .find(|purpose| purpose.as_str() == word)
    }
}

/// Adds a code.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &VerificationRow, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "verification",
        "INSERT INTO verification (token_hash, purpose, registrant_id, blind_index, code_hash,
             sealed_request, created_at, expires_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
        &[
            (&row.ticket_hash).into(),
            row.purpose.as_str().into(),
            row.registrant
                .as_ref()
                .map(|id| id.as_bytes().as_slice())
                .into(),
            (&row.blind_index).into(),
            row.code_hash.as_ref().map(<[u8; 32]>::as_slice).into(),
            row.sealed_request.as_slice().into(),
            time(now),
            time(row.expires_at),
        ],
    )
}

/// Counts a try of a code and loads it, if it can still be tried.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn try_once(
    tx: &mut Tx<'_>,
    ticket_hash: &[u8; 32],
    purpose: Purpose,
    tries_max: i64,
    now: Timestamp,
) -> Result<Option<VerificationRow>, StoreError> {
    let row = tx.query_optional(
        "UPDATE verification SET tries = tries + 1
         WHERE token_hash = $1 AND purpose = $2 AND tries < $3 AND expires_at > $4
             AND used_at IS NULL
         RETURNING registrant_id, blind_index, code_hash, sealed_request, expires_at",
        &[
            ticket_hash.into(),
            purpose.as_str().into(),
            tries_max.into(),
            time(now),
        ],
    )?;
    row.map(|row| read(&row, *ticket_hash, purpose)).transpose()
}

fn read(row: &Row, ticket_hash: [u8; 32], purpose: Purpose) -> Result<VerificationRow, StoreError> {
    let registrant = row.optional_bytes(0)?.map(|bytes| {
        RegistrantId::from_slice(bytes).ok_or(StoreError::Damaged("a registrant's identifier"))
    });
    Ok(VerificationRow {
        ticket_hash,
        purpose,
        registrant: registrant.transpose()?,
        blind_index: row.array(1)?,
        code_hash: row.optional_bytes(2)?.map(|_| row.array(2)).transpose()?,
        sealed_request: row.bytes(3)?.to_vec(),
        expires_at: row.time(4)?,
    })
}

/// Loads the request of a registration that is not proved yet.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn request_of(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.query_optional(
        "SELECT sealed_request FROM verification
         WHERE registrant_id = $1 AND purpose = 'registration' AND used_at IS NULL
         ORDER BY created_at DESC, token_hash LIMIT 1",
        &[registrant.as_bytes().into()],
    )?;
    row.map(|row| Ok(row.bytes(0)?.to_vec())).transpose()
}

/// Lists the codes that were sent to an address and are still out, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_of(
    tx: &mut Tx<'_>,
    blind_index: &[u8; 32],
    now: Timestamp,
    limit: u32,
) -> Result<Vec<VerificationRow>, StoreError> {
    tx.query(
        "SELECT registrant_id, blind_index, code_hash, sealed_request, expires_at, token_hash, purpose
         FROM verification
         WHERE blind_index = $1 AND expires_at > $2 AND used_at IS NULL AND code_hash IS NOT NULL
         ORDER BY created_at DESC, token_hash LIMIT $3",
        &[
            blind_index.into(),
            time(now),
            i64::from(limit).into(),
        ],
    )?
    .iter()
    .map(|row| {
        let purpose = Purpose::parse(row.text(6)?).ok_or(StoreError::Damaged("a purpose"))?;
        read(row, row.array(5)?, purpose)
    })
    .collect()
}

/// Uses a code up.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn use_up(tx: &mut Tx<'_>, ticket_hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "verification",
        "UPDATE verification SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
        &[ticket_hash.into(), time(now)],
    )
}

/// Uses a code up; returns whether it was not used up already.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take(tx: &mut Tx<'_>, ticket_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE verification SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
        &[ticket_hash.into(), time(now)],
    )?;
    Ok(changed == 1)
}

/// Uses up the codes of a registration that was proved in another way.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_of(tx: &mut Tx<'_>, registrant: RegistrantId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE verification SET used_at = $2 WHERE registrant_id = $1
         AND purpose = 'registration' AND used_at IS NULL",
        &[registrant.as_bytes().into(), time(now)],
    )
    .map(|_| ())
}

/// Counts the codes that were sent to an address since a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn sent_since(
    tx: &mut Tx<'_>,
    blind_index: &[u8; 32],
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM verification
         WHERE blind_index = $1 AND created_at > $2 AND code_hash IS NOT NULL",
        &[blind_index.into(), time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Counts how often codes that were sent to an address since a time have been tried.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn tried_since(
    tx: &mut Tx<'_>,
    blind_index: &[u8; 32],
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT CAST(coalesce(sum(tries), 0) AS BIGINT) FROM verification
         WHERE blind_index = $1 AND created_at > $2 AND code_hash IS NOT NULL",
        &[blind_index.into(), time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Forgets codes that ended before a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM verification WHERE expires_at < $1",
        &[time(before)],
    )?;
    tx.execute(
        "DELETE FROM feigned WHERE token_hash IN (SELECT token_hash FROM session WHERE expires_at < $1)",
        &[time(before)],
    )?;
    tx.execute("DELETE FROM session WHERE expires_at < $1", &[time(before)])?;
    Ok(())
}
