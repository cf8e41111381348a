//! Registrants: a wrapped key each, and sealed choices.

use jiff::Timestamp;

use super::restoration;
use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrantState {
    /// Her address is not proved yet: she is told nothing.
    Pending,
    /// She is told.
    Active,
    /// No registrant but the monitored line, at which the agencies' daily tests come out.
    Monitor,
    /// No registrant but a caller who is to be called back, and forgotten then.
    Caller,
}

/// A registrant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrantRow {
    /// Who, by pseudonym.
    pub registrant: RegistrantId,
    /// Her data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Where her registration stands.
    pub state: RegistrantState,
    /// What she chose, sealed.
    pub sealed_choices: Vec<u8>,
}

impl RegistrantState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Monitor => "monitor",
            Self::Caller => "caller",
        }
    }
}

/// Adds a registrant.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &RegistrantRow, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "INSERT INTO registrant (registrant_id, wrapped_key, state, created_at, sealed_choices)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            row.registrant.as_bytes().into(),
            row.wrapped_key.as_slice().into(),
            row.state.as_str().into(),
            time(now),
            row.sealed_choices.as_slice().into(),
        ],
    )
}

/// Loads a registrant.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Option<RegistrantRow>, StoreError> {
    Ok(load_all(tx, &[registrant])?.pop().flatten())
}

/// Loads registrants, each where she stands among these.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load_all(
    tx: &mut Tx<'_>,
    registrants: &[RegistrantId],
) -> Result<Vec<Option<RegistrantRow>>, StoreError> {
    let lists: Vec<_> = registrants
        .iter()
        .map(|registrant| vec![registrant.as_bytes().into()])
        .collect();
    let rows = tx.query_many(
        "SELECT wrapped_key, state, sealed_choices FROM registrant WHERE registrant_id = $1",
        &lists,
    )?;
    registrants
        .iter()
        .zip(rows)
        .map(|(registrant, rows)| rows.first().map(|row| read(*registrant, row)).transpose())
        .collect()
}

fn read(registrant: RegistrantId, row: &Row) -> Result<RegistrantRow, StoreError> {
    let state = match row.text(1)? {
        "pending" => RegistrantState::Pending,
        "active" => RegistrantState::Active,
        "monitor" => RegistrantState::Monitor,
        "caller" => RegistrantState::Caller,
        _ => return Err(StoreError::Damaged("a registrant's state")),
    };
    Ok(RegistrantRow {
        registrant,
        wrapped_key: row.bytes(0)?.to_vec(),
        state,
        sealed_choices: row.bytes(2)?.to_vec(),
    })
}

/// Lists registrants, in the order of their pseudonyms, after one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    registrant: Option<RegistrantId>,
    limit: u32,
) -> Result<Vec<RegistrantId>, StoreError> {
    let from = registrant.map_or_else(Vec::new, |registrant| registrant.as_bytes().to_vec());
    tx.query(
        "SELECT registrant_id FROM registrant WHERE registrant_id > $1
         ORDER BY registrant_id LIMIT $2",
        values![from, i64::from(limit)],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Lists the monitored lines.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn monitors(tx: &mut Tx<'_>) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "SELECT registrant_id FROM registrant WHERE state = 'monitor' ORDER BY registrant_id",
        &[],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Makes a registration count.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn activate(tx: &mut Tx<'_>, registrant: RegistrantId) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "UPDATE registrant SET state = 'active' WHERE registrant_id = $1",
        values![registrant.as_bytes()],
    )
}

/// Changes what a registrant chose.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn choose(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    sealed_choices: &[u8],
) -> Result<(), StoreError> {
    tx.execute_one(
        "registrant",
        "UPDATE registrant SET sealed_choices = $2 WHERE registrant_id = $1",
        values![registrant.as_bytes(), sealed_choices],
    )
}

/// Forgets a registrant: her key first, without which nothing else of her can be read. Her pseudonym
/// is kept, so that a backup that is put back does not bring her back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget(tx: &mut Tx<'_>, registrant: RegistrantId, now: Timestamp) -> Result<(), StoreError> {
    restoration::forgot(tx, registrant, now)?;
    let id = values![registrant.as_bytes()];
    tx.execute(
        "DELETE FROM feigned WHERE token_hash IN (SELECT token_hash FROM session WHERE registrant_id = $1)",
        id,
    )?;
    tx.execute("DELETE FROM session WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM verification WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM stopping WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM pin_try WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM subscription WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM follow WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM parted_doubt WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM held_fact WHERE registrant_id = $1", id)?;
    tx.execute("DELETE FROM contact WHERE registrant_id = $1", id)?;
    tx.execute(
        "UPDATE notice SET state = 'stopped' WHERE registrant_id = $1
         AND state IN ('planned', 'trying')",
        id,
    )?;
    tx.execute(
        "UPDATE vault_task SET state = 'closed', outcome = 'forgotten' WHERE registrant_id = $1
         AND state = 'open'",
        id,
    )?;
    tx.execute("DELETE FROM registrant WHERE registrant_id = $1", id)
        .map(|_| ())
}

/// Finds registrations that began before a time and were not proved, and whose codes ended before it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn pending_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "SELECT r.registrant_id FROM registrant r WHERE r.state = 'pending' AND r.created_at < $1
             AND NOT EXISTS (SELECT 1 FROM verification v
                 WHERE v.registrant_id = r.registrant_id AND v.expires_at >= $1)
         ORDER BY r.registrant_id LIMIT 1000",
        &[time(before)],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}
