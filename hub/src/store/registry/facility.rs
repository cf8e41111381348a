//! Facilities: counties and facilities are data, and unverified until MDOC confirms them.

use savin_shared::ids::{AgencyId, FacilityCode};

use super::agency;
use crate::places::Facility;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Adds facilities that ship with the program; what MDOC has changed stays.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn add_shipped(tx: &mut Tx<'_>, facilities: &[Facility]) -> Result<(), StoreError> {
    let lists: Vec<_> = facilities
        .iter()
        .map(|facility| {
            vec![
                facility.code.as_str().into(),
                facility.name.as_str().into(),
                facility.kind.as_str().into(),
                facility.county.as_str().into(),
                facility.city.as_deref().into(),
                facility.phone.as_deref().into(),
                facility.verified.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO facility (facility_code, name, kind, county, city, phone, verified)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (facility_code) DO NOTHING",
        &lists,
    )
}

/// Adds a facility that did not ship, or changes it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, facility: &Facility) -> Result<(), StoreError> {
    tx.execute_one(
        "facility",
        "INSERT INTO facility (facility_code, name, kind, county, city, phone, verified)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (facility_code) DO UPDATE SET name = $2, kind = $3, county = $4, city = $5,
             phone = $6, verified = $7",
        values![
            facility.code.as_str(),
            facility.name.as_str(),
            facility.kind.as_str(),
            facility.county.as_str(),
            facility.city.as_deref(),
            facility.phone.as_deref(),
            facility.verified,
        ],
    )
}

/// Says which agency speaks for a facility.
///
/// # Errors
/// Returns [`StoreError::Count`] for a facility that is not in the list.
pub fn assign(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
    agency: &AgencyId,
) -> Result<(), StoreError> {
    tx.execute_one(
        "facility",
        "UPDATE facility SET agency_id = $2 WHERE facility_code = $1",
        values![facility.as_str(), agency.as_str()],
    )
}

/// Loads a facility and the agency that speaks for it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
) -> Result<Option<(Facility, Option<AgencyId>)>, StoreError> {
    let row = tx.query_optional(
        "SELECT facility_code, name, kind, county, city, phone, verified, agency_id
         FROM facility WHERE facility_code = $1",
        values![facility.as_str()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let facility = Facility {
        code: code(row.text(0)?)?,
        name: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        county: row.text(3)?.to_owned(),
        city: row.optional_text(4)?.map(str::to_owned),
        phone: row.optional_text(5)?.map(str::to_owned),
        verified: row.flag(6)?,
    };
    let agency = row.optional_text(7)?.map(agency::id).transpose()?;
    Ok(Some((facility, agency)))
}

/// Returns what each of these facilities is called, or its code where it is not in the list, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names_of(tx: &mut Tx<'_>, facilities: &[&FacilityCode]) -> Result<Vec<String>, StoreError> {
    let lists: Vec<_> = facilities
        .iter()
        .map(|facility| vec![facility.as_str().into()])
        .collect();
    let found = tx.query_many("SELECT name FROM facility WHERE facility_code = $1", &lists)?;
    let found = found.iter().zip(facilities);
    found
        .map(|(rows, code)| match rows.first() {
            Some(row) => row.text(0).map(str::to_owned),
            None => Ok(code.to_string()),
        })
        .collect()
}

/// Returns the codes of the facilities that an agency speaks for.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_agency(tx: &mut Tx<'_>, agency: &AgencyId) -> Result<Vec<FacilityCode>, StoreError> {
    tx.query(
        "SELECT facility_code FROM facility WHERE agency_id = $1 ORDER BY facility_code",
        values![agency.as_str()],
    )?
    .iter()
    .map(|row| code(row.text(0)?))
    .collect()
}

/// Reads a stored facility code.
pub(super) fn code(text: &str) -> Result<FacilityCode, StoreError> {
    FacilityCode::new(text).map_err(|_| StoreError::Damaged("a facility's code"))
}

/// Reads stored facility codes that are written one a line.
pub(super) fn codes(text: &str) -> Result<Vec<FacilityCode>, StoreError> {
    text.lines().map(code).collect()
}

/// Writes facility codes one a line.
pub(super) fn lines(codes: &[FacilityCode]) -> String {
    codes
        .iter()
        .map(FacilityCode::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}
