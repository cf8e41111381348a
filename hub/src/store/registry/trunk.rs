//! Telephone trunks that want to be told where the hub is, and whether they know.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time};
use crate::values;

/// Whether a trunk knows where the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkRow {
    /// Its name.
    pub name: String,
    /// Until when it does, as it granted last.
    pub registered_until: Option<Timestamp>,
    /// When it did not take the hub's word last.
    pub refused_at: Option<Timestamp>,
    /// What it answered then; nothing where it said nothing.
    pub refused_status: Option<i64>,
}

impl TrunkRow {
    /// Returns what is known of a trunk that no hub has asked yet.
    #[must_use]
    pub fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            registered_until: None,
            refused_at: None,
            refused_status: None,
        }
    }
}

/// Notes what is known of a trunk. Of several hubs the one counts that it knows for longest: calls come there.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, row: &TrunkRow) -> Result<(), StoreError> {
    tx.execute_one(
        "trunk",
        "INSERT INTO trunk (name, registered_until, refused_at, refused_status) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET
             registered_until = CASE
                 WHEN coalesce(trunk.registered_until, 0) > coalesce(excluded.registered_until, 0)
                 THEN trunk.registered_until ELSE excluded.registered_until END,
             refused_at = coalesce(excluded.refused_at, trunk.refused_at),
             refused_status = CASE WHEN excluded.refused_at IS NULL
                 THEN trunk.refused_status ELSE excluded.refused_status END",
        &[
            row.name.as_str().into(),
            optional_time(row.registered_until),
            optional_time(row.refused_at),
            row.refused_status.into(),
        ],
    )
}

/// Finds what is known of a trunk.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<TrunkRow>, StoreError> {
    tx.query_optional(
        "SELECT name, registered_until, refused_at, refused_status FROM trunk WHERE name = $1",
        values![name],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

fn read(row: &Row) -> Result<TrunkRow, StoreError> {
    Ok(TrunkRow {
        name: row.text(0)?.to_owned(),
        registered_until: row.optional_time(1)?,
        refused_at: row.optional_time(2)?,
        refused_status: row.optional_integer(3)?,
    })
}
