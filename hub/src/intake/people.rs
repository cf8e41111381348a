//! Whom new records are about.

use std::collections::BTreeMap;

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;

use super::Moment;
use crate::ids::{PersonId, RecordId};
use crate::matching::{
    Identifier, Resolution, contradictions, identifiers as identifiers_of, resolve,
};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::person;
use crate::store::registry::record::RecordRow;

/// The persons that a transaction knows, found and made.
#[derive(Debug)]
pub(super) struct People {
    moment: Moment,
    known: BTreeMap<Identifier, Option<PersonId>>,
    numbers: BTreeMap<PersonId, Vec<Identifier>>,
    made: Vec<PersonId>,
    identified: Vec<(Identifier, PersonId)>,
    named: Vec<(PersonId, PersonName)>,
    doubts: Vec<(PersonId, PersonId, RecordId)>,
}

impl People {
    /// Looks up everybody whom these identifiers name, and what else identifies them and these
    /// persons.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        mut identifiers: Vec<Identifier>,
        mut persons: Vec<PersonId>,
        moment: Moment,
    ) -> Result<Self, StoreError> {
        identifiers.sort();
        identifiers.dedup();
        let found = person::find_many(tx, &identifiers)?;
        persons.extend(found.iter().flatten());
        persons.sort();
        persons.dedup();
        let mut numbers: BTreeMap<PersonId, Vec<Identifier>> = BTreeMap::new();
        for (person, identifier) in person::identifiers_of(tx, &persons)? {
            numbers.entry(person).or_default().push(identifier);
        }
        Ok(Self {
            numbers,
            moment,
            known: identifiers.into_iter().zip(found).collect(),
            made: Vec::new(),
            identified: Vec::new(),
            named: Vec::new(),
            doubts: Vec::new(),
        })
    }

    /// Decides whom a record is about, and learns its identifiers and names. A record that is known
    /// already stays with its person; numbers that contradict what is known of that one name
    /// somebody else, and the record is in doubt.
    pub(super) fn place(
        &mut self,
        agency: &AgencyId,
        record: &Record,
        id: RecordId,
        before: Option<&RecordRow>,
    ) -> PersonId {
        let identifiers = identifiers_of(agency, record);
        let mut found: Vec<Option<PersonId>> = vec![before.map(|row| row.person)];
        found.extend(
            identifiers
                .iter()
                .map(|id| self.known.get(id).copied().flatten()),
        );
        let (person, mut others) = match resolve(&found) {
            Resolution::Known(person) => (person, Vec::new()),
            Resolution::New => (self.make(), Vec::new()),
            Resolution::Doubtful { person, others } => (person, others),
        };
        let said = before.map(|row| identifiers_of(agency, &row.known.record));
        let numbers = self.numbers.get(&person).cloned().unwrap_or_default();
        let contradicting =
            contradictions(&identifiers, said.as_deref().unwrap_or_default(), &numbers);
        let is_unknown = |id: &&&Identifier| self.known.get(**id).copied().flatten().is_none();
        let strangers: Vec<Identifier> = contradicting
            .iter()
            .filter(is_unknown)
            .map(|id| (*id).clone())
            .collect();
        if !strangers.is_empty() {
            let other = self.make();
            for identifier in strangers {
                self.identify(identifier, other);
            }
            others.push(other);
        }
        let doubts = others.into_iter().map(|other| (person, other, id));
        self.doubts.extend(doubts);
        for identifier in identifiers {
            if self.known.get(&identifier).copied().flatten().is_none() {
                self.identify(identifier, person);
            }
        }
        let names = record.subject.name.iter().chain(&record.subject.aliases);
        self.named.extend(names.map(|name| (person, name.clone())));
        person
    }

    /// Writes whoever was made and whatever was learnt.
    pub(super) fn flush(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        person::insert_many(tx, &self.made, self.moment.now)?;
        person::identify_many(tx, &self.identified)?;
        let mut named: Vec<(PersonId, &PersonName)> = self
            .named
            .iter()
            .map(|(person, name)| (*person, name))
            .collect();
        named.sort();
        named.dedup();
        person::name_many(tx, &named)?;
        person::doubt(tx, &self.doubts, self.moment.now)
    }

    fn identify(&mut self, identifier: Identifier, person: PersonId) {
        self.known.insert(identifier.clone(), Some(person));
        let numbers = self.numbers.entry(person).or_default();
        numbers.push(identifier.clone());
        self.identified.push((identifier, person));
    }

    fn make(&mut self) -> PersonId {
        let person = PersonId::new(self.moment.now, (self.moment.random)());
        self.made.push(person);
        person
    }
}
