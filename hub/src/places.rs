//! Counties and facilities: data that ships with the program, each unverified until MDOC confirms it.

use savin_shared::ids::{FacilityCode, IdError};
use serde::Deserialize;
use thiserror::Error;

/// The list that ships with the program.
const SHIPPED: &str = include_str!("../data/facilities.csv");

/// A facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// Its code.
    pub code: FacilityCode,
    /// Its name, for people.
    pub name: String,
    /// What it is: `county-jail`, `state-prison`, `private-prison`, `regional`, `court`, `agency`.
    pub kind: String,
    /// Its county.
    pub county: String,
    /// Its city, where known.
    pub city: Option<String>,
    /// Its public telephone number, where known.
    pub phone: Option<String>,
    /// Whether MDOC has confirmed it.
    pub verified: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FacilityRow {
    code: String,
    name: String,
    kind: String,
    county: String,
    city: Option<String>,
    phone: Option<String>,
    verified: bool,
}

/// Reads the list that ships with the program.
///
/// # Errors
/// Returns [`PlacesError`], which a test rules out.
pub fn shipped() -> Result<Vec<Facility>, PlacesError> {
    parse(SHIPPED)
}

/// Reads a list of facilities.
///
/// # Errors
/// Returns [`PlacesError`] with the line of the first row that is not one.
pub fn parse(csv: &str) -> Result<Vec<Facility>, PlacesError> {
    csv::Reader::from_reader(csv.as_bytes())
        .deserialize::<FacilityRow>()
        .map(|row| {
            let row = row?;
            Ok(Facility {
                code: FacilityCode::new(&row.code)?,
                name: row.name,
                kind: row.kind,
                county: row.county,
                city: row.city.filter(|city| !city.is_empty()),
                phone: row.phone.filter(|phone| !phone.is_empty()),
                verified: row.verified,
            })
        })
        .collect()
}

/// Why a list of facilities was refused.
#[derive(Debug, Error)]
pub enum PlacesError {
    /// A row is not one.
    #[error("a row of the list of facilities is not usable")]
    Csv(#[from] csv::Error),
    /// A code is not one.
    #[error("a facility's code is not usable")]
    Code(#[from] IdError),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::shipped;

    #[test]
    fn ships_a_jail_for_each_of_the_82_counties() {
        let facilities = shipped().unwrap();
        let counties: BTreeSet<&str> = facilities
            .iter()
            .filter(|facility| facility.kind == "county-jail")
            .map(|facility| facility.county.as_str())
            .collect();
        assert_eq!(counties.len(), 82);
        let codes: BTreeSet<&str> = facilities.iter().map(|f| f.code.as_str()).collect();
        assert_eq!(codes.len(), facilities.len(), "codes are unique");
    }

    #[test]
    fn calls_nothing_verified_that_mdoc_has_not_confirmed() {
        assert!(shipped().unwrap().iter().all(|facility| !facility.verified));
    }
}
