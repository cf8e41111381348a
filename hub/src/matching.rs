//! Who a record is about: persons found by the identifiers that agencies and the state gave them.
//!
//! What else is known of a person is weighed in [`linkage`](crate::linkage). Where only identifiers are
//! known and they point at different persons, the agency's own number decides where the record goes, and
//! a person has to look at the rest.

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use crate::ids::PersonId;

/// From how many characters a number of one and the same is none.
const HELD_DOWN_MIN: usize = 5;

/// What is typed where a program wants nine digits.
const COUNTED_UP: &str = "123456789";

/// Words that agencies write instead of their own number for a person.
const NO_NUMBER: [&str; 10] = [
    "-", "N/A", "NA", "NONE", "NULL", "PENDING", "TBD", "UNK", "UNKNOWN", "XXX",
];

/// An identifier of a person, comparable across records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// The agency within which it means something, or nothing where it does in the whole state.
    pub scope: String,
    /// Its value, without blanks and in upper case.
    pub value: String,
}

/// What an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// An agency's own number for the person.
    PersonNumber,
    /// The state's fingerprint-based number.
    StateId,
    /// The MDOC number.
    OffenderId,
    /// The FBI number.
    FbiId,
    /// A booking's own number, where the record names its person in no other way.
    Record,
}

impl IdentifierKind {
    /// Every kind.
    const ALL: [Self; 5] = [
        Self::PersonNumber,
        Self::StateId,
        Self::OffenderId,
        Self::FbiId,
        Self::Record,
    ];

    /// Returns the kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Says whether a person has one such number and no second one. An agency gives a new number to
    /// somebody whom it did not recognise; the state and the FBI go by fingerprints.
    #[must_use]
    pub const fn is_unique(self) -> bool {
        match self {
            Self::StateId | Self::OffenderId | Self::FbiId => true,
            Self::PersonNumber | Self::Record => false,
        }
    }

    /// Returns the word that stands for it in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonNumber => "person-number",
            Self::StateId => "state-id",
            Self::OffenderId => "offender-id",
            Self::FbiId => "fbi-id",
            Self::Record => "record",
        }
    }
}

/// Where a record belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// To nobody who is known.
    New,
    /// To this person.
    Known(PersonId),
    /// To this person, and others share an identifier with it: a person has to look.
    Doubtful {
        /// To whom.
        person: PersonId,
        /// The others.
        others: Vec<PersonId>,
    },
}

/// Returns a record's identifiers, the one that decides first.
#[must_use]
pub fn identifiers(agency: &AgencyId, record: &Record) -> Vec<Identifier> {
    let subject = &record.subject;
    let own = agency.as_str();
    let candidates = [
        (
            IdentifierKind::PersonNumber,
            own,
            subject.person_number.as_ref().map(|id| id.as_str()),
        ),
        (
            IdentifierKind::StateId,
            "",
            subject.state_id.as_ref().map(|id| id.as_str()),
        ),
        (
            IdentifierKind::OffenderId,
            "",
            subject.offender_id.as_ref().map(|id| id.as_str()),
        ),
        (
            IdentifierKind::FbiId,
            "",
            subject.fbi_id.as_ref().map(|id| id.as_str()),
        ),
    ];
    let mut identifiers: Vec<Identifier> = candidates
        .into_iter()
        .filter_map(|(kind, scope, value)| {
            let value = comparable(value?);
            is_number(kind, &value).then(|| Identifier {
                kind,
                scope: scope.to_owned(),
                value,
            })
        })
        .collect();
    if identifiers.is_empty() {
        let value = format!("{}:{}", record.kind(), comparable(record.number().as_str()));
        let kind = IdentifierKind::Record;
        identifiers.push(Identifier {
            kind,
            scope: own.to_owned(),
            value,
        });
    }
    identifiers
}

/// Says whether a value is somebody's number, and not what is written where there is none: a word, nothing but
/// zeros or nines, or one key held down.
fn is_number(kind: IdentifierKind, value: &str) -> bool {
    let is_one_of = |keys: &[char]| {
        let mut digits = value.chars().filter(char::is_ascii_digit).peekable();
        digits.peek().is_some() && digits.all(|digit| keys.contains(&digit))
    };
    let mut keys = value.chars().filter(|key| key.is_alphanumeric());
    let Some(first) = keys.next() else {
        return false;
    };
    let is_held_down = value.len() >= HELD_DOWN_MIN && keys.all(|key| key == first);
    let has_digit = value.chars().any(|key| key.is_ascii_digit());
    let is_word = if kind.is_unique() {
        !has_digit
    } else {
        NO_NUMBER.contains(&value)
    };
    let is_filled = value.len() >= HELD_DOWN_MIN && kind.is_unique() && is_one_of(&['9']);
    !(is_word || is_held_down || is_filled || is_one_of(&['0']) || value == COUNTED_UP)
}

