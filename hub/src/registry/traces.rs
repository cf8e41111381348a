//! By what a text gives somebody away: the names, numbers, dates and addresses of records.

use std::collections::BTreeSet;

use savin_shared::pii::Pii;
use savin_shared::record::subject::PersonName;
use savin_shared::record::{Record, RecordBody};

/// A number that is shorter is looked for as a word of its own.
const NUMBER_CHARS: usize = 5;

/// What records say of somebody.
#[derive(Debug, Clone)]
pub struct Traces {
    /// Numbers, dates and addresses, in upper case.
    numbers: Pii<BTreeSet<String>>,
    /// Surnames and given names, in upper case.
    names: Pii<BTreeSet<(String, String)>>,
}

impl Traces {
    /// Gathers what records say.
    #[must_use]
    pub fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Self {
        let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
        for record in records {
            let subject = &record.subject;
            let own = [
                Some(record.number().as_str()),
                subject.person_number.as_ref().map(|id| id.as_str()),
                subject.offender_id.as_ref().map(|id| id.as_str()),
                subject.state_id.as_ref().map(|id| id.as_str()),
                subject.fbi_id.as_ref().map(|id| id.as_str()),
            ];
            numbers.extend(own.into_iter().flatten().map(str::to_uppercase));
            if let Some(birth) = &subject.birth_date {
                let birth = birth.reveal();
                let (year, month, day) = (birth.year(), birth.month(), birth.day());
                numbers.insert(birth.to_string());
                numbers.insert(format!("{month:02}/{day:02}/{year}"));
                numbers.insert(format!("{month}/{day}/{year}"));
            }
            numbers.extend(of_body(&record.body).iter().map(|text| text.to_uppercase()));
            let all = subject.name.iter().chain(&subject.aliases);
            names.extend(all.filter_map(name));
        }
        Self {
            numbers: Pii::new(numbers),
            names: Pii::new(names),
        }
    }

    /// Leaves out what others say as well.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let numbers = self.numbers.reveal().difference(others.numbers.reveal());
        let names = self.names.reveal().difference(others.names.reveal());
        Self {
            numbers: Pii::new(numbers.cloned().collect()),
            names: Pii::new(names.cloned().collect()),
        }
    }

    /// Says whether a text gives somebody away: by a number, a date, an address, or a surname with its given
    /// name.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let text = text.to_uppercase();
        let words: BTreeSet<&str> = words(&text).collect();
        // A number with hyphens is one word.
        let long: BTreeSet<&str> = text
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .collect();
        let is_there = |number: &String| {
            if number.chars().count() < NUMBER_CHARS {
                long.contains(number.as_str())
            } else {
                text.contains(number.as_str())
            }
        };
        let has = |name: &str| self::words(name).all(|word| words.contains(word));
        let mut names = self.names.reveal().iter();
        self.numbers.reveal().iter().any(is_there)
            || names.any(|(surname, given)| has(surname) && has(given))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

fn name(name: &PersonName) -> Option<(String, String)> {
    let given = name.given.as_ref()?;
    let (surname, given) = (name.surname.reveal(), given.reveal());
    Some((surname.to_uppercase(), given.to_uppercase()))
}

fn of_body(body: &RecordBody) -> Vec<String> {
    let address = |address: &Option<Pii<String>>| -> Vec<String> {
        address
            .iter()
            .map(|address| address.reveal().clone())
            .collect()
    };
    match body {
        RecordBody::Custody(custody) => custody.case_numbers.clone(),
        RecordBody::CourtEvent(event) => event.case_number.iter().cloned().collect(),
        RecordBody::Supervision(supervision) => address(&supervision.address),
        RecordBody::SexOffender(offender) => address(&offender.address),
        RecordBody::Hearing(_) | RecordBody::ProtectiveOrder(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::ids::{FacilityCode, OffenderId, RecordNumber};
    use savin_shared::pii::Pii;
    use savin_shared::record::custody::{Custody, CustodyState};
    use savin_shared::record::subject::{PersonName, Subject};
    use savin_shared::record::{Record, RecordBody};

    use super::Traces;

    fn record(number: &str) -> Record {
        let number = RecordNumber::new(number).unwrap();
        let mut custody = Custody::new(number, CustodyState::InCustody);
        custody.case_numbers = vec!["2026-CR-77".to_owned()];
        Record {
            facility: FacilityCode::new("TEST").unwrap(),
            subject: Subject {
                name: Some(PersonName {
                    surname: Pii::new("Sample Doe".to_owned()),
                    given: Some(Pii::new("Avery".to_owned())),
                    middle: None,
                    suffix: None,
                }),
                offender_id: Some(OffenderId::new("K1234").unwrap()),
                birth_date: Some(Pii::new(jiff::civil::date(1985, 3, 2))),
                ..Subject::default()
            },
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(custody)),
        }
    }

    #[test]
    fn finds_somebody_by_name_number_date_and_case_and_nobody_else() {
        let traces = Traces::of([record("26")].iter());
        for text in [
            "the mother of Avery Sample-Doe called",
            "DOE SAMPLE, AVERY: asked",
            "booking 26 is wrong",
            "see k1234.",
            "born 3/2/1985",
            "1985-03-02",
            "case 2026-cr-77",
        ] {
            assert!(traces.are_in(text), "{text}");
        }
        for text in [
            "Avery called",
            "Sample Doe",
            "booking 126",
            "1985-03-03",
            "",
        ] {
            assert!(!traces.are_in(text), "{text}");
        }
    }

    #[test]
    fn leaves_out_what_stays_known() {
        let traces = Traces::of([record("26-1")].iter());
        let left = traces.without(&Traces::of([record("26-2")].iter()));
        assert!(left.are_in("booking 26-1"));
        assert!(!left.are_in("Avery Sample Doe, K1234"));
    }
}
