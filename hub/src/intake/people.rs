//! Whom new records are about.

use std::collections::BTreeMap;

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;

use super::Moment;
use crate::ids::{PersonId, RecordId};
use crate::matching::{Identifier, Resolution, identifiers, resolve};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::person;

/// The persons that a transaction knows, found and made.
#[derive(Debug)]
pub(super) struct People {
    moment: Moment,
    known: BTreeMap<Identifier, Option<PersonId>>,
    made: Vec<PersonId>,
    identified: Vec<(Identifier, PersonId)>,
    named: Vec<(PersonId, PersonName)>,
    doubts: Vec<(PersonId, PersonId, RecordId)>,
}

impl People {
    /// Looks up everybody whom these identifiers name.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        mut identifiers: Vec<Identifier>,
        moment: Moment,
    ) -> Result<Self, StoreError> {
        identifiers.sort();
        identifiers.dedup();
        let found = person::find_many(tx, &identifiers)?;
        Ok(Self {
            moment,
            known: identifiers.into_iter().zip(found).collect(),
            made: Vec::new(),
            identified: Vec::new(),
            named: Vec::new(),
            doubts: Vec::new(),
        })
    }

    /// Decides whom a record is about, and learns its identifiers and names. A record that is known
    /// already stays with its person.
    pub(super) fn place(
        &mut self,
        agency: &AgencyId,
        record: &Record,
        id: RecordId,
        known: Option<PersonId>,
    ) -> PersonId {
        let identifiers = identifiers(agency, record);
        let mut found: Vec<Option<PersonId>> = vec![known];
        found.extend(
            identifiers
                .iter()
                .map(|id| self.known.get(id).copied().flatten()),
        );
        let person = match resolve(&found) {
            Resolution::Known(person) => person,
            Resolution::New => self.make(),
            Resolution::Doubtful { person, others } => {
                self.doubts
                    .extend(others.into_iter().map(|other| (person, other, id)));
                person
            }
        };
        for identifier in identifiers {
            let named = self.known.entry(identifier.clone()).or_default();
            if named.is_none() {
                *named = Some(person);
                self.identified.push((identifier, person));
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

    fn make(&mut self) -> PersonId {
        let person = PersonId::new(self.moment.now, (self.moment.random)());
        self.made.push(person);
        person
    }
}
