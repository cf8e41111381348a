//! Agencies: who sends.

use jiff::Timestamp;
use savin_shared::ids::AgencyId;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its identifier: the ORI where it has one.
    pub agency: AgencyId,
    /// Its name.
    pub name: String,
    /// Its county, where it has one.
    pub county: Option<String>,
}

/// Adds an agency, or renames it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, agency: &Agency, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "agency",
        "INSERT INTO agency (agency_id, name, county, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (agency_id) DO UPDATE SET name = $2, county = $3",
        &[
            agency.agency.as_str().into(),
            agency.name.as_str().into(),
            agency.county.as_deref().into(),
            time(now),
        ],
    )
}

/// Loads an agency.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, agency: &AgencyId) -> Result<Option<Agency>, StoreError> {
    let row = tx.query_optional(
        "SELECT agency_id, name, county FROM agency WHERE agency_id = $1",
        values![agency.as_str()],
    )?;
    row.as_ref().map(read).transpose()
}

/// Loads every agency, by its identifier.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Agency>, StoreError> {
    tx.query(
        "SELECT agency_id, name, county FROM agency ORDER BY agency_id",
        &[],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<Agency, StoreError> {
    Ok(Agency {
        agency: id(row.text(0)?)?,
        name: row.text(1)?.to_owned(),
        county: row.optional_text(2)?.map(str::to_owned),
    })
}

/// Reads a stored agency's identifier.
pub(super) fn id(text: &str) -> Result<AgencyId, StoreError> {
    AgencyId::new(text).map_err(|_| StoreError::Damaged("an agency's identifier"))
}
