//! Identifiers: one type for each thing that is named, so that none stands in for another.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::limits::IDENTIFIER_BYTES_MAX;
use crate::record::RecordKind;

/// Defines an identifier that an agency or MDOC wrote as text.
macro_rules! text_id {
    ($( $(#[$meta:meta])* $name:ident ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String")]
        pub struct $name(Box<str>);

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl $name {
            /// Takes an identifier as written, without the blanks around it.
            ///
            /// # Errors
            /// Returns [`IdError`] when it is empty, too long or holds control characters.
            pub fn new(text: &str) -> Result<Self, IdError> {
                checked(text).map(|text| Self(text.into_boxed_str()))
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
    )+ };
}

text_id! {
    /// An agency that keeps records: a sheriff's office, MDOC, a court. Its ORI where it has one.
    AgencyId,
    /// A facility in the hub's list of facilities.
    FacilityCode,
    /// One declared source of a facility: a roster folder, a booking database.
    FeedName,
    /// The number that an agency gave a record; for custody the booking number
    /// (NIEM `j:BookingAgencyRecordIdentification`).
    RecordNumber,
    /// A jail's own number for a person, also called jacket number (NIEM `j:SubjectIdentification`).
    PersonNumber,
    /// The number that MDOC gave a person.
    OffenderId,
    /// The state's fingerprint-based number, SID (NIEM `j:PersonStateFingerprintIdentification`).
    StateId,
    /// The FBI or UCN number (NIEM `j:PersonFBIIdentification`).
    FbiId,
}

crate::own_id! {
    /// One installed agent.
    AgentId,
    /// One life of an agent's journal; a repaired or new journal gets a new one.
    Epoch,
}

/// The place of a delta in its epoch: 1 is the first, and there are no gaps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first delta.
    pub const ZERO: Self = Self(0);

    /// Returns the number that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the number before, which for the first is zero.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// Which record of an agency is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// What kind of record it is.
    pub kind: RecordKind,
    /// The number that its agency gave it.
    pub number: RecordNumber,
}

impl fmt::Display for RecordKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind, self.number)
    }
}

/// Why a text is not an identifier. The text itself stays out of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing but blanks.
    #[error("the identifier is empty")]
    Empty,
    /// Longer than [`IDENTIFIER_BYTES_MAX`].
    #[error("the identifier is longer than {IDENTIFIER_BYTES_MAX} bytes")]
    TooLong,
    /// Line breaks, NUL and the like.
    #[error("the identifier holds control characters")]
    Control,
    /// Not in the form that our programs print.
    #[error("the identifier is not in the form 01234567-89ab-cdef-0123-456789abcdef")]
    NotOurs,
}

fn checked(text: &str) -> Result<String, IdError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > IDENTIFIER_BYTES_MAX {
        return Err(IdError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(IdError::Control);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{AgentId, FacilityCode, IdError, Seq};

    #[test]
    fn takes_identifiers_without_their_blanks() {
        assert_eq!(
            FacilityCode::new(" MS025-JAIL ").unwrap().as_str(),
            "MS025-JAIL"
        );
    }

    #[test]
    fn refuses_what_cannot_be_an_identifier() {
        assert_eq!(FacilityCode::new("  "), Err(IdError::Empty));
        assert_eq!(FacilityCode::new("a\nb"), Err(IdError::Control));
        assert_eq!(FacilityCode::new(&"x".repeat(97)), Err(IdError::TooLong));
    }

    #[test]
    fn prints_own_identifiers_so_that_they_read_back() {
        let id = AgentId::from_bytes([9; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("x".parse::<AgentId>(), Err(IdError::NotOurs));
    }

    #[test]
    fn counts_from_one() {
        assert_eq!(Seq::ZERO.next(), Seq(1));
        assert_eq!(Seq(1).previous(), Seq::ZERO);
    }
}
