//! A face: what one record says of who its person is, as far as it is compared.

use std::fmt;

use jiff::civil::Date;
use savin_shared::pii::Pii;
use savin_shared::record::subject::Sex;
use savin_shared::record::{Record, RecordBody};
use serde::{Deserialize, Serialize};

use super::name::Name;
use crate::matching::Identifier;
use crate::names::words;

/// Names of one record that are compared: its own and the first aliases.
const NAMES_MAX: usize = 4;

/// Words of an address that are compared: the house and its street.
const ADDRESS_WORDS: usize = 2;

/// Birth years before this are what systems write for "not known".
const FIRST_YEAR: i16 = 1902;

/// Birth years after this likewise.
const LAST_YEAR: i16 = 2100;

/// What one record says of who its person is. Printed without any of it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Face {
    /// The names, the record's own first.
    #[serde(rename = "n", default)]
    pub names: Vec<Name>,
    /// The birth date, unless it is one that stands for none.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Date>,
    /// Whether the person is a woman, where the record says.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub is_female: Option<bool>,
    /// House and street, folded.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl fmt::Debug for Face {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Face")
            .field("names", &self.names.len())
            .field("has_birth", &self.birth.is_some())
            .finish_non_exhaustive()
    }
}

/// Everything that is known of who a person is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// What the records say, each once.
    pub faces: Vec<Face>,
    /// The numbers.
    pub identifiers: Vec<Identifier>,
}

impl Face {
    /// Returns what a record says.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let subject = &record.subject;
        let mut names: Vec<Name> = Vec::new();
        for name in subject.name.iter().chain(&subject.aliases) {
            let name = Name::of(name);
            if !name.surname.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(NAMES_MAX);
        let birth = subject.birth_date.as_ref().map(|date| *date.reveal());
        Self {
            names,
            birth: birth.filter(|date| (FIRST_YEAR..LAST_YEAR).contains(&date.year())),
            is_female: match subject.sex {
                Some(Sex::Female) => Some(true),
                Some(Sex::Male) => Some(false),
                Some(Sex::Unknown) | None => None,
            },
            address: address(record).and_then(|text| house_and_street(text.reveal())),
        }
    }

    /// Says whether there is nothing to compare.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        self.names.is_empty() && self.birth.is_none()
    }
}

const fn address(record: &Record) -> Option<&Pii<String>> {
    match &record.body {
        RecordBody::Supervision(supervision) => supervision.address.as_ref(),
        RecordBody::SexOffender(registration) => registration.address.as_ref(),
        RecordBody::Custody(_)
        | RecordBody::CourtEvent(_)
        | RecordBody::Hearing(_)
        | RecordBody::ProtectiveOrder(_) => None,
    }
}

/// Returns the number of a house and the street after it; nothing where there is no number.
fn house_and_street(text: &str) -> Option<String> {
    let words: Vec<String> = words(text)
        .into_iter()
        .skip_while(|word| !word.chars().all(|c| c.is_ascii_digit()))
        .filter(|word| !matches!(word.as_str(), "n" | "s" | "e" | "w"))
        .take(ADDRESS_WORDS)
        .collect();
    (words.len() == ADDRESS_WORDS).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::house_and_street;

    #[test]
    fn reads_house_and_street() {
        let expected = Some("12 sample".to_owned());
        assert_eq!(house_and_street("12 N. Sample St, Jackson"), expected);
        assert_eq!(house_and_street("Apt: 12 SAMPLE STREET"), expected);
        assert_eq!(house_and_street("P.O. Box"), None);
    }
}
