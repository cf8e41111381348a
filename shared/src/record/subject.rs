//! The person a record is about.

use jiff::civil::Date;

use crate::code::coded_enum;
use crate::ids::{FbiId, OffenderId, PersonNumber, StateId};
use crate::pii::Pii;

coded_enum! {
    /// Sex as the agency recorded it (NIEM `j:PersonSexCode`).
    pub enum Sex {
        /// Female.
        Female = 1 => "F",
        /// Male.
        Male = 2 => "M",
        /// Recorded as unknown or in another word.
        Unknown = 3 => "U",
    }
}

/// The identifiers and description of a person, as one agency has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The agency's own number for the person.
    pub person_number: Option<PersonNumber>,
    /// The MDOC number.
    pub offender_id: Option<OffenderId>,
    /// The state's fingerprint-based number.
    pub state_id: Option<StateId>,
    /// The FBI number.
    pub fbi_id: Option<FbiId>,
    /// The name on the record.
    pub name: Option<PersonName>,
    /// Other names.
    pub aliases: Vec<PersonName>,
    /// The birth date.
    pub birth_date: Option<Pii<Date>>,
    /// The sex.
    pub sex: Option<Sex>,
    /// The race, in the agency's word.
    pub race: Option<String>,
}

/// A name in its parts (NIEM `nc:PersonName`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonName {
    /// `nc:PersonSurName`.
    pub surname: Pii<String>,
    /// `nc:PersonGivenName`.
    pub given: Option<Pii<String>>,
    /// `nc:PersonMiddleName`.
    pub middle: Option<Pii<String>>,
    /// `nc:PersonNameSuffixText`.
    pub suffix: Option<Pii<String>>,
}
