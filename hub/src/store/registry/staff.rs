//! Members of staff: a name, a role and a public key each.

use jiff::Timestamp;
use savin_shared::sign::VerifyingKey;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::values;
use crate::work::role::Role;

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRow {
    /// The public half of the key that signs.
    pub key: VerifyingKey,
    /// What decisions and tasks call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub added_at: Timestamp,
    /// By whom.
    pub added_by: String,
    /// Until when.
    pub removed_at: Option<Timestamp>,
    /// By whom.
    pub removed_by: Option<String>,
}

/// Adds a member of staff; a name that is in use is refused by the database.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn add(tx: &mut Tx<'_>, row: &StaffRow) -> Result<(), StoreError> {
    tx.execute_one(
        "staff",
        "INSERT INTO staff (public_key, staff_name, role, added_at, added_by)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            (&row.key.0).into(),
            row.name.as_str().into(),
            row.role.as_str().into(),
            time(row.added_at),
            row.added_by.as_str().into(),
        ],
    )
}

/// Adds somebody who was a member of staff, and is none any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn add_former(tx: &mut Tx<'_>, row: &StaffRow) -> Result<(), StoreError> {
    tx.execute_one(
        "staff",
        "INSERT INTO staff (public_key, staff_name, role, added_at, added_by, removed_at, removed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&row.key.0).into(),
            row.name.as_str().into(),
            row.role.as_str().into(),
            time(row.added_at),
            row.added_by.as_str().into(),
            optional_time(row.removed_at),
            row.removed_by.clone().into(),
        ],
    )
}

/// Ends what a member of staff may do; what was decided before still verifies.
///
/// # Errors
/// Returns [`StoreError`] when nobody active has the name, or the database refuses.
pub fn remove(tx: &mut Tx<'_>, name: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "staff",
        "UPDATE staff SET removed_at = $2, removed_by = $3
         WHERE staff_name = $1 AND removed_at IS NULL",
        &[name.into(), time(now), by.into()],
    )
}

/// Loads whoever has a key, active or not.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn by_key(tx: &mut Tx<'_>, key: &VerifyingKey) -> Result<Option<StaffRow>, StoreError> {
    tx.query_optional(
        "SELECT public_key, staff_name, role, added_at, added_by, removed_at, removed_by
         FROM staff WHERE public_key = $1",
        values![&key.0],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// Loads the active member of staff of a name.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn active(tx: &mut Tx<'_>, name: &str) -> Result<Option<StaffRow>, StoreError> {
    tx.query_optional(
        "SELECT public_key, staff_name, role, added_at, added_by, removed_at, removed_by
         FROM staff WHERE staff_name = $1 AND removed_at IS NULL",
        values![name],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// Lists everybody who is or was a member of staff.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<StaffRow>, StoreError> {
    tx.query(
        "SELECT public_key, staff_name, role, added_at, added_by, removed_at, removed_by
         FROM staff ORDER BY staff_name, added_at, public_key",
        values![],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Counts the active members of staff of a role.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count_active(tx: &mut Tx<'_>, role: Role) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM staff WHERE role = $1 AND removed_at IS NULL",
        values![role.as_str()],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

fn read(row: &Row) -> Result<StaffRow, StoreError> {
    Ok(StaffRow {
        key: VerifyingKey(row.array(0)?),
        name: row.text(1)?.to_owned(),
        role: Role::parse(row.text(2)?).ok_or(StoreError::Damaged("a role of staff"))?,
        added_at: row.time(3)?,
        added_by: row.text(4)?.to_owned(),
        removed_at: row.optional_time(5)?,
        removed_by: row.optional_text(6)?.map(str::to_owned),
    })
}
