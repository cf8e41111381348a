//! One-time enrolment tokens: stored hashed, used once, gone after a while.

use jiff::Timestamp;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, FacilityCode};

use super::{agency, facility};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Value, time};

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The agency that the agent will speak for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
}

/// Stores a token's hash.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn issue(
    tx: &mut Tx<'_>,
    hash: &Hash,
    grant: &Grant,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "enrolment_token",
        "INSERT INTO enrolment_token (token_hash, agency_id, facilities, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            hash.as_bytes().into(),
            grant.agency.as_str().into(),
            facility::lines(&grant.facilities).into(),
            time(issued_at),
            time(expires_at),
        ],
    )
}

/// A token as it stands: what it allows, until when, and who used it.
#[derive(Debug, Clone)]
pub struct Issued(Vec<Value>);

/// Loads every token.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Issued>, StoreError> {
    let rows = tx.query(
        "SELECT token_hash, agency_id, facilities, issued_at, expires_at, used_at, agent_id
         FROM enrolment_token ORDER BY issued_at, token_hash",
        &[],
    )?;
    let rows = rows.iter().map(|row| Issued(row.values().to_vec()));
    Ok(rows.collect())
}

/// Lets tokens stand as another registry knew them: whatever was used up there is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take_over(tx: &mut Tx<'_>, tokens: &[Issued]) -> Result<(), StoreError> {
    let rows: Vec<_> = tokens.iter().map(|token| token.0.clone()).collect();
    tx.execute_many(
        "INSERT INTO enrolment_token (token_hash, agency_id, facilities, issued_at, expires_at, used_at,
             agent_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (token_hash) DO UPDATE SET used_at = $6, agent_id = $7",
        &rows,
    )
}

/// Uses a token up and returns what it allows; `None` for one that is unknown, used or too old.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn redeem(
    tx: &mut Tx<'_>,
    hash: &Hash,
    agent: AgentId,
    now: Timestamp,
) -> Result<Option<Grant>, StoreError> {
    let row = tx.query_optional(
        "UPDATE enrolment_token SET used_at = $2, agent_id = $3
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
         RETURNING agency_id, facilities",
        &[hash.as_bytes().into(), time(now), agent.as_bytes().into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Grant {
        agency: agency::id(row.text(0)?)?,
        facilities: facility::codes(row.text(1)?)?,
    }))
}
