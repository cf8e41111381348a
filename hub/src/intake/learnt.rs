//! What a step learns of persons, however it was decided: who was made, joined and doubted, and by what persons
//! are found.

use jiff::Timestamp;
use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;

use crate::ids::{PersonId, RecordId};
use crate::linkage::face::{Face, Identity};
use crate::matching::Identifier;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::merge::{self, Joining};
use crate::store::registry::{face, person, record, telling};

/// What is to be written of persons.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub(super) made: Vec<PersonId>,
    pub(super) identified: Vec<(Identifier, PersonId)>,
    named: Vec<(PersonId, PersonName)>,
    faces: Vec<(PersonId, Face)>,
    pub(super) doubts: Vec<(PersonId, PersonId, RecordId)>,
    pub(super) joinings: Vec<Joining>,
    /// Records that were known: whom each was about, and whom it taught.
    given: Vec<(RecordId, PersonId, PersonId)>,
}

impl Learnt {
    /// Notes what a record says of its person.
    pub(super) fn teach(&mut self, person: PersonId, incoming: &Identity, record: &Record) {
        let faces = incoming.faces.iter().cloned();
        self.faces.extend(faces.map(|face| (person, face)));
        let names = record.subject.name.iter().chain(&record.subject.aliases);
        self.named.extend(names.map(|name| (person, name.clone())));
    }

    /// Notes whom a record was about, where it was known, and whom it taught.
    pub(super) fn give(&mut self, record: RecordId, before: Option<PersonId>, taught: PersonId) {
        self.given
            .extend(before.map(|before| (record, before, taught)));
    }

    /// Returns the records that are about somebody else than before, other than by a joining.
    fn given_anew(&self) -> Vec<(RecordId, PersonId)> {
        let in_the_end = |mut person: PersonId| {
            for joining in &self.joinings {
                if joining.person == person {
                    person = joining.into;
                }
            }
            person
        };
        let given = self.given.iter();
        given
            .filter(|(_, before, taught)| in_the_end(*before) != in_the_end(*taught))
            .map(|(record, _, taught)| (*record, *taught))
            .collect()
    }

    /// Writes whoever was made and whatever was learnt.
    pub(super) fn write(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        person::insert_many(tx, &self.made, now)?;
        person::identify_many(tx, &self.identified)?;
        let named = self.named.iter().map(|(person, name)| (*person, name));
        let mut named: Vec<(PersonId, &PersonName)> = named.collect();
        named.sort();
        named.dedup();
        person::name_many(tx, &named)?;
        face::add_many(tx, &self.faces)?;
        record::give_many(tx, &self.given_anew())?;
        person::doubt(tx, &self.doubts, now)
    }

    /// Makes one person of those that turned out to be one, once the records are written.
    pub(super) fn join(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        for joining in &self.joinings {
            merge::join(tx, joining, now)?;
            telling::ask_to_tell(tx, joining.into, now)?;
        }
        Ok(())
    }
}