/// Returns those of a record's identifiers that contradict what is known of its person.
///
/// That is another number of a kind of which a person has one, or another number of the agency's own
/// on the very record, unless one of the others still agrees.
#[must_use]
pub fn contradictions<'a>(
    now: &'a [Identifier],
    before: &[Identifier],
    persons: &[Identifier],
) -> Vec<&'a Identifier> {
    let differs = |id: &Identifier, known: &[Identifier]| {
        let mut same_kind = known
            .iter()
            .filter(|other| other.kind == id.kind && other.scope == id.scope)
            .peekable();
        same_kind.peek().is_some() && same_kind.all(|other| other.value != id.value)
    };
    let agrees = now
        .iter()
        .any(|id| id.kind.is_unique() && persons.contains(id));
    now.iter()
        .filter(|id| match id.kind {
            IdentifierKind::PersonNumber => !agrees && differs(id, before),
            IdentifierKind::StateId | IdentifierKind::OffenderId | IdentifierKind::FbiId => {
                differs(id, persons)
            }
            IdentifierKind::Record => false,
        })
        .collect()
}

/// Decides from whom each of a record's identifiers is known to name, in their order.
#[must_use]
pub fn resolve(found: &[Option<PersonId>]) -> Resolution {
    let mut persons = found.iter().flatten().copied();
    let Some(person) = persons.next() else {
        return Resolution::New;
    };
    let mut others: Vec<PersonId> = persons.filter(|other| *other != person).collect();
    others.sort();
    others.dedup();
    if others.is_empty() {
        Resolution::Known(person)
    } else {
        Resolution::Doubtful { person, others }
    }
}

/// Writes a number as it is compared: without blanks and in upper case.
#[must_use]
pub fn comparable(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use savin_shared::ids::{
        AgencyId, FacilityCode, OffenderId, PersonNumber, RecordNumber, StateId,
    };
    use savin_shared::record::custody::{Custody, CustodyState};
    use savin_shared::record::subject::Subject;
    use savin_shared::record::{Record, RecordBody};

    use super::{IdentifierKind, Resolution, identifiers, resolve};
    use crate::ids::PersonId;

    fn record(subject: Subject) -> Record {
        let number = RecordNumber::new("26-1").unwrap();
        Record {
            facility: FacilityCode::new("MS-A").unwrap(),
            subject,
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(Custody::new(number, CustodyState::InCustody))),
        }
    }

    fn kinds(subject: Subject) -> Vec<IdentifierKind> {
        let agency = AgencyId::new("MS0010000").unwrap();
        identifiers(&agency, &record(subject))
            .into_iter()
            .map(|id| id.kind)
            .collect()
    }

    #[test]
    fn lets_the_agencys_own_number_decide() {
        let subject = Subject {
            person_number: Some(PersonNumber::new("77").unwrap()),
            offender_id: Some(OffenderId::new("k1234").unwrap()),
            ..Subject::default()
        };
        assert_eq!(
            kinds(subject),
            [IdentifierKind::PersonNumber, IdentifierKind::OffenderId]
        );
    }

    #[test]
    fn falls_back_to_the_booking_and_never_to_a_name() {
        assert_eq!(kinds(Subject::default()), [IdentifierKind::Record]);
    }

    #[test]
    fn takes_nothing_for_a_number_that_stands_where_there_is_none() {
        for none in [
            "N/A",
            "none",
            "000000",
            "MS00000000",
            "999999999",
            "99999-99",
            "XXXXXX",
            "-",
        ] {
            let subject = Subject {
                state_id: Some(StateId::new(none).unwrap()),
                person_number: Some(PersonNumber::new("77").unwrap()),
                ..Subject::default()
            };
            assert_eq!(kinds(subject), [IdentifierKind::PersonNumber], "{none}");
        }
        for none in [
            "N/A",
            "unknown",
            "0",
            "0000",
            "99999",
            "PENDING",
            "123456789",
        ] {
            let subject = Subject {
                person_number: Some(PersonNumber::new(none).unwrap()),
                ..Subject::default()
            };
            assert_eq!(kinds(subject), [IdentifierKind::Record], "{none}");
        }
        for own in ["9", "99", "1", "A", "JONES-4"] {
            let subject = Subject {
                person_number: Some(PersonNumber::new(own).unwrap()),
                ..Subject::default()
            };
            assert_eq!(kinds(subject), [IdentifierKind::PersonNumber], "{own}");
        }
    }

    #[test]
    fn joins_on_agreement_and_doubts_on_contradiction() {
        let [a, b] = [1, 2].map(|byte| PersonId::from_bytes([byte; 16]));
        assert_eq!(resolve(&[None, None]), Resolution::New);
        assert_eq!(resolve(&[None, Some(a)]), Resolution::Known(a));
        assert_eq!(resolve(&[Some(a), Some(a)]), Resolution::Known(a));
        let doubtful = Resolution::Doubtful {
            person: a,
            others: vec![b],
        };
        assert_eq!(resolve(&[Some(a), Some(b), Some(b)]), doubtful);
    }
}
