//! What is known of a person, for staff who compare.

use savin_shared::record::{Record, RecordBody};
use serde_json::{Value, json};

use crate::ids::PersonId;
use crate::matching::Identifier;
use crate::names::{of_records, shown};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::person;
use crate::store::registry::record::{self, RecordRow};

/// One of those who are compared.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) person: PersonId,
    records: Vec<RecordRow>,
    numbers: Vec<Identifier>,
}

impl Side {
    /// Loads what is known of a person.
    pub(super) fn load(tx: &mut Tx<'_>, person: PersonId) -> Result<Self, StoreError> {
        let numbers = person::identifiers_of(tx, &[person])?;
        Ok(Self {
            person,
            records: record::of_person(tx, person)?,
            numbers: numbers.into_iter().map(|(_, number)| number).collect(),
        })
    }

    /// Says whether nothing is known.
    pub(super) const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.numbers.is_empty()
    }

    fn subjects(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().map(|row| &row.known.record)
    }

    fn names(&self) -> Vec<String> {
        of_records(self.subjects()).iter().map(shown).collect()
    }

    fn births(&self) -> Vec<String> {
        distinct(self.subjects().filter_map(|record| {
            let birth = record.subject.birth_date.as_ref();
            birth.map(|date| date.reveal().to_string())
        }))
    }

    fn sexes(&self) -> Vec<String> {
        distinct(self.subjects().filter_map(|record| {
            let sex = record.subject.sex;
            sex.map(|sex| sex.as_str().to_owned())
        }))
    }

    fn addresses(&self) -> Vec<String> {
        distinct(self.subjects().filter_map(|record| {
            let address = match &record.body {
                RecordBody::Supervision(supervision) => supervision.address.as_ref(),
                RecordBody::SexOffender(registration) => registration.address.as_ref(),
                RecordBody::Custody(_)
                | RecordBody::CourtEvent(_)
                | RecordBody::Hearing(_)
                | RecordBody::ProtectiveOrder(_) => None,
            };
            address.map(|address| address.reveal().clone())
        }))
    }

    fn numbers(&self) -> Vec<String> {
        let number = |id: &Identifier| match id.scope.as_str() {
            "" => format!("{} {}", id.kind.as_str(), id.value),
            scope => format!("{} {} of {scope}", id.kind.as_str(), id.value),
        };
        self.numbers.iter().map(number).collect()
    }

    fn record_lines(&self) -> Vec<String> {
        let line = |row: &RecordRow| {
            let record = &row.known.record;
            let state = record
                .custody()
                .map(|custody| format!(", {}", custody.state));
            format!(
                "{}: {} {} at {}{}",
                row.record.0,
                record.kind(),
                record.number(),
                record.facility,
                state.unwrap_or_default()
            )
        };
        self.records.iter().map(line).collect()
    }

    /// Returns the rows of a table, the same for everybody.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("person", self.person.to_string()),
            ("names", self.names().join("\n")),
            ("born", self.births().join("\n")),
            ("sex", self.sexes().join("\n")),
            ("numbers", self.numbers().join("\n")),
            ("addresses", self.addresses().join("\n")),
            ("records", self.record_lines().join("\n")),
        ]
    }

    /// Returns the same for programs.
    pub(super) fn json(&self) -> Value {
        let records = self.records.iter().map(|row| {
            let record = &row.known.record;
            json!({
                "record": row.record.0,
                "kind": record.kind().as_str(),
                "number": record.number(),
                "facility": record.facility,
                "state": record.custody().map(|custody| custody.state.to_string()),
            })
        });
        json!({
            "person": self.person.to_string(),
            "names": self.names(),
            "born": self.births(),
            "sex": self.sexes(),
            "numbers": self.numbers(),
            "addresses": self.addresses(),
            "records": records.collect::<Vec<_>>(),
        })
    }
}

/// Returns each text once, in their order.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}
